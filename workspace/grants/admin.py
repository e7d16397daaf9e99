"""What people allow, and what was done by it, for operators: to be looked at. Only the person gives and revokes."""

from __future__ import annotations

from django.contrib import admin

from workspace.grants.models import Delegation, ScenarioToken, Use
from workspace.operators import Shown


@admin.register(Delegation)
class DelegationAdmin(Shown):
    """Who lets which service do what, until when."""

    list_display = ("user", "service", "act", "granted_at", "expires_at", "revoked_at")
    list_filter = ("service", "act", ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("user__full_name", "user__email", "service")
    list_select_related = ("user",)


@admin.register(ScenarioToken)
class ScenarioTokenAdmin(Shown):
    """The keys of the last days. What is kept of one opens nothing."""

    list_display = ("id", "delegation", "target", "room", "uses_left", "created_at", "expires_at")
    search_fields = ("=target", "room", "matrix_id")
    list_select_related = ("delegation",)


@admin.register(Use)
class UseAdmin(Shown):
    """The book of uses."""

    list_display = ("at", "user", "service", "what", "act", "item", "room", "refused")
    list_filter = ("service", "act", "what", ("refused", admin.EmptyFieldListFilter))
    search_fields = ("user__full_name", "user__email", "=item", "room")
    list_select_related = ("user",)
