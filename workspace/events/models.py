"""The outbox: events that have happened, in the order of their commits."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class OutboxEvent(models.Model):
    """One event. `sequence` is the order of publication; `body` is the CloudEvent as it is sent."""

    sequence = models.BigAutoField(primary_key=True)
    event_id = models.UUIDField(unique=True)
    subject = models.CharField(max_length=120)
    body = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("sequence",)
        indexes = [
            models.Index(fields=["sequence"], condition=models.Q(published_at=None), name="outbox_unpublished"),
        ]
        verbose_name = _("event")
        verbose_name_plural = _("events")

    def __str__(self) -> str:
        return str(self.event_id)
