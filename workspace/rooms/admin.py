"""Rooms and what they are bound to, for operators."""

from __future__ import annotations

from django.contrib import admin

from workspace.operators import Shown
from workspace.rooms.models import Binding, Room, Space, SpaceBinding


@admin.register(Room)
class RoomAdmin(Shown):
    """Rooms that a service of ours is in."""

    list_display = ("room_id", "team", "language", "service", "created_at")
    list_filter = ("service", "language")
    search_fields = ("room_id", "team__name")
    list_select_related = ("team",)


@admin.register(Binding)
class BindingAdmin(Shown):
    """What rooms hear of, by whom, since when."""

    list_display = ("room", "item", "own", "by_space", "bound_by", "bound_by_matrix_id", "bound_at")
    list_filter = ("own", "by_space")
    search_fields = ("room__room_id", "=item__id", "bound_by_matrix_id")
    list_select_related = ("room", "item", "bound_by")


@admin.register(Space)
class SpaceAdmin(Shown):
    """Spaces that a service of ours is in."""

    list_display = ("space_id", "service", "created_at")
    list_filter = ("service",)
    search_fields = ("space_id",)


@admin.register(SpaceBinding)
class SpaceBindingAdmin(Shown):
    """What all rooms of a space hear of, by whom, since when."""

    list_display = ("space", "item", "bound_by", "bound_by_matrix_id", "bound_at")
    search_fields = ("space__space_id", "=item__id", "bound_by_matrix_id")
    list_select_related = ("space", "item", "bound_by")
