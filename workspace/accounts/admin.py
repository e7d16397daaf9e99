"""People and their Matrix ids, for operators."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from workspace.accounts import linking, people
from workspace.accounts.models import MatrixIdentity, ServiceAccount, User
from workspace.operators import Shown


@admin.register(User)
class UserAdmin(Shown):
    """Who has signed in. A person who has left is deactivated: they are signed out and may do nothing any more."""

    list_display = ("name", "email", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("full_name", "email", "sub")
    fields = ("full_name", "email", "sub", "language", "is_active", "is_staff", "last_login", "date_joined")
    editable = ("is_active",)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Only what is editable; rooms follow."""
        people.set_active(obj, obj.is_active)


@admin.register(MatrixIdentity)
class MatrixIdentityAdmin(Shown):
    """Whose a Matrix id is. To delete one is to unlink it: what its person had by their rooms ends."""

    list_display = ("matrix_id", "user", "linked_at")
    search_fields = ("matrix_id", "user__full_name", "user__email")
    deletable = True

    def delete_model(self, request: HttpRequest, obj: MatrixIdentity) -> None:
        """Unlink it."""
        linking.unlink(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[MatrixIdentity]) -> None:
        """Unlink them."""
        for identity in queryset.select_related("user"):
            linking.unlink(identity)


@admin.register(ServiceAccount)
class ServiceAccountAdmin(Shown):
    """Accounts of programs. They are made, rotated and disabled by `python -m workspace service-account`."""

    list_display = ("name", "user", "created_at", "token_made_at")
    search_fields = ("name",)
    fields = ("name", "user", "created_at", "token_made_at")
