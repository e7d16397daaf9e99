"""The deliveries: added with the inbox, served a room in order, kept a while after they were sent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain

from mautrix.util.async_db import Database

from bridge.batching import Batcher
from bridge.database import transaction
from bridge.ports import Sealed
from bridge.store.delivery import (
    SAID_IN,
    Delivery,
    Happening,
    State,
    Statement,
    from_row,
    happening,
    milliseconds,
    to_text,
)
from bridge.store.talk import card_changed, card_said, nothing_came
from contract.events import TALK, Event
from contract.ids import EventId, RoomId
from contract.resources import Kind

#: Statements of one commit.
_TOGETHER = 500
#: For how long what is over is kept, to be looked at.
KEPT = timedelta(days=8)
#: For how long a discussion can be begun under a card.
CARDS_KEPT = timedelta(days=90)


@dataclass(frozen=True)
class Choice:
    """How a delivery is said, once that is chosen: by changing the message of `edits`, in the `thread`, and together
    with what `joins` it. `flood` is the first delivery that its card counts, None for a card of its own.
    """

    edits: int | None = None
    thread: EventId | None = None
    flood: int | None = None
    joins: tuple[int, ...] = ()


class Deliveries:
    """The table of deliveries. What a method has written is on disk when it returns; many writers share a commit."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._batches: Batcher[Sequence[Statement], None] = Batcher(self._commit, _TOGETHER)

    async def _write(self, *statements: Statement) -> None:
        """All of them or none."""
        await self._batches(statements)

    async def _commit(self, groups: Sequence[Sequence[Statement]]) -> Sequence[None]:
        by_query: dict[str, list[tuple[object, ...]]] = {}
        for query, values in chain.from_iterable(groups):
            by_query.setdefault(query, []).append(values)
        async with transaction(self._database) as connection:
            for query, rows in by_query.items():
                await connection.executemany(query, rows)
        return [None] * len(groups)

    # -- what comes in

    async def add(self, event: Event, rooms: Iterable[RoomId]) -> None:
        """`event` is to be said in these rooms. Part of the caller's transaction."""
        resource = event.resource
        await self._database.executemany(
            "INSERT INTO middle_delivery (room_id, event_id, type, kind, item, actor, at, parent, extra)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (room_id, event_id) DO NOTHING",
            [
                (
                    room,
                    str(event.id),
                    event.type.value,
                    resource.kind.value,
                    str(resource.id),
                    event.actor,
                    milliseconds(event.time),
                    str(event.path[-2]) if event.path[-1:] == (resource.id,) and len(event.path) > 1 else None,
                    json.dumps(event.extra or {}) if event.type in TALK else None,
                )
                for room in rooms
            ],
        )

    # -- what waits

    async def waiting_rooms(self) -> frozenset[RoomId]:
        """The rooms in which something waits to be said."""
        rows = await self._database.fetch("SELECT DISTINCT room_id FROM middle_delivery WHERE state='waiting'")
        return frozenset(RoomId(row["room_id"]) for row in rows)

    async def waiting(self, room: RoomId, limit: int) -> list[Delivery]:
        """What waits in `room` for a turn of its own, the oldest first."""
        rows = await self._database.fetch(
            "SELECT * FROM middle_delivery WHERE room_id=$1 AND state='waiting' AND joins IS NULL ORDER BY id LIMIT $2",
            room,
            limit,
        )
        return [from_row(row) for row in rows]

    async def card_to_edit(self, delivery: Delivery, window: timedelta) -> Delivery | None:
        """The message about the same item and of the same type that began at most `window` before, if there is one."""
        row = await self._database.fetchrow(
            "SELECT * FROM middle_delivery WHERE room_id=$1 AND item=$2 AND type=$3 AND id<$4"
            " AND state='sent' AND edits IS NULL AND sent_event IS NOT NULL AND at>=$5 ORDER BY id DESC LIMIT 1",
            delivery.room,
            str(delivery.resource.id),
            delivery.happening.type.value,
            delivery.id,
            milliseconds(delivery.happening.at - window),
        )
        return from_row(row) if row else None

    async def get(self, id_: int) -> Delivery | None:
        """The delivery of that number."""
        row = await self._database.fetchrow("SELECT * FROM middle_delivery WHERE id=$1", id_)
        return from_row(row) if row else None

    async def thread_of(self, delivery: Delivery) -> EventId | None:
        """The root of the thread for cards of the same item: the first card in the room that was of it alone."""
        row = await self._database.fetchrow(
            "SELECT thread, sent_event FROM middle_delivery WHERE room_id=$1 AND item=$2 AND id<$3 AND state='sent'"
            " AND edits IS NULL AND flood IS NULL AND sent_event IS NOT NULL ORDER BY id LIMIT 1",
            delivery.room,
            str(delivery.resource.id),
            delivery.id,
        )
        return EventId(row["thread"] or row["sent_event"]) if row else None

    async def told_with(self, first: Delivery) -> list[Happening]:
        """What the message of `first` says by now, the oldest first."""
        rows = await self._database.fetch(
            "SELECT type, actor, at FROM middle_delivery WHERE edits=$1 AND state='sent' ORDER BY id", first.id
        )
        return [first.happening, *(happening(row) for row in rows)]

    # -- how it goes

    async def sealed(self, delivery: Delivery, sealed: Sealed, verdict: str, choice: Choice) -> None:
        """It will be sent like this. Must return before the first attempt."""
        query = (
            "UPDATE middle_delivery SET sealed=$2, verdict=$3, edits=$4, thread=$5, flood=$6 WHERE id=$1 AND room_id=$7"
        )
        values = (delivery.id, to_text(sealed), verdict, choice.edits, choice.thread, choice.flood, delivery.room)
        card = delivery.id if choice.edits is None else choice.edits
        join = "UPDATE middle_delivery SET joins=$2, edits=$3 WHERE id=$1 AND room_id=$4 AND state='waiting'"
        joining = [(join, (id_, delivery.id, card, delivery.room)) for id_ in choice.joins]
        await self._write((query, values), *joining)

    async def sent(
        self, delivery: Delivery, event: EventId, choice: Choice | None = None, *, shows: bool = False
    ) -> None:
        """It is in the room like this, with what joined it. `shows`: it is certain that it shows what it is about."""
        query = (
            "UPDATE middle_delivery SET state='sent', sent_event=$2, sealed=NULL, verdict=NULL, problem=NULL,"
            " failing_at=NULL WHERE room_id=$3 AND (id=$1 OR (joins=$1 AND state='waiting'))"
        )
        told = (query, (delivery.id, event, delivery.room))
        await self._write(told, *_card(delivery, event, choice or Choice(), shows))

    async def failed(self, delivery: Delivery, problem: str) -> None:
        """An attempt failed, and it will be tried again."""
        query = (
            "UPDATE middle_delivery SET attempts=attempts+1, problem=$2, failing_at=COALESCE(failing_at, $3)"
            " WHERE id=$1 AND room_id=$4"
        )
        await self._write((query, (delivery.id, problem, milliseconds(datetime.now(UTC)), delivery.room)))

    async def over(self, delivery: Delivery, state: State, problem: str) -> None:
        """It will not be said (`DEAD`, `VOID`). What joined it is said on its own."""
        query = (
            "UPDATE middle_delivery SET state=$2, problem=$3, sealed=NULL, verdict=NULL, flood=NULL"
            " WHERE id=$1 AND room_id=$4"
        )
        alone = "UPDATE middle_delivery SET joins=NULL, edits=NULL WHERE joins=$1 AND state='waiting'"
        await self._write((query, (delivery.id, state.value, problem, delivery.room)), (alone, (delivery.id,)))

    async def move(self, room: RoomId, successor: RoomId) -> None:
        """What waits in `room` waits in `successor`, where nothing of it was chosen or sealed yet.

        Whoever is at one of them just now, as one of `room`, changes nothing of it any more: each of these methods
        writes to the delivery of that room.
        """
        query = (
            "UPDATE middle_delivery SET room_id=$2, sealed=NULL, verdict=NULL, edits=NULL, thread=NULL, flood=NULL,"
            " joins=NULL, attempts=0, problem=NULL, failing_at=NULL WHERE room_id=$1 AND state='waiting'"
            " AND event_id NOT IN (SELECT event_id FROM middle_delivery WHERE room_id=$2)"
        )
        chosen = "UPDATE middle_delivery SET extra=REPLACE(extra, $1, $2) WHERE state='waiting' AND extra IS NOT NULL"
        said_in = [f'"{SAID_IN}": {json.dumps(one)}' for one in (room, successor)]
        await self._write((query, (room, successor)), (chosen, (said_in[0], said_in[1])))

    async def forget_room(self, room: RoomId) -> None:
        """The bridge is not in `room` any more: nothing waits there."""
        query = (
            "UPDATE middle_delivery SET state='void', problem='not in the room', sealed=NULL, verdict=NULL"
            " WHERE room_id=$1 AND state='waiting'"
        )
        await self._write((query, (room,)), ("DELETE FROM middle_talk WHERE room_id=$1", (room,)))

    # -- for operators

    async def listed(self, states: Sequence[State], limit: int) -> list[Delivery]:
        """The newest deliveries in these states."""
        marks = ", ".join(f"${number}" for number in range(2, len(states) + 2))
        rows = await self._database.fetch(
            f"SELECT * FROM middle_delivery WHERE state IN ({marks}) ORDER BY id DESC LIMIT $1",  # noqa: S608 - marks
            limit,
            *(state.value for state in states),
        )
        return [from_row(row) for row in rows]

    async def counts(self) -> dict[State, int]:
        """How many there are in each state."""
        rows = await self._database.fetch("SELECT state, count(*) AS n FROM middle_delivery GROUP BY state")
        return {State(row["state"]): row["n"] for row in rows}

    async def replay(self, ids: Sequence[int] | None = None) -> int:
        """Have dead ones (all, or these) tried again. How many.

        Each is said in its old place: after what was said since, and before what still waits in its room.
        """
        dead = await self._database.fetch("SELECT id FROM middle_delivery WHERE state='dead'")
        chosen = [row["id"] for row in dead if ids is None or row["id"] in set(ids)]
        query = "UPDATE middle_delivery SET state='waiting', attempts=0, failing_at=NULL WHERE id=$1 AND state='dead'"
        if chosen:
            await self._commit([[(query, (id_,)) for id_ in chosen]])
        return len(chosen)

    async def prune(self) -> None:
        """Forget what has been over for long. Dead ones are kept until somebody has looked at them."""
        before = milliseconds(datetime.now(UTC) - KEPT)
        await self._write(("DELETE FROM middle_delivery WHERE state IN ('sent', 'void') AND at<$1", (before,)))
        await self._write(("DELETE FROM middle_event WHERE received_at<$1", (before,)))
        await self._write(nothing_came(datetime.now(UTC) - CARDS_KEPT))


def _card(delivery: Delivery, event: EventId, choice: Choice, shows: bool) -> list[Statement]:
    """What keeps what the card of a document says, if a discussion may be begun under it: not in another thread, and
    not under a card that counts.
    """
    if delivery.resource.kind is not Kind.DOCUMENT or choice.flood is not None or choice.thread is not None:
        return []
    if choice.edits is not None:
        return [card_changed(choice.edits, shows=shows)]
    return [card_said(delivery.room, event, delivery.resource.id, shows=shows)]
