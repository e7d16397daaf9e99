"""After a start: has the homeserver bring what it kept, and finds out what it cannot bring: rooms that changed.

And every hour again: an event that never came, for whatever reason, is not missed for long.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable

from bridge.matrix import events
from bridge.matrix.homeserver import Homeserver, path
from bridge.matrix.inbox import Inbox
from bridge.matrix.retrying import Backoff
from bridge.matrix.rooms import Rooms
from bridge.ports import Permanent, Retriable
from contract.ids import EventId, RoomId

log = logging.getLogger(__name__)

#: Seconds between two sweeps over all rooms.
_SWEEP = 3600.0
#: How many rooms are read again at the same time.
_CONCURRENT_READS = 4


class CatchUp:
    """`wake` is told in which rooms something was found. `appservice` is the registration's id."""

    def __init__(
        self,
        homeserver: Homeserver,
        rooms: Rooms,
        inbox: Inbox,
        wake: Callable[[Iterable[RoomId]], None],
        appservice: str,
    ) -> None:
        self._homeserver = homeserver
        self._rooms = rooms
        self._inbox = inbox
        self._wake = wake
        self._ping_path = path("appservice", appservice, "ping").replace("/v3/", "/v1/", 1)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.once()
            await asyncio.sleep(_SWEEP)

    async def once(self) -> None:
        """Until it is done, however long the homeserver is away."""
        backoff = Backoff()
        while True:
            try:
                await self._homeserver.request("POST", self._ping_path, {})
                await self._read_rooms()
            except Retriable as error:
                log.warning("the rooms cannot be read yet: %s", error.reason)
                await backoff.wait()
            else:
                return

    async def _read_rooms(self) -> None:
        """Read all rooms again. Raises `Retriable`, once what was found is stored: it will not be found again."""
        known = await self._rooms.known()  # first: what is joined meanwhile was not left
        joined = await self._rooms.joined()
        stamp = time.time_ns()
        found: list[events.Event] = [events.Left(room, _own_event_id(stamp, room)) for room in known - joined]
        failures: list[Retriable] = []
        slots = asyncio.Semaphore(_CONCURRENT_READS)

        async def read(room: RoomId) -> None:
            async with slots:
                try:
                    changed = not failures and await self._rooms.refresh(room)
                except Retriable as error:
                    failures.append(error)
                except Permanent as error:
                    log.error("%s cannot be read: %s", room, error.reason)
                else:
                    if changed:
                        own = _own_event_id(stamp, room)
                        found.append(events.MemberChanged(room, own, self._rooms.me, "join"))

        async with asyncio.TaskGroup() as tasks:
            for room in joined:
                tasks.create_task(read(room))
        if found:
            self._wake(await self._inbox.store(f"catch-up-{stamp}", found, self._rooms.apply))
        if failures:
            raise failures[0]


def _own_event_id(stamp: int, room: RoomId) -> EventId:
    """An id for what no event told us."""
    return EventId(f"$parvis-{stamp}-{room}")
