"""Events on their way from the workspace: each is taken once, with the deliveries that it makes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mautrix.util.async_db import Database

from bridge.database import transaction
from bridge.store.bindings import Bindings
from bridge.store.deliveries import Deliveries
from bridge.store.delivery import milliseconds
from contract.errors import InvalidValue
from contract.events import TALK, Event, EventType
from contract.ids import RoomId

log = logging.getLogger(__name__)

#: What is said in rooms: everything that happens to documents, files and folders themselves, and what is said of them.
SPOKEN = frozenset(type_ for type_ in EventType if type_.kind is not None) | TALK


@dataclass(frozen=True)
class Position:
    """The last event that was taken: its number in the stream that was made at `stream`."""

    stream: str
    sequence: int


class Inbox:
    """Takes events. The position, the events' ids, bindings and deliveries are written together or not at all."""

    def __init__(
        self,
        database: Database,
        bindings: Bindings,
        deliveries: Deliveries,
        wants: Callable[[RoomId, EventType], bool] = lambda _room, _type: True,
    ) -> None:
        """`wants` says whether a room chose to hear of what is taken now."""
        self._database = database
        self._bindings = bindings
        self._deliveries = deliveries
        self._wants = wants

    async def position(self) -> Position | None:
        """Where we are, None before the first event."""
        row = await self._database.fetchrow("SELECT stream, sequence FROM middle_position")
        return Position(row["stream"], row["sequence"]) if row else None

    async def take(self, events: Sequence[Event], position: Position) -> frozenset[RoomId]:
        """Take `events`, of which the last is at `position`. The rooms in which something is to be said."""
        rooms: set[RoomId] = set()
        async with transaction(self._database):
            for event in events:
                if await self._is_new(event):
                    rooms |= await self._take(event)
            await self._database.execute(
                "INSERT INTO middle_position (only_one, stream, sequence) VALUES (1, $1, $2)"
                " ON CONFLICT (only_one) DO UPDATE SET stream=excluded.stream, sequence=excluded.sequence",
                position.stream,
                position.sequence,
            )
        return frozenset(rooms)

    async def _is_new(self, event: Event) -> bool:
        taken = await self._database.fetchval(
            "INSERT INTO middle_event (event_id, received_at) VALUES ($1, $2) ON CONFLICT (event_id) DO NOTHING"
            " RETURNING event_id",
            str(event.id),
            milliseconds(datetime.now(UTC)),
        )
        return taken is not None

    async def _take(self, event: Event) -> frozenset[RoomId]:
        try:
            if event.type in (EventType.ROOM_BOUND, EventType.ROOM_UNBOUND):
                await self._follow_binding(event)
                return frozenset()
            if event.type not in SPOKEN:
                return frozenset()
            bound = await self._bindings.rooms_of(event.path or (event.resource.id,), event.time)
            rooms = frozenset(room for room in bound if self._wants(room, event.type))
            if rooms:
                await self._deliveries.add(event, sorted(rooms))
        except InvalidValue as error:
            log.error("event %s is not understood and left out: %s", event.id, error)
            return frozenset()
        return rooms

    async def _follow_binding(self, event: Event) -> None:
        if event.room is None:
            raise InvalidValue("room", "a binding has a room")
        if event.type is EventType.ROOM_BOUND:
            await self._bindings.add(event.room, event.resource.id)
        else:
            await self._bindings.remove(event.room, event.resource.id)
