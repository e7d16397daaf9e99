"""A file is an item whose contents are in the store; each upload that was checked is kept as a version.

An upload that is under way is no item yet: nobody sees, counts or finds what may never arrive.
"""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils import timezone

from workspace.sharing.models import Item

#: A media type has at most this many characters (RFC 6838: 127 on each side).
_TYPE_LENGTH = 255
#: What the keys begin with under which browsers write.
_MATRIX_ID_LENGTH = 255
INCOMING = "incoming/"


class SealedFolder(models.Model):
    """That a folder takes only ciphertext: what rooms save in it stays as it came, and its key in the room."""

    item = models.OneToOneField(Item, on_delete=models.CASCADE, primary_key=True, related_name="sealed_folder")

    def __str__(self) -> str:
        return f"sealed folder {self.pk}"


class File(models.Model):
    """The contents of an item of kind `file`, as they are now. Its name is the item's title."""

    item = models.OneToOneField(Item, on_delete=models.CASCADE, primary_key=True, related_name="file")
    media_type = models.CharField(max_length=_TYPE_LENGTH)
    size = models.PositiveBigIntegerField(help_text="In bytes.")
    #: It is ciphertext, whose key is not here.
    sealed = models.BooleanField(default=False)
    current = models.OneToOneField("FileVersion", on_delete=models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return f"file {self.pk}"


class FileVersion(models.Model):
    """What a file was after one upload. Numbers start at 1 and have no gaps; its object never changes."""

    #: The id of the upload that it came by.
    id = models.UUIDField(primary_key=True)
    file = models.ForeignKey(File, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    key = models.CharField(max_length=255, unique=True)
    etag = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField(help_text="In bytes.")
    media_type = models.CharField(max_length=_TYPE_LENGTH)
    #: The Matrix id of who sent it into the room from which it was saved; empty where it was not.
    sender = models.CharField(max_length=_MATRIX_ID_LENGTH, blank=True, default="")
    #: Who uploaded it; none where the person's account is gone.
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["file", "number"], name="drive_version_number")]

    def __str__(self) -> str:
        return f"version {self.number} of file {self.file_id}"


class Upload(models.Model):
    """What somebody said they would upload. It becomes a version of the item `file_id`, which a first upload makes."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    file_id = models.UUIDField(db_index=True)
    #: Where a new file will hang (nowhere: among its author's own), and the name that it was given.
    parent = models.ForeignKey(Item, on_delete=models.CASCADE, null=True, related_name="+")
    filename = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField(help_text="In bytes.")
    media_type = models.CharField(max_length=_TYPE_LENGTH)
    #: As `File.sealed` and `FileVersion.sender` will be.
    sealed = models.BooleanField(default=False)
    sender = models.CharField(max_length=_MATRIX_ID_LENGTH, blank=True, default="")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"upload {self.pk}"

    @property
    def incoming_key(self) -> str:
        """Where the browser puts it."""
        return f"{INCOMING}{self.pk}"

    def new_final_key(self) -> str:
        """Where it is kept once it was checked: another at each attempt, so that none touches what one published."""
        return f"files/{self.file_id}/{self.pk}/{uuid4().hex}"


class Discarded(models.Model):
    """An object that nothing needs any more: written down with what made it so, and deleted from `due_at` on.

    A copy that is about to be made of an upload is written down too, due when its publication is over for certain: the
    publication takes the note away, and where it came to nothing the note is there.
    """

    key = models.CharField(max_length=255, primary_key=True)
    due_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"discarded {self.pk}"
