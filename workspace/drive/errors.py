"""What can be wrong with an upload."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from workspace.errors import Refusal, TooMany


class FileTooLarge(Refusal):
    """The file is larger than may be uploaded. `limit` is in bytes."""

    code = "file_too_large"
    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit

    @property
    def message(self) -> str:
        """In words."""
        return _("A file has at most %(limit)d MiB. Make it smaller, or split it.") % {"limit": self.limit >> 20}

    @property
    def more(self) -> Mapping[str, Any]:
        """The limit."""
        return {"limit": self.limit}


class MediaTypeUnreadable(Refusal):
    """What was declared is not written as a media type is."""

    code = "media_type_unreadable"
    status = 400

    @property
    def message(self) -> str:
        """In words."""
        return _("This is not a media type, such as application/pdf.")


class UploadError(Refusal):
    """The base of why what was uploaded cannot be taken."""


class NotUploaded(UploadError):
    """Nothing arrived in the store yet (or the form ended before it did)."""

    code = "not_uploaded"

    @property
    def message(self) -> str:
        """In words."""
        return _("Nothing has arrived yet. Upload the file again, and wait for it to end.")


class UploadMismatch(UploadError):
    """What arrived is not of the size and type that were declared; it was deleted."""

    code = "upload_mismatch"

    @property
    def message(self) -> str:
        """In words."""
        return _("What arrived is not of the size and type that were announced. It was deleted; upload it again.")


class UploadMistyped(UploadError):
    """What arrived is not what its type and its name say; it was deleted."""

    code = "upload_mistyped"
    status = 415

    @property
    def message(self) -> str:
        """In words."""
        return _(
            "This file is not what its name says, so it was deleted. Give its name the ending of what it is, and "
            "upload it again."
        )


class FolderSealed(Refusal):
    """The folder takes only what a room sealed."""

    code = "folder_sealed"

    @property
    def message(self) -> str:
        """In words."""
        return _("This folder is sealed: only files that are saved from an encrypted room go into it.")


class FolderNotSealed(Refusal):
    """Something sealed is to go into a folder that is not."""

    code = "folder_not_sealed"

    @property
    def message(self) -> str:
        """In words."""
        return _("This folder is not sealed.")


class FolderNotEmpty(Refusal):
    """A folder is sealed, or no longer, only while nothing is in it."""

    code = "folder_not_empty"

    @property
    def message(self) -> str:
        """In words."""
        return _("Only an empty folder can be sealed or unsealed. Look into the trash too.")


class FileLost(Refusal):
    """There is a file, and the store no longer has what was in it."""

    code = "file_lost"
    status = 410

    @property
    def message(self) -> str:
        """In words."""
        return _("What was in this file cannot be found any more. Tell whoever runs this workspace.")


class NotThatVersion(Refusal):
    """Only a certain version was wanted (`If-Match`), and this is another."""

    code = "changed"
    status = 412

    @property
    def message(self) -> str:
        """In words."""
        return _("This file has changed meanwhile. Download it from its beginning.")


class NoSuchBytes(Refusal):
    """A part of the file was wanted that it does not have."""

    code = "no_such_bytes"
    status = 416

    @property
    def message(self) -> str:
        """In words."""
        return _("This file has no such part. Download it from its beginning.")


class NotForPages(Refusal):
    """A page wants to load a file as a part of itself, or another site's page wants to have it."""

    code = "not_for_pages"
    status = 403

    @property
    def message(self) -> str:
        """In words."""
        return _("Files can be downloaded, and not shown inside a page.")


class TooManyDownloads(TooMany):
    """The account has as many downloads under way as it may have."""

    code = "too_many_downloads"


class DownloadsFull(Refusal):
    """There are as many downloads under way as this process serves."""

    code = "downloads_full"
    status = 503

    @property
    def message(self) -> str:
        """In words."""
        return _("There are as many downloads under way as can be served. Try again in a moment.")
