"""What the workspace is told of rooms: how they stand now, whatever happened while it was told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from mautrix.util.async_db import UpgradeTable

from bridge import database
from bridge.matrix.retrying import Backoff
from bridge.store import schema
from bridge.store.rooms import RoomTable
from contract.events import EventType
from contract.ids import ItemId, MatrixId, RoomId
from tests.bridge.conftest import Bridge
from tests.bridge.fakes import CAMILLE, INES, PARVIS, ROOM, event, item, message, url_of

OTHER = RoomId("!other")


@pytest.fixture(autouse=True)
def _room(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    bridge.rooms.members[ROOM] = frozenset({PARVIS, CAMILLE, INES})
    monkeypatch.setattr("bridge.matrix.retrying.random.uniform", lambda *_: 0.0)


@asynccontextmanager
async def running(bridge: Bridge) -> AsyncIterator[None]:
    """Until it has compared, and on."""
    compare, compared = bridge.roster._compare, asyncio.Event()

    async def compare_and_say() -> None:
        await compare()
        compared.set()

    bridge.roster._compare = compare_and_say  # type: ignore[method-assign]
    task = asyncio.create_task(bridge.roster.run())
    try:
        async with asyncio.timeout(20):
            await compared.wait()
        yield
    finally:
        task.cancel()
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(outcome, asyncio.CancelledError), outcome


async def told(bridge: Bridge) -> None:
    """Until there is nothing that the workspace must still be told."""
    async with asyncio.timeout(20):
        while await bridge.table.untold():  # noqa: ASYNC110 - the database announces nothing
            await asyncio.sleep(0.01)


def members(bridge: Bridge, room: RoomId = ROOM) -> list[MatrixId] | None:
    """Who is in a room, as the workspace knows it; None for a room that it does not know."""
    known = bridge.workspace.rooms.get(room)
    return known["members"] if known else None


def bound_to(bridge: Bridge, room: RoomId = ROOM) -> list[str]:
    known: Any = bridge.workspace.rooms.get(room, {"bindings": []})
    return [binding["item"] for binding in known["bindings"]]


async def a_document(bridge: Bridge) -> ItemId:
    of = item()
    bridge.workspace.readers[of] = {CAMILLE, INES}
    return of


async def bind(bridge: Bridge, of: ItemId) -> None:
    """As Camille does, and the event of it."""
    await bridge.middle.on_message(message(f"!parvis bind {url_of(of)}"))
    await bridge.take(event(EventType.ROOM_BOUND, of, room=ROOM))


async def removed(bridge: Bridge) -> None:
    del bridge.rooms.members[ROOM]
    await bridge.middle.on_left(ROOM)


async def back(bridge: Bridge) -> None:
    await bridge.rooms.join(ROOM)
    bridge.rooms.members[ROOM] = frozenset({PARVIS, CAMILLE, INES})
    await bridge.roster.changed(ROOM)


async def test_who_is_in_a_room_is_told_and_services_are_nobody(bridge: Bridge) -> None:
    async with running(bridge):
        await bridge.middle.on_members_changed(ROOM)
        await told(bridge)
    assert members(bridge) == sorted([CAMILLE, INES])


async def test_who_leaves_while_the_workspace_is_told_is_not_forgotten(bridge: Bridge) -> None:
    async def ines_leaves() -> None:
        bridge.rooms.members[ROOM] = frozenset({PARVIS, CAMILLE})
        await bridge.middle.on_members_changed(ROOM)

    async with running(bridge):
        await told(bridge)
        bridge.workspace.meanwhile = [ines_leaves]
        await bridge.middle.on_members_changed(ROOM)
        await told(bridge)
    assert members(bridge) == [CAMILLE]


async def test_a_room_that_was_left_is_forgotten_on_both_sides(bridge: Bridge) -> None:
    of = await a_document(bridge)
    async with running(bridge):
        await bind(bridge, of)
        await removed(bridge)
        await told(bridge)
    assert members(bridge) is None
    assert await bridge.bindings.rooms_of([of], event(EventType.DOCUMENT_UPDATED, of).time) == frozenset()


async def test_a_room_that_is_joined_again_before_it_was_forgotten_begins_anew_and_keeps_what_is_bound_then(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after, refused, go = await a_document(bridge), await a_document(bridge), asyncio.Event(), asyncio.Event()

    async def wait(_backoff: Backoff, at_least: float = 0.0) -> None:
        refused.set()
        await go.wait()

    monkeypatch.setattr(Backoff, "wait", wait)
    async with running(bridge):
        await bind(bridge, before)
        await told(bridge)
        bridge.workspace.refuse = [httpx.Response(503)]
        await removed(bridge)
        await refused.wait()
        await back(bridge)
        await bind(bridge, after)
        go.set()
        await bridge.rooms.join(OTHER)
        await bridge.roster.changed(OTHER)  # whose turn comes after what is tried again
        await settled(lambda: members(bridge, OTHER) is not None)
    assert members(bridge) == sorted([CAMILLE, INES])
    assert bound_to(bridge) == [str(after)]
    now = event(EventType.DOCUMENT_UPDATED, after).time
    assert await bridge.bindings.rooms_of([after], now) == {ROOM}
    assert await bridge.bindings.rooms_of([before], now) == frozenset()


async def settled(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(0.01)


async def test_a_room_that_is_joined_while_the_bridge_compares_was_not_left(bridge: Bridge) -> None:
    of = await a_document(bridge)
    await bridge.roster.tell(ROOM)
    await bind(bridge, of)
    del bridge.rooms.members[ROOM]
    joined_rooms = bridge.rooms.joined_rooms

    async def joined_and_then_one_more() -> frozenset[RoomId]:
        joined = await joined_rooms()
        await back(bridge)
        return joined

    bridge.rooms.joined_rooms = joined_and_then_one_more  # type: ignore[method-assign]
    async with running(bridge):
        await told(bridge)
    assert members(bridge) == sorted([CAMILLE, INES])
    assert bound_to(bridge) == [str(of)]
    assert await bridge.bindings.rooms_of([of], event(EventType.DOCUMENT_UPDATED, of).time) == {ROOM}


async def test_rooms_that_were_left_while_the_bridge_was_down_are_forgotten(bridge: Bridge) -> None:
    await bridge.roster.tell(ROOM)
    bridge.workspace.rooms[OTHER] = {"room_id": OTHER, "language": None, "bindings": [], "members": []}
    del bridge.rooms.members[ROOM]
    async with running(bridge):
        await told(bridge)
        await settled(lambda: not bridge.workspace.rooms)


async def test_a_room_of_which_the_homeserver_says_nothing_credible_keeps_the_others_from_nothing(
    bridge: Bridge,
) -> None:
    """Its members could be read as nobody."""
    bridge.rooms.members[OTHER] = frozenset({PARVIS, CAMILLE})
    bridge.rooms.unreadable.add(OTHER)
    async with running(bridge):
        await settled(lambda: members(bridge) == sorted([CAMILLE, INES]))
        assert members(bridge, OTHER) is None
        bridge.rooms.unreadable.clear()
        await told(bridge)
    assert members(bridge, OTHER) == [CAMILLE]


async def test_the_rooms_of_an_older_version_are_kept(tmp_path: Path) -> None:
    url, before = f"sqlite:///{tmp_path / 'old.db'}", UpgradeTable(version_table_name="middle_version")
    before.register(schema._first_tables, description="as it was")
    insert = "INSERT INTO middle_room (room_id, language, joined, told) VALUES ($1, $2, $3, $4)"
    async with database.opened(url, before) as db:
        await db.execute(insert, ROOM, "en", True, True)
        await db.execute(insert, OTHER, None, False, False)
    async with database.opened(url, schema.upgrades) as db:
        table = RoomTable(db)
        await table.load()
        assert table.language(ROOM) == "en"
        assert await table.untold() == [OTHER]
        standing = await table.standing(OTHER)
        assert standing is not None
        assert not standing.joined
        assert standing.ended is not None
