"""A room that was upgraded: what it was bound to, and what it had, the room has that came after it."""

from __future__ import annotations

import logging

from contract.ids import RoomId
from contract.options import ROOM_OPTIONS
from workspace.events import outbox
from workspace.rooms import service as rooms
from workspace.rooms import spaces
from workspace.rooms.errors import NoSuchRoom
from workspace.rooms.models import Room
from workspace.sharing import tree
from workspace.sharing.models import Access, Item, Team
from workspace.sharing.roles import Role

logger = logging.getLogger(__name__)


@outbox.in_turn
def succeed(service: str, old_id: RoomId, new_id: RoomId) -> Room:
    """`new_id` came after `old_id`, both rooms of this service: bindings and accesses go over, and the old one ends.

    Told twice, or of an old room that never was known, nothing happens. Raises `NoSuchRoom` for the new one.

    Nobody is asked: whoever could end the old room for a new one could have let the same people into the old one.
    """
    known = {room.room_id: room for room in Room.objects.filter(service=service, room_id__in=[old_id, new_id])}
    old, new = known.get(old_id), known.get(new_id)
    if new is None:
        raise NoSuchRoom
    if old is not None and old != new:
        _carry_bindings(old, new)
        _carry_accesses(old.team, new.team)
        _carry_choices(old, new)
        spaces.follow(new)
        rooms.forget(service, old_id)
        logger.info("rooms.succeeded old=%s new=%s", old_id, new_id)
    return rooms.known_to(service).get(pk=new.pk)


def _carry_choices(old: Room, new: Room) -> None:
    """What the old room chose; a language that was chosen in the new one stays."""
    new.language = new.language or old.language
    for name in ROOM_OPTIONS:
        setattr(new, name, getattr(old, name))
    new.save(update_fields=["language", *ROOM_OPTIONS])


def _carry_bindings(old: Room, new: Room) -> None:
    """Those that it had by itself: what it had by a space, the new one has when the space names that."""
    there = {binding.item_id: binding for binding in new.bindings.all()}
    for binding in old.bindings.select_related("item", "bound_by").filter(own=True):
        known = there.get(binding.item_id)
        if known is None:
            rooms.rebind(binding, new)
        elif not known.own:
            known.own, known.bound_by, known.bound_by_matrix_id = True, binding.bound_by, binding.bound_by_matrix_id
            known.save()


def _carry_accesses(old: Team, new: Team) -> None:
    """Each item's best role of the two. What is in the trash is not changed: who could read it then could read it."""
    theirs = {access.item_id: access for access in Access.objects.filter(team=new)}
    for access in Access.objects.filter(team=old).select_related("item"):
        there = theirs.get(access.item_id)
        if (there is None or there.role < access.role) and _is_alive(access.item):
            tree.grant(None, access.item, Role(access.role), team=new)


def _is_alive(item: Item) -> bool:
    return not item.ancestry.filter(ancestor__trashed_at__isnull=False).exists()
