"""What the operators' admin has in common: it shows, and changes only what a form of ours knows how to change.

An operator is a person like others, who signs in like others; `python -m workspace operator` makes them one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest

if TYPE_CHECKING:
    Admin = admin.ModelAdmin[Any]
    Inline = admin.TabularInline[Any, Any]
    Form = ModelForm[Any]
else:  # they are generic for the checker alone
    Admin, Inline, Form = admin.ModelAdmin, admin.TabularInline, ModelForm

# Django's own form asks for a password, which nobody here has.
admin.site.login = login_required(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = "Parvis"


class Shown(Admin):
    """To be looked at. Nothing is added, changed or deleted: what follows from it would be forgotten."""

    list_per_page = 50
    show_full_result_count = False
    #: What may be changed all the same, and whether one may be added or deleted: by forms that know what follows.
    editable: tuple[str, ...] = ()
    addable = deletable = False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Everything but what is `editable`."""
        names = [field.name for field in self.model._meta.fields]  # noqa: SLF001 - public, whatever its name
        return [name for name in names if name not in self.editable]

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Where a form of ours adds one."""
        return self.addable and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Where there is something to change."""
        return bool(self.editable) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Where a form of ours deletes one."""
        return self.deletable and super().has_delete_permission(request, obj)
