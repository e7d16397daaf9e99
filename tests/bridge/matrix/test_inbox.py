"""What the homeserver brings is stored once, and nothing that it brings is taken for something that came before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.matrix import database, events
from bridge.matrix.inbox import Inbox
from contract.ids import EventId, MatrixId, RoomId

ROOM = RoomId("!room")


@pytest.fixture
async def inbox(tmp_path: Path) -> AsyncIterator[Inbox]:
    async with database.opened(f"sqlite:///{tmp_path / 'matrix.db'}") as db:
        yield Inbox(db)


def written(event_id: str) -> events.Written:
    return events.Written(ROOM, EventId(event_id), MatrixId("@camille:a.test"), 0, events.MESSAGE, {"body": "x"})


async def nothing(_event: events.Event) -> None:
    """What the event means for the rooms: nothing here."""


async def test_a_transaction_that_comes_again_is_taken_once(inbox: Inbox) -> None:
    assert await inbox.store("1", [written("$a")], nothing) == {ROOM}
    row = await inbox.next(ROOM, key_wait=60)
    assert row is not None
    await inbox.done(row)
    assert await inbox.store("1", [written("$a")], nothing) == frozenset()
    assert await inbox.next(ROOM, key_wait=60) is None


async def test_a_homeserver_that_counts_from_one_again_after_a_restart_loses_nothing(inbox: Inbox) -> None:
    """As Synapse does on SQLite, where its counter is in memory."""
    await inbox.store("1", [written("$before")], nothing)
    assert await inbox.store("1", [written("$after")], nothing) == {ROOM}
    assert len(await inbox.rooms()) == 1
    seen = []
    while (row := await inbox.next(ROOM, key_wait=60)) is not None:
        seen.append(row.event.event_id)
        await inbox.done(row)
    assert seen == ["$before", "$after"]
