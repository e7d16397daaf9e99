"""Events on their way from the homeserver to the middle of the bridge.

They are stored before they are acknowledged, and deleted when they were handled. Those of one room are handled in the
order in which they came; one whose key is missing steps aside.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from mautrix.util.async_db import Database

from bridge.database import transaction
from bridge.matrix import events
from contract.ids import RoomId

#: Seconds for which a message waits for its key, in all: then it is dropped.
KEEP_WAITING = 3600.0
#: Seconds for which a transaction's id is remembered. The homeserver repeats one until it is acknowledged, then never.
KEEP_TRANSACTIONS = 7 * 86400.0
#: How many messages may wait for keys at once, of one sender and of all. Of more, the newest of who sent the most are
#: dropped: nobody drowns the others.
MAX_WAITING_EACH, MAX_WAITING = 100, 5_000


@dataclass(frozen=True)
class Row:
    """One stored event. `received_at` is in seconds since 1970; `waits_for` is the session whose key is missing."""

    seq: int
    event: events.Event
    attempts: int
    received_at: float
    waits_for: str | None


Apply = Callable[[events.Event], Awaitable[None]]


class Inbox:
    """The table of events, and of the transactions that brought them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def store(self, txn_id: str, received: Sequence[events.Event], apply: Apply) -> frozenset[RoomId]:
        """Store a transaction, and what it means for the bridge's view of rooms (`apply`), at once or not at all.

        Gives the rooms that have something to handle: none where the transaction was stored before. A transaction is
        known by its id and by what it holds: on SQLite, Synapse counts from 1 again when it was restarted.
        """
        now, known_as = int(time.time() * 1000), f"{txn_id}.{_digest(received)}"
        async with transaction(self._database) as connection:
            new = await connection.fetchval(
                "INSERT INTO parvis_transaction (txn_id, received_at) VALUES ($1, $2)"
                " ON CONFLICT (txn_id) DO NOTHING RETURNING txn_id",
                known_as,
                now,
            )
            if new is None:
                return frozenset()
            for event in received:
                await apply(event)
                if isinstance(event, events.EncryptionSet):
                    continue  # nobody is told
                await connection.execute(
                    "INSERT INTO parvis_event (room_id, event_id, event, received_at, sender)"
                    " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (event_id) DO NOTHING",
                    event.room,
                    event.event_id,
                    events.to_json(event),
                    now,
                    event.sender if isinstance(event, events.Written) else None,
                )
        return frozenset(event.room for event in received)

    async def rooms(self) -> frozenset[RoomId]:
        """The rooms that have something to handle, or that wait for keys."""
        return frozenset(row["room_id"] for row in await self._database.fetch("SELECT room_id FROM parvis_event"))

    async def next(self, room: RoomId, key_wait: float) -> Row | None:
        """The room's first event that can be handled: ready, or waiting for its key since more than `key_wait` seconds
        with its sender not told yet."""
        row = await self._database.fetchrow(
            "SELECT seq, event, attempts, received_at, waits_for FROM parvis_event WHERE room_id=$1"
            " AND (waits_for IS NULL OR (told=false AND received_at <= $2)) ORDER BY seq LIMIT 1",
            room,
            _before(key_wait),
        )
        if row is None:
            return None
        event = events.from_json(row["event"])
        return Row(row["seq"], event, row["attempts"], row["received_at"] / 1000, row["waits_for"])

    async def done(self, row: Row) -> None:
        """It was handled, or given up."""
        await self._database.execute("DELETE FROM parvis_event WHERE seq=$1", row.seq)

    async def failed(self, row: Row) -> None:
        """It was tried once more, without success."""
        await self._database.execute("UPDATE parvis_event SET attempts=attempts+1 WHERE seq=$1", row.seq)

    async def wait(self, row: Row, session_id: str) -> None:
        """It waits for the key of this session."""
        await self._database.execute("UPDATE parvis_event SET waits_for=$1 WHERE seq=$2", session_id, row.seq)

    async def told(self, row: Row) -> None:
        """Its sender was told that it cannot be read; it may still wait."""
        await self._database.execute("UPDATE parvis_event SET told=true WHERE seq=$1", row.seq)

    async def release(self, sessions: Iterable[str] | None = None) -> frozenset[RoomId]:
        """The keys of these sessions have come (or of any, after a start): what waited for them is ready."""
        if sessions is None:
            update = "UPDATE parvis_event SET waits_for=NULL WHERE waits_for IS NOT NULL RETURNING room_id"
            return frozenset(row["room_id"] for row in await self._database.fetch(update))
        rooms: set[RoomId] = set()
        for session_id in sessions:
            update = "UPDATE parvis_event SET waits_for=NULL WHERE waits_for=$1 RETURNING room_id"
            rooms |= {row["room_id"] for row in await self._database.fetch(update, session_id)}
        return frozenset(rooms)

    async def waiting(self, at_least: float) -> list[Row]:
        """What has waited for its key for `at_least` seconds, the oldest first."""
        rows = await self._database.fetch(
            "SELECT seq, event, attempts, received_at, waits_for FROM parvis_event"
            " WHERE waits_for IS NOT NULL AND received_at <= $1 ORDER BY seq",
            _before(at_least),
        )
        return [
            Row(
                row["seq"], events.from_json(row["event"]), row["attempts"], row["received_at"] / 1000, row["waits_for"]
            )
            for row in rows
        ]

    async def prune(self) -> None:
        """Drop what has waited too long or is too much, and the ids of old transactions."""
        await self._database.execute(
            "DELETE FROM parvis_event WHERE waits_for IS NOT NULL AND received_at < $1", _before(KEEP_WAITING)
        )
        await self._database.execute(
            "DELETE FROM parvis_event WHERE waits_for IS NOT NULL AND seq NOT IN (SELECT seq FROM"
            " (SELECT seq, row_number() OVER (PARTITION BY sender ORDER BY seq) AS nth"
            " FROM parvis_event WHERE waits_for IS NOT NULL) AS waiting WHERE nth<=$1 ORDER BY nth, seq LIMIT $2)",
            MAX_WAITING_EACH,
            MAX_WAITING,
        )
        await self._database.execute(
            "DELETE FROM parvis_transaction WHERE received_at < $1", _before(KEEP_TRANSACTIONS)
        )


def _digest(received: Sequence[events.Event]) -> str:
    return hashlib.sha256("\n".join(event.event_id for event in received).encode()).hexdigest()


def _before(seconds: float) -> int:
    return int((time.time() - seconds) * 1000)
