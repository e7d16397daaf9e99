"""How the members of a room stand to what it hears of: who may read it, and who may give the room access to it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from contract.ids import RoomId
from workspace.accounts import linking
from workspace.accounts.models import User
from workspace.rooms.errors import NoSuchRoom
from workspace.rooms.models import Binding, Room
from workspace.sharing import questions
from workspace.sharing.roles import Role


@dataclass(frozen=True)
class Readers:
    """Who of the room, by Matrix id, may read what it is bound to, each with their role; and who may not."""

    binding: Binding
    roles: dict[str, Role]
    without: tuple[str, ...]


def readers(service: str, room_id: RoomId) -> list[Readers]:
    """For each binding of the room, in their order. Raises `NoSuchRoom`."""
    room = _room(service, room_id)
    members = _members(room)
    people = linking.people(members)
    bindings = list(room.bindings.select_related("item"))
    found = questions.standing(_ids(people), [binding.item_id for binding in bindings])
    roles, public = found.roles(), found.public()
    told = []
    for binding in bindings:
        have = {matrix_id: roles.get((user.pk, binding.item_id)) for matrix_id, user in people.items()}
        least = Role.READER if binding.item_id in public else None
        may = {member: role for member in members if (role := have.get(member) or least) is not None}
        told.append(Readers(binding, may, tuple(member for member in members if member not in may)))
    return told


def sharers(service: str, room_id: RoomId, item: UUID) -> list[str]:
    """The members, by Matrix id, who own `item`, and so may give the room access to it. Raises `NoSuchRoom`."""
    people = linking.people(_members(_room(service, room_id)))
    roles = questions.roles(_ids(people), [item])
    return sorted(matrix_id for matrix_id, user in people.items() if roles.get((user.pk, item)) is Role.OWNER)


def _room(service: str, room_id: RoomId) -> Room:
    room = Room.objects.filter(service=service, room_id=room_id).first()
    if room is None:
        raise NoSuchRoom
    return room


def _members(room: Room) -> list[str]:
    return list(room.members.order_by("matrix_id").values_list("matrix_id", flat=True))


def _ids(people: dict[str, User]) -> set[UUID]:
    return {user.pk for user in people.values()}
