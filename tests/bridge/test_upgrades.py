"""Rooms that are upgraded."""

from __future__ import annotations

import pytest

from bridge.ports import Invite, Upgrade
from contract.ids import RoomId
from tests.bridge.conftest import Bridge
from tests.bridge.fakes import CAMILLE, INES, PARVIS, ROOM, item, message, url_of

NEW = RoomId("!new")


@pytest.fixture(autouse=True)
async def _room(bridge: Bridge) -> None:
    bridge.rooms.members[ROOM] = frozenset({PARVIS, CAMILLE})
    bridge.rooms.members[NEW] = frozenset({CAMILLE, INES})
    note = item()
    bridge.workspace.readers[note] = {CAMILLE}
    await bridge.middle.on_message(message(f"!parvis bind {url_of(note)}"))


async def test_an_open_successor_is_followed_at_once(bridge: Bridge) -> None:
    bridge.rooms.predecessors[NEW] = ROOM
    await bridge.middle.on_upgrade(Upgrade(ROOM, CAMILLE, NEW))
    assert bridge.workspace.succeeded == [(ROOM, NEW)]
    assert ROOM in bridge.rooms.left
    assert "prend la suite" in bridge.rooms.said(NEW)[-1]["body"]


async def test_one_that_is_not_open_is_followed_when_somebody_invites_us(bridge: Bridge) -> None:
    bridge.rooms.predecessors[NEW] = ROOM
    bridge.rooms.closed.add(NEW)
    await bridge.middle.on_upgrade(Upgrade(ROOM, CAMILLE, NEW))
    assert bridge.workspace.succeeded == []
    bridge.rooms.closed.clear()
    await bridge.middle.on_invite(Invite(NEW, CAMILLE, is_direct=False, encrypted=True))
    assert bridge.workspace.succeeded == [(ROOM, NEW)]
    assert len(bridge.rooms.said(NEW)) == 1


async def test_a_room_that_does_not_say_what_it_came_after_gets_nothing(bridge: Bridge) -> None:
    await bridge.middle.on_upgrade(Upgrade(ROOM, CAMILLE, NEW))
    assert bridge.workspace.succeeded == []
    assert NEW in bridge.rooms.left
    assert ROOM not in bridge.rooms.left


async def test_a_room_that_says_that_it_came_after_another_gets_nothing_by_that_alone(bridge: Bridge) -> None:
    bridge.rooms.predecessors[NEW] = ROOM
    await bridge.middle.on_invite(Invite(NEW, CAMILLE, is_direct=False, encrypted=True))
    assert bridge.workspace.succeeded == []
    assert "Bonjour" in bridge.rooms.said(NEW)[-1]["body"]


async def test_one_that_is_not_encrypted_is_left(bridge: Bridge) -> None:
    bridge.rooms.predecessors[NEW] = ROOM
    bridge.rooms.unencrypted.add(NEW)
    await bridge.middle.on_upgrade(Upgrade(ROOM, CAMILLE, NEW))
    assert bridge.workspace.succeeded == []
    assert NEW in bridge.rooms.left


async def test_told_again_after_a_crash_nothing_is_said_twice(bridge: Bridge) -> None:
    bridge.rooms.predecessors[NEW] = ROOM
    upgrade = Upgrade(ROOM, CAMILLE, NEW)
    await bridge.middle.on_upgrade(upgrade)
    await bridge.middle.on_upgrade(upgrade)
    assert len(bridge.rooms.said(NEW)) == 1
