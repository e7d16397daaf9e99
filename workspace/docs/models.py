"""A document is an item with Markdown in it; every save is kept as a version and can be brought back."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from workspace.sharing.models import Item


class Document(models.Model):
    """The contents of an item of kind `document`, as they are now. Its title is the item's."""

    item = models.OneToOneField(Item, on_delete=models.CASCADE, primary_key=True, related_name="document")
    content = models.TextField(blank=True)
    #: The number of its latest version. Whoever saves says which one they had read.
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return f"document {self.pk}"


class DocumentVersion(models.Model):
    """What a document was after one save. Numbers start at 1 and have no gaps."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=255)
    content = models.TextField(blank=True)
    #: Who saved it; none where the person's account is gone.
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["document", "number"], name="docs_version_number")]

    def __str__(self) -> str:
        return f"version {self.number} of document {self.document_id}"
