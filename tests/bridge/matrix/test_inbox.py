"""Events on their way: what waits for a key is bounded for each sender, so that nobody drowns the others."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from mautrix.util.async_db import Database, UpgradeTable

from bridge import database as databases
from bridge.matrix import database, events
from bridge.matrix.inbox import MAX_WAITING_EACH, Inbox
from contract.ids import EventId, MatrixId
from tests.bridge.fakes import CAMILLE, INES, ROOM

ROGUE = MatrixId("@rogue:culture.gouv.test")


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with database.opened(f"sqlite:///{tmp_path / 'matrix.db'}") as opened:
        yield opened


async def nothing(_event: events.Event) -> None:
    """Nothing follows for the rooms."""


async def waiting(inbox: Inbox, sender: MatrixId, count: int, session: str = "") -> None:
    """So many messages of `sender` come, of which no key does."""
    written = [
        events.Written(ROOM, EventId(f"${sender}-{number}"), sender, 0, events.ENCRYPTED, {}) for number in range(count)
    ]
    await inbox.store(f"{sender}-{count}", written, nothing)
    while (row := await inbox.next(ROOM, 60.0)) is not None:
        await inbox.wait(row, session or str(row.seq))


async def senders(inbox: Inbox) -> list[MatrixId]:
    return [row.event.sender for row in await inbox.waiting(0.0) if isinstance(row.event, events.Written)]


async def test_who_sends_much_that_cannot_be_read_keeps_nobody_elses_messages_from_waiting(db: Database) -> None:
    inbox = Inbox(db)
    await waiting(inbox, ROGUE, MAX_WAITING_EACH + 50)
    await waiting(inbox, CAMILLE, 2)
    await inbox.prune()
    assert await senders(inbox) == [ROGUE] * MAX_WAITING_EACH + [CAMILLE] * 2


async def test_where_many_send_too_much_the_first_of_each_are_kept(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.matrix.inbox.MAX_WAITING", 5)
    inbox = Inbox(db)
    await waiting(inbox, ROGUE, 10)
    await waiting(inbox, INES, 10)
    await waiting(inbox, CAMILLE, 1)
    await inbox.prune()
    assert sorted(await senders(inbox)) == sorted([ROGUE, ROGUE, INES, INES, CAMILLE])


async def test_what_waited_for_nothing_is_never_pruned(db: Database) -> None:
    inbox = Inbox(db)
    changes: list[events.Event] = [
        events.MemberChanged(ROOM, EventId(f"${number}"), CAMILLE, "join") for number in range(MAX_WAITING_EACH * 2)
    ]
    await inbox.store("1", changes, nothing)
    await inbox.prune()
    rows = await db.fetchval("SELECT count(*) FROM parvis_event")
    assert rows == len(changes)


async def test_the_events_of_an_older_version_are_kept(tmp_path: Path) -> None:
    url, before = f"sqlite:///{tmp_path / 'old.db'}", UpgradeTable(version_table_name="parvis_matrix_version")
    before.register(database._first_tables, description="as it was")
    insert = "INSERT INTO parvis_event (room_id, event_id, event, received_at, waits_for) VALUES ($1, $2, $3, $4, $5)"
    written = events.Written(ROOM, EventId("$1"), CAMILLE, 0, events.ENCRYPTED, {})
    async with databases.opened(url, before) as db:
        await db.execute(insert, ROOM, "$1", events.to_json(written), int(time.time() * 1000), "session")
    async with database.opened(url) as db:
        inbox = Inbox(db)
        await inbox.prune()
        assert await inbox.release(["session"]) == {ROOM}
        row = await inbox.next(ROOM, 60.0)
        assert row is not None
        assert row.event == written
