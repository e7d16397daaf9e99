"""Rooms, who is joined, and bindings. For rights, a room is the team that mirrors it (docs/adr/0006)."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
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
        MODERATORS = WhoBinds.MODERATORS.value, _("members who may change the room’s settings")

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
    spaces = models.BooleanField(default=True)
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
    """A Matrix id that is joined, linked or not. `moderator`: the room lets them change its settings."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="members")
    matrix_id = models.CharField(max_length=255, db_index=True)
    moderator = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "matrix_id"], name="joined_once")]

    def __str__(self) -> str:
        return f"{self.matrix_id} in {self.room_id}"


class Binding(models.Model):
    """A room hears of `item` and of what hangs under it.

    `own`: somebody bound this room to it, else whoever bound the space did. `by_space`: a space that it is in is bound
    to it (`workspace.rooms.spaces`). With neither there is no binding.
    """

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="bindings")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="bindings")
    bound_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    bound_by_matrix_id = models.CharField(max_length=255)
    bound_at = models.DateTimeField(default=timezone.now)
    own = models.BooleanField(default=True)
    by_space = models.BooleanField(default=False)

    class Meta:
        ordering = ("bound_at", "pk")
        constraints = [
            models.UniqueConstraint(fields=["room", "item"], name="bound_once"),
            models.CheckConstraint(condition=models.Q(own=True) | models.Q(by_space=True), name="bound_somehow"),
        ]
        verbose_name = _("binding")
        verbose_name_plural = _("bindings")

    def __str__(self) -> str:
        return f"{self.room_id} > {self.item_id}"


class Space(models.Model):
    """Rooms that are arranged together: what the space is bound to, its rooms hear of.

    `arrangers` are the Matrix ids of its members who may say which rooms are in it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    space_id = models.CharField(max_length=255, unique=True)
    #: The service that told us of it: the only one that may say more.
    service = models.CharField(max_length=100)
    rooms = models.ManyToManyField(Room, related_name="in_spaces")
    arrangers = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("space")
        verbose_name_plural = _("spaces")

    def __str__(self) -> str:
        return self.space_id


class SpaceBinding(models.Model):
    """The rooms of a space hear of `item` and of what hangs under it."""

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="bindings")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="space_bindings")
    bound_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    bound_by_matrix_id = models.CharField(max_length=255)
    bound_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("bound_at", "pk")
        constraints = [models.UniqueConstraint(fields=["space", "item"], name="space_bound_once")]
        verbose_name = _("binding of a space")
        verbose_name_plural = _("bindings of spaces")

    def __str__(self) -> str:
        return f"{self.space_id} > {self.item_id}"


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
