"""What the homeserver brings is stored once, and nothing that it brings is taken for something that came before; what
waits for a key is bounded for each sender, so that nobody drowns the others.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from mautrix.util.async_db import UpgradeTable

from bridge import database as databases
from bridge.matrix import database, events
from bridge.matrix.inbox import MAX_WAITING_EACH, Inbox
from contract.ids import EventId, MatrixId, RoomId
from tests.bridge.fakes import CAMILLE, INES

ROOM = RoomId("!room")
ROGUE = MatrixId("@rogue:culture.gouv.test")


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


async def waiting(inbox: Inbox, sender: MatrixId, count: int, session: str = "") -> None:
    """So many messages of `sender` come, of which no key does."""
    messages = [
        events.Written(ROOM, EventId(f"${sender}-{number}"), sender, 0, events.ENCRYPTED, {}) for number in range(count)
    ]
    await inbox.store(f"{sender}-{count}", messages, nothing)
    while (row := await inbox.next(ROOM, 60.0)) is not None:
        await inbox.wait(row, session or str(row.seq))


async def senders(inbox: Inbox) -> list[MatrixId]:
    return [row.event.sender for row in await inbox.waiting(0.0) if isinstance(row.event, events.Written)]


async def test_who_sends_much_that_cannot_be_read_keeps_nobody_elses_messages_from_waiting(inbox: Inbox) -> None:
    await waiting(inbox, ROGUE, MAX_WAITING_EACH + 50)
    await waiting(inbox, CAMILLE, 2)
    await inbox.prune()
    assert await senders(inbox) == [ROGUE] * MAX_WAITING_EACH + [CAMILLE] * 2


async def test_where_many_send_too_much_the_first_of_each_are_kept(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.matrix.inbox.MAX_WAITING", 5)
    await waiting(inbox, ROGUE, 10)
    await waiting(inbox, INES, 10)
    await waiting(inbox, CAMILLE, 1)
    await inbox.prune()
    assert sorted(await senders(inbox)) == sorted([ROGUE, ROGUE, INES, INES, CAMILLE])


async def test_what_waited_for_nothing_is_never_pruned(inbox: Inbox) -> None:
    changes: list[events.Event] = [
        events.MemberChanged(ROOM, EventId(f"${number}"), CAMILLE, "join") for number in range(MAX_WAITING_EACH * 2)
    ]
    await inbox.store("1", changes, nothing)
    await inbox.prune()
    rows = await inbox._database.fetchval("SELECT count(*) FROM parvis_event")
    assert rows == len(changes)


async def test_the_events_of_an_older_version_are_kept(tmp_path: Path) -> None:
    url, before = f"sqlite:///{tmp_path / 'old.db'}", UpgradeTable(version_table_name="parvis_matrix_version")
    before.register(database._first_tables, description="as it was")
    insert = "INSERT INTO parvis_event (room_id, event_id, event, received_at, waits_for) VALUES ($1, $2, $3, $4, $5)"
    message = written("$1")
    async with databases.opened(url, before) as db:
        await db.execute(insert, ROOM, "$1", events.to_json(message), int(time.time() * 1000), "session")
    async with database.opened(url) as db:
        inbox = Inbox(db)
        await inbox.prune()
        assert await inbox.release(["session"]) == {ROOM}
        row = await inbox.next(ROOM, 60.0)
        assert row is not None
        assert row.event == message
