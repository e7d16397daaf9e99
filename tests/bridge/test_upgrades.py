"""Rooms that are upgraded."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from bridge.ports import Invite, Upgrade
from bridge.store.delivery import Delivery, State
from contract.events import EventType
from contract.ids import EventId, ItemId, RoomId
from tests.bridge.conftest import Bridge
from tests.bridge.fakes import CAMILLE, INES, PARVIS, ROOM, event, item, message, url_of
from tests.bridge.test_deliverer import over, running, until

NEW = RoomId("!new")


@pytest.fixture(autouse=True)
async def note(bridge: Bridge) -> ItemId:
    bridge.rooms.members[ROOM] = frozenset({PARVIS, CAMILLE})
    bridge.rooms.members[NEW] = frozenset({CAMILLE, INES})
    note = item()
    bridge.workspace.readers[note] = {CAMILLE}
    await bridge.middle.on_message(message(f"!parvis bind {url_of(note)}"))
    return note


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


async def test_a_room_in_which_we_are_is_not_left_because_another_says_that_it_came_after_it(bridge: Bridge) -> None:
    """Anybody who may end a room of theirs could have us leave any other."""
    bridge.rooms.members[NEW] = frozenset({PARVIS, CAMILLE, INES})
    await bridge.middle.on_upgrade(Upgrade(ROOM, CAMILLE, NEW))
    assert bridge.workspace.succeeded == []
    assert NEW not in bridge.rooms.left


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


async def _ended(bridge: Bridge, note: ItemId) -> None:
    """Nobody speaks in the old room any more, and the bridge, which was away, is told of what happened before."""
    bridge.rooms.predecessors[NEW] = ROOM
    bridge.rooms.successors[ROOM] = NEW
    bridge.workspace.readers[note] |= {INES}
    await bridge.take(event(EventType.ROOM_BOUND, note, room=ROOM), event(EventType.DOCUMENT_CREATED, note))


def _cards(bridge: Bridge, room: RoomId) -> list[str]:
    return [said["body"] for said in bridge.rooms.said(room) if said["body"].startswith("📄")]


async def test_what_could_not_be_said_in_the_old_room_any_more_is_said_in_the_new_one(
    bridge: Bridge, note: ItemId
) -> None:
    await _ended(bridge, note)

    async def tried() -> bool:
        return any(one.attempts for one in await bridge.deliveries.waiting(ROOM, 9))

    async with running(bridge):
        bridge.deliverer.wake([ROOM])
        await until(tried)
    assert (await bridge.deliveries.counts()).get(State.DEAD, 0) == 0
    await bridge.middle.on_upgrade(Upgrade(ROOM, CAMILLE, NEW))
    await over(bridge)
    assert len(_cards(bridge, NEW)) == 1
    assert _cards(bridge, ROOM) == []


async def test_what_is_taken_later_of_before_the_upgrade_is_said_in_the_new_room(bridge: Bridge, note: ItemId) -> None:
    await _ended(bridge, note)
    await bridge.middle.on_upgrade(Upgrade(ROOM, CAMILLE, NEW))
    await bridge.take(event(EventType.DOCUMENT_SHARED, note), event(EventType.ROOM_UNBOUND, note, room=ROOM))
    await bridge.take(event(EventType.ROOM_BOUND, note, room=NEW), event(EventType.DOCUMENT_RESTORED, note))
    await over(bridge)
    assert len(_cards(bridge, NEW)) == 3


async def test_who_is_at_a_delivery_when_it_moves_changes_nothing_of_it(bridge: Bridge, note: ItemId) -> None:
    await _ended(bridge, note)
    (stale,) = await bridge.deliveries.waiting(ROOM, 9)
    await bridge.roster.succeeded(ROOM, NEW)
    await asyncio.gather(
        bridge.deliveries.failed(stale, "late"),
        bridge.deliveries.over(stale, State.VOID, "late"),
        bridge.deliveries.sent(stale, EventId("$late")),
    )
    (moved,) = await bridge.deliveries.waiting(NEW, 9)
    assert (moved.id, moved.attempts, moved.sealed) == (stale.id, 0, None)


async def test_what_both_rooms_hear_of_is_said_once(bridge: Bridge, note: ItemId) -> None:
    await bridge.take(event(EventType.ROOM_BOUND, note, room=NEW))
    await _ended(bridge, note)
    await bridge.middle.on_upgrade(Upgrade(ROOM, CAMILLE, NEW))
    await over(bridge)
    assert len(_cards(bridge, NEW)) == 1
    assert await bridge.deliveries.waiting(ROOM, 9) == []


async def test_a_mention_that_was_to_be_said_in_the_old_room_is_said_in_the_new_one(
    bridge: Bridge, note: ItemId
) -> None:
    happened = replace(event(EventType.COMMENT_MENTIONED, note), extra={"comment": "c", "user": "u"})
    await bridge.take(event(EventType.ROOM_BOUND, note, room=ROOM), happened)
    (waiting,) = await bridge.deliveries.waiting(ROOM, 9)
    await _choose(bridge, waiting, ROOM)
    await bridge.roster.succeeded(ROOM, NEW)
    (moved,) = await bridge.deliveries.waiting(NEW, 9)
    assert (moved.extra or {})["said_in"] == NEW


async def _choose(bridge: Bridge, delivery: Delivery, where: RoomId) -> None:
    extra = json.dumps({**(delivery.extra or {}), "said_in": where})
    await bridge.db.execute("UPDATE middle_delivery SET extra=$2 WHERE id=$1", delivery.id, extra)
