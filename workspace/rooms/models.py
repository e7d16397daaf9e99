"""Rooms, who is joined, and bindings. For rights, a room is the team that mirrors it (docs/adr/0006)."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from workspace.sharing.models import Item, Team


class Room(models.Model):
    """A room that a service of ours is in."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    room_id = models.CharField(max_length=255, unique=True)
    team = models.OneToOneField(Team, on_delete=models.PROTECT, related_name="room")
    language = models.CharField(max_length=2, blank=True)
    #: The service that told us of it: the only one that may say more.
    service = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")

    def __str__(self) -> str:
        return self.room_id


class RoomMember(models.Model):
    """A Matrix id that is joined, linked or not."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="members")
    matrix_id = models.CharField(max_length=255, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "matrix_id"], name="joined_once")]

    def __str__(self) -> str:
        return f"{self.matrix_id} in {self.room_id}"


class Binding(models.Model):
    """A room hears of `item` and of what hangs under it."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="bindings")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="bindings")
    bound_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    bound_by_matrix_id = models.CharField(max_length=255)
    bound_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("bound_at", "pk")
        constraints = [models.UniqueConstraint(fields=["room", "item"], name="bound_once")]
        verbose_name = _("binding")
        verbose_name_plural = _("bindings")

    def __str__(self) -> str:
        return f"{self.room_id} > {self.item_id}"
