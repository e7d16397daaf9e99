"""Spaces: what somebody bound one to, all of its rooms hear of, for as long as they are in it.

A service says which of its rooms are in a space, and who may say so there; nothing else is known of spaces here. What a
room hears of by its spaces is a binding like its own, so that whoever asks what it hears of asks once.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from contract.ids import MatrixId, RoomId
from contract.spaces import MAX_SPACE_BINDINGS
from workspace.accounts.models import User
from workspace.events import outbox
from workspace.rooms import service as rooms
from workspace.rooms.errors import AlreadyBound, NoSuchRoom, NotAnArranger, RoomTaken, TooManyBindings
from workspace.rooms.models import Binding, Room, Space, SpaceBinding
from workspace.sharing import questions
from workspace.sharing.errors import NotThere

logger = logging.getLogger(__name__)


def known_to(service: str) -> QuerySet[Space]:
    """The spaces of a service, ready to be said."""
    return Space.objects.filter(service=service).prefetch_related("rooms", "bindings__item").order_by("space_id")


@outbox.in_turn
def put(service: str, space_id: RoomId, room_ids: Collection[RoomId], arrangers: Collection[MatrixId]) -> Space:
    """These rooms of this service are in the space, all of them, and these of its members may say so there.

    Rooms that are not known here are left out. Raises `RoomTaken` where another service keeps the space.
    """
    space, _created = Space.objects.get_or_create(space_id=space_id, defaults={"service": service})
    if space.service != service:
        raise RoomTaken
    space.arrangers = sorted(arrangers)
    space.save(update_fields=["arrangers"])
    before, now = set(space.rooms.all()), set(Room.objects.filter(service=service, room_id__in=room_ids))
    space.rooms.set(now)
    for room in sorted(before ^ now, key=lambda one: one.room_id):
        follow(room)
    return known_to(service).get(pk=space.pk)


@outbox.in_turn
def forget(service: str, space_id: RoomId) -> None:
    """The service has left the space: what rooms had by it ends."""
    space = Space.objects.filter(service=service, space_id=space_id).first()
    if space is None:
        return
    there = list(space.rooms.all())
    space.delete()
    for room in there:
        follow(room)
    logger.info("spaces.forgotten space=%s service=%s", space_id, service)


@outbox.in_turn
def bind(service: str, space_id: RoomId, url: str, by: MatrixId, asked_in: RoomId) -> SpaceBinding:
    """Bind a space to what `url` opens, for the person of `by`, who asks in a room that is in it.

    Who may bind that room says by this that it is in the space: it hears of what the space is bound to from now on.
    Raises `LinkError` (`not_linked`), `NoSuchRoom` (the space too), `NotMember`, `NotABinder`, `NotAModerator`,
    `NotAnArranger`, `NotThere`, `AlreadyBound` (and the room was in it) and `TooManyBindings`.
    """
    space, room, user = _asked(service, space_id, by, asked_in)
    rooms.may_bind(room, user, by)
    item = rooms.item_at(url, user)
    binding = space.bindings.filter(item=item).first()
    if binding is not None and space.rooms.filter(pk=room.pk).exists():
        raise AlreadyBound
    if binding is None:
        if space.bindings.count() >= MAX_SPACE_BINDINGS:
            raise TooManyBindings(MAX_SPACE_BINDINGS)
        binding = SpaceBinding.objects.create(space=space, item=item, bound_by=user, bound_by_matrix_id=by)
        logger.info("spaces.bound space=%s item=%s", space_id, item.pk)
    space.rooms.add(room)
    for one in space.rooms.order_by("room_id"):
        follow(one, user)
    return binding


@outbox.in_turn
def unbind(service: str, space_id: RoomId, item: UUID, by: MatrixId, asked_in: RoomId) -> None:
    """End a binding of a space, for a person who may read the item or bound it. Raises what `bind` raises."""
    space, _room, user = _asked(service, space_id, by, asked_in)
    binding = space.bindings.filter(item=item).first()
    if binding is None:
        raise NotThere
    if binding.bound_by_id != user.pk and not questions.roles([user.pk], [item], even_in_trash=True):
        raise NotThere
    binding.delete()
    for room in space.rooms.order_by("room_id"):
        follow(room, user)
    logger.info("spaces.unbound space=%s item=%s", space_id, item)


@outbox.in_turn
def succeed(service: str, old_id: RoomId, new_id: RoomId) -> Space:
    """The space was upgraded to another, both of this service: what it was bound to goes over, and the old one ends.

    Told twice, or of an old one that never was known, nothing happens. Raises `NoSuchRoom` for the new one.
    """
    known = {space.space_id: space for space in Space.objects.filter(service=service, space_id__in=[old_id, new_id])}
    old, new = known.get(old_id), known.get(new_id)
    if new is None:
        raise NoSuchRoom
    if old is not None and old != new:
        there = set(new.bindings.values_list("item_id", flat=True))
        old.bindings.exclude(item__in=there).update(space=new)
        for room in new.rooms.all():
            follow(room)
        forget(service, old_id)
        logger.info("spaces.succeeded old=%s new=%s", old_id, new_id)
    return known_to(service).get(pk=new.pk)


def follow(room: Room, actor: User | None = None) -> None:
    """Make what `room` hears of by its spaces what they are bound to now, if it wants that. Must be called in a
    transaction.
    """
    of_spaces = SpaceBinding.objects.filter(space__rooms=room).select_related("item") if room.spaces else ()
    wanted: dict[UUID, SpaceBinding] = {}
    for one in of_spaces:
        wanted.setdefault(one.item_id, one)  # of several spaces, the first that was bound
    there = {binding.item_id: binding for binding in room.bindings.select_related("item")}
    for item, binding in there.items():
        if item in wanted:
            _have_by_space(binding, wanted[item])
        elif binding.by_space and binding.own:
            binding.by_space = False
            binding.save(update_fields=["by_space"])
        elif binding.by_space:
            rooms.end(binding, actor)
    new = [one for item, one in wanted.items() if item not in there]
    room_left = max(rooms.MAX_BINDINGS - room.bindings.count(), 0)
    if len(new) > room_left:
        logger.warning("rooms.too_many room=%s left_out=%d", room.room_id, len(new) - room_left)
    for one in new[:room_left]:
        binding = Binding(room=room, item=one.item, own=False, by_space=True)
        _as_bound(binding, one)
        rooms.begin(binding, actor)


def _have_by_space(binding: Binding, one: SpaceBinding) -> None:
    binding.by_space = True
    if not binding.own:
        _as_bound(binding, one)
    binding.save()


def _as_bound(binding: Binding, one: SpaceBinding) -> None:
    binding.bound_by, binding.bound_by_matrix_id = one.bound_by, one.bound_by_matrix_id
    binding.bound_at = one.bound_at


def _asked(service: str, space_id: RoomId, by: MatrixId, asked_in: RoomId) -> tuple[Space, Room, User]:
    """The space, the room and the person, who is joined to that room and may arrange the space."""
    room, user = rooms.room_of_member(service, asked_in, by)
    space = Space.objects.filter(service=service, space_id=space_id).first()
    if space is None:
        raise NoSuchRoom
    if by not in space.arrangers:
        raise NotAnArranger
    return space, room, user
