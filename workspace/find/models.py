"""What was got out of files for the search: kept, so that moving or rebuilding opens no file twice."""

from __future__ import annotations

from django.db import models

from workspace.drive.models import FileVersion


class FileText(models.Model):
    """The text of one version of a file, or why there is none. A version without a row was not opened yet."""

    version = models.OneToOneField(FileVersion, on_delete=models.CASCADE, primary_key=True, related_name="text")
    #: A `workspace.find.extract.Outcome`.
    outcome = models.CharField(max_length=20)
    text = models.TextField(blank=True)
    read_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"text of {self.pk}"
