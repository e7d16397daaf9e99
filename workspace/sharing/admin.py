"""Items, who has access to them, and teams, for operators. No text and no content is shown here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from workspace.accounts.asking import signed_in
from workspace.operators import Admin, Form, Inline, Shown
from workspace.sharing import tree
from workspace.sharing.errors import NotPossible
from workspace.sharing.models import Access, Item, Team, TeamMember
from workspace.sharing.roles import Role


@admin.register(Item)
class ItemAdmin(Shown):
    """What there is, and where."""

    list_display = ("id", "kind", "title", "parent", "link_reach", "trashed_at", "updated_at")
    list_filter = ("kind", "link_reach")
    search_fields = ("=id", "title")
    list_select_related = ("parent",)


class AccessForm(Form):
    """One person or one team, and a role that the tree allows."""

    def clean(self) -> dict[str, Any]:
        """As `tree.grant` would refuse it."""
        given = super().clean() or {}
        if bool(given.get("user")) == bool(given.get("team")):
            raise ValidationError("Name a person or a team.")
        if given.get("team") and given.get("role") == Role.OWNER:
            raise ValidationError("A team cannot own something: it may become empty.")
        return given


@admin.register(Access)
class AccessAdmin(Shown):
    """Who has access. Add one to hand over what somebody owns; each change is announced like any other."""

    form = AccessForm
    list_display = ("item", "user", "team", "role", "granted_by", "created_at")
    list_filter = ("role",)
    search_fields = ("=item__id", "item__title", "user__full_name", "user__email", "team__name")
    list_select_related = ("item", "user", "team", "granted_by")
    autocomplete_fields = ("item", "user", "team")
    fields = ("item", "user", "team", "role")
    addable = deletable = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Nothing is, of a new one."""
        return super().get_readonly_fields(request, obj) if obj else []

    def add_view(self, request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
        """What the tree refuses is said where it was asked for, and nothing is written."""
        try:
            return super().add_view(request, *args, **more)
        except NotPossible as error:
            self.message_user(request, error.message, messages.ERROR)
            return HttpResponseRedirect(request.path)

    def save_model(self, request: HttpRequest, obj: Access, form: Any, change: bool) -> None:
        """Give it through the tree, with its events."""
        granted = tree.grant(signed_in(request), obj.item, Role(obj.role), user=obj.user, team=obj.team)
        obj.pk = granted.pk

    def delete_model(self, request: HttpRequest, obj: Access) -> None:
        """Take it away through the tree; the last owner stays."""
        self._revoke(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Access]) -> None:
        """The same for several."""
        for access in queryset:
            self._revoke(request, access)

    def _revoke(self, request: HttpRequest, access: Access) -> None:
        try:
            tree.revoke(signed_in(request), access)
        except NotPossible as error:
            self.message_user(request, str(error), messages.ERROR)


class MembersInline(Inline):
    """Who is in it."""

    model = TeamMember
    autocomplete_fields = ("user",)
    extra = 1


@admin.register(Team)
class TeamAdmin(Admin):
    """Teams of people. Those that mirror a room are the room's to change."""

    list_display = ("name", "kind", "slug")
    list_filter = ("kind",)
    search_fields = ("name", "slug")
    fields = ("name", "slug")
    inlines = (MembersInline,)

    def has_change_permission(self, request: HttpRequest, obj: Team | None = None) -> bool:
        """Not of a room."""
        return (obj is None or obj.kind == Team.Kind.TEAM) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Team | None = None) -> bool:
        """Not a room."""
        return obj is not None and obj.kind == Team.Kind.TEAM and super().has_delete_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: Team) -> None:
        """With what its members had by it, and the events of that."""
        tree.dissolve(signed_in(request), obj)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Team | None = None) -> dict[str, Any]:
        """Only where it can be written."""
        return {} if obj and obj.kind != Team.Kind.TEAM else {"slug": ("name",)}
