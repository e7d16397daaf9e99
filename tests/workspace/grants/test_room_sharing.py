"""A room is given access because its item's owner said so in it."""

from __future__ import annotations

from typing import Any

import pytest

from contract.grants import Act
from contract.ids import MatrixId, RoomId
from tests.workspace.grants.world import CAMILLE, INES, ROOM, World, acting, as_service
from workspace.rooms import service as rooms
from workspace.sharing import doors, tree
from workspace.sharing.models import Access, Item
from workspace.sharing.roles import Role


@pytest.fixture
def _room(world: World) -> None:
    rooms.put("bridge", RoomId(ROOM), [MatrixId(CAMILLE), MatrixId(INES)])


def share(token: str, item: Item, role: str = "reader", room: str = ROOM, service: str = "bridge") -> Any:
    return acting(token, service).post(f"/api/v1.0/rooms/{room}/share/", {"item": str(item.pk), "role": role})


def role_of_ines(world: World, item: Item) -> Role | None:
    return doors.role_on(world.ines, item.pk)


@pytest.mark.usefixtures("_room")
@pytest.mark.parametrize("role", ["reader", "commenter", "editor"])
def test_the_members_have_it_from_then_on(world: World, role: str) -> None:
    answer = share(world.token("share", resource=world.note.pk, room=ROOM), world.note, role)
    assert (answer.status_code, answer.json()) == (200, {"item": str(world.note.pk), "role": role})
    assert role_of_ines(world, world.note) == Role.of_word(role)
    access = Access.objects.get(item=world.note, team__isnull=False)
    assert access.granted_by == world.camille


@pytest.mark.usefixtures("_room")
def test_a_room_owns_nothing_and_a_token_shares_nothing_but_its_own_with_its_own(world: World) -> None:
    token = world.token("share", resource=world.note.pk, room=ROOM)
    assert share(token, world.note, "owner").status_code == 400
    assert share(token, world.folder).json()["code"] == "other_target"
    assert share(token, world.note, room="!another:hub.test").json()["code"] == "other_room"
    assert share(world.token("read", resource=world.note.pk, room=ROOM), world.note).json()["code"] == "other_act"
    assert share(world.token("share", resource=world.note.pk), world.note).json()["code"] == "other_room"
    assert role_of_ines(world, world.note) is None


@pytest.mark.usefixtures("_room")
def test_who_is_an_owner_no_longer_shares_no_longer(world: World) -> None:
    token = world.token("share", resource=world.note.pk, room=ROOM)
    tree.grant(world.camille, world.note, Role.OWNER, user=world.ines)
    tree.grant(world.ines, world.note, Role.EDITOR, user=world.camille)
    answer = share(token, world.note)
    assert (answer.status_code, answer.json()["code"]) == (403, "role_needed")


@pytest.mark.usefixtures("_room")
def test_who_is_not_joined_shares_with_no_room(world: World) -> None:
    rooms.put("bridge", RoomId(ROOM), [MatrixId(INES)])
    answer = share(world.token("share", resource=world.note.pk, room=ROOM), world.note)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_a_member")
    assert role_of_ines(world, world.note) is None


def test_a_room_that_is_not_known_is_not_shared_with(world: World) -> None:
    answer = share(world.token("share", resource=world.note.pk, room=ROOM), world.note)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert share(world.token("share", resource=world.note.pk, room=ROOM), world.note, room="x").status_code == 404


@pytest.mark.usefixtures("_room")
def test_a_standing_credential_shares_nothing(world: World) -> None:
    body = {"item": str(world.note.pk), "role": "reader"}
    assert as_service("bridge").post(f"/api/v1.0/rooms/{ROOM}/share/", body).status_code == 401
    assert world.exchange("share", person=INES, resource=world.folder.pk).json()["code"] == "not_allowed"
    world.allow(world.ines, *Act)
    assert world.exchange("share", person=INES, resource=world.folder.pk).json()["code"] == "role_needed"
