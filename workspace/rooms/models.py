"""Rooms, who is joined, and bindings. For rights, a room is the team that mirrors it (docs/adr/0006)."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from contract.options import ROOM_OPTIONS, Mentions
from contract.options import Binders as WhoBinds
from contract.options import RoomOptions as Options
from workspace.sharing.models import Item, Team


class RoomOptions(models.Model):
    """What a room chose: the fields are those of `contract.options.RoomOptions`, which says what they mean."""

    class Binders(models.TextChoices):
        """Who may bind the room, and end its bindings."""

        EVERYONE = WhoBinds.EVERYONE.value, _("every linked member")
        BINDERS = WhoBinds.BINDERS.value, _("members who bound it")

    documents = models.BooleanField(default=True)
    files = models.BooleanField(default=True)
    folders = models.BooleanField(default=True)
    created = models.BooleanField(default=True)
    updated = models.BooleanField(default=True)
    shared = models.BooleanField(default=True)
    trashed = models.BooleanField(default=True)
    threads = models.BooleanField(default=False)
    floods = models.BooleanField(default=True)
    keep = models.BooleanField(default=False)
    binding = models.CharField(max_length=20, choices=Binders.choices, default=Binders.EVERYONE)

    class Meta:
        abstract = True

    @property
    def options(self) -> Options:
        """As a value."""
        return Options.from_json({name: getattr(self, name) for name in ROOM_OPTIONS})


class Room(RoomOptions):
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


class PersonOptions(models.Model):
    """What a person chose for what Parvis says to them; without one, all is as by default."""

    class Where(models.TextChoices):
        """Where they hear that they were mentioned."""

        ROOM = Mentions.ROOM.value, _("in a room, else in a direct chat")
        DIRECT = Mentions.DIRECT.value, _("in a direct chat")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="options"
    )
    mentions = models.CharField(max_length=20, choices=Where.choices, default=Where.ROOM)

    def __str__(self) -> str:
        return str(self.user_id)
