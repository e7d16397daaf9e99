"""Events on their way out, for operators: one that stays unpublished says that the relay or NATS is away."""

from __future__ import annotations

from django.contrib import admin

from workspace.events.models import OutboxEvent
from workspace.operators import Shown


@admin.register(OutboxEvent)
class OutboxEventAdmin(Shown):
    """The outbox."""

    list_display = ("sequence", "subject", "created_at", "published_at")
    list_filter = (("published_at", admin.EmptyFieldListFilter),)
    search_fields = ("=event_id", "subject")
