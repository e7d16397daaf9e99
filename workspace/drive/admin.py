"""Uploads that have begun, for operators."""

from __future__ import annotations

from django.contrib import admin

from workspace.drive.models import Upload
from workspace.operators import Shown


@admin.register(Upload)
class UploadAdmin(Shown):
    """Declared, and not yet published or swept."""

    list_display = ("id", "filename", "size", "media_type", "author", "created_at")
    search_fields = ("=id", "filename")
    list_select_related = ("author",)
