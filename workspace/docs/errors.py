"""Why a document cannot be saved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from workspace.errors import Refusal


class DocumentTooLarge(Refusal):
    """The text is larger than a document may be. `size` and `limit` are in bytes."""

    code = "document_too_large"
    status = 413

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(size, limit)
        self.size, self.limit = size, limit

    @property
    def message(self) -> str:
        """In words."""
        return _("This text is too long: it has %(size)d KiB, and a document may have %(limit)d. Split it in two.") % {
            "size": -(-self.size // 1024),
            "limit": self.limit // 1024,
        }

    @property
    def more(self) -> Mapping[str, Any]:
        """The limit."""
        return {"limit": self.limit}


class NotText(Refusal):
    """There are characters that no text has: NUL, or half of a surrogate pair."""

    code = "not_text"
    status = 400

    @property
    def message(self) -> str:
        """In words."""
        return _("This text has characters that cannot be kept. Copy it as plain text and try again.")


class VersionConflict(Refusal):
    """Somebody saved in between: the document is at `version` now, saved by `author` (a name) at `saved_at`."""

    code = "version_conflict"
    status = 412

    def __init__(self, version: int, author: str | None, saved_at: datetime) -> None:
        super().__init__(version)
        self.version, self.author, self.saved_at = version, author, saved_at

    @property
    def message(self) -> str:
        """In words."""
        words = {"author": self.author or _("Someone"), "version": self.version}
        return (
            _("%(author)s saved this document in between (version %(version)d). Read it again, then save yours.")
            % words
        )

    @property
    def more(self) -> Mapping[str, Any]:
        """Where the document is now."""
        return {"current": {"version": self.version, "author": self.author, "saved_at": self.saved_at}}
