"""Keeps the workspace told of who is in which room, and the bridge told of what each room is bound to."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from bridge.matrix.retrying import Backoff
from bridge.ports import RoomError, RoomSide
from bridge.store.bindings import Bindings
from bridge.store.deliveries import Deliveries
from bridge.store.rooms import RoomTable
from cards import Language
from contract.answers import Room
from contract.client import WorkspaceClient
from contract.errors import Refused, Unavailable, WorkspaceError
from contract.ids import MatrixId, RoomId

log = logging.getLogger(__name__)


class Roster:
    """What has changed is on disk until the workspace was told, however often either of us is restarted."""

    def __init__(
        self,
        rooms: RoomSide,
        workspace: WorkspaceClient,
        table: RoomTable,
        bindings: Bindings,
        deliveries: Deliveries,
        services: frozenset[MatrixId],
        language: Language,
    ) -> None:
        self._rooms = rooms
        self._workspace = workspace
        self._table = table
        self._bindings = bindings
        self._deliveries = deliveries
        self._services = services
        self._language = language
        self._bell = asyncio.Event()
        #: Held while bindings are taken from the workspace: no event of theirs is to be taken in between.
        self.bindings_still = asyncio.Lock()

    def language_of(self, room: RoomId) -> Language:
        """In which language `room` reads."""
        chosen = self._table.language(room)
        return "en" if chosen == "en" else "fr" if chosen == "fr" else self._language

    async def changed(self, room: RoomId) -> None:
        """The members of `room` are not who they were."""
        await self._table.changed(room)
        self._bell.set()

    async def left(self, room: RoomId) -> None:
        """The bridge is not in `room` any more: nothing is said there, and nobody has anything by it."""
        await self._bindings.forget_room(room)
        await self._deliveries.forget_room(room)
        await self._table.left(room)
        self._bell.set()

    async def tell(self, room: RoomId, language: Language | None = None) -> Room:
        """Tell the workspace now who is in `room`, and in which language it reads. Raises `WorkspaceError`,
        `RoomError`.
        """
        members = await self._rooms.joined_members(room) - self._services
        known = await self._workspace.put_room(room, sorted(members), language=language, said_in=self.language_of(room))
        await self._table.changed(room)
        await self._table.set_language(room, known.language)
        await self._table.told(room)
        return known

    async def run(self) -> None:
        """Until cancelled."""
        await self._with_patience(self._compare)
        while True:
            self._bell.clear()
            for room, joined in (await self._table.untold()).items():
                if joined:
                    await self._with_patience(partial(self._tell, room))
                else:
                    await self._with_patience(partial(self._forget, room))
            await self._bell.wait()

    async def _tell(self, room: RoomId) -> None:
        try:
            await self.tell(room)
        except Refused as error:
            log.error("the workspace does not take who is in %s: %s", room, error.code)
            await self._table.told(room)

    async def _forget(self, room: RoomId) -> None:
        await self._workspace.forget_room(room)
        await self._table.told(room)

    async def _compare(self) -> None:
        """After a start: rooms that changed while we were away, and bindings that we never heard of."""
        joined = await self._rooms.joined_rooms()
        async with self.bindings_still:
            known = await self._workspace.rooms()
            await self._bindings.replace(room for room in known if room.room_id in joined)
        for room in joined:
            await self._table.changed(room)
        for room in ({one.room_id for one in known} | await self._table.known()) - joined:
            await self.left(room)
        log.info("in %d rooms, of which %d are bound", len(joined), sum(bool(room.bindings) for room in known))

    async def _with_patience(self, work: Callable[[], Awaitable[None]]) -> None:
        backoff = Backoff(longest=30.0)
        while True:
            try:
                await work()
            except Unavailable as error:
                log.warning("the workspace cannot be told of rooms yet: %s", error.code)
                await backoff.wait(at_least=error.retry_after)
            except RoomError as error:
                log.warning("rooms cannot be read yet: %s", error.reason)
                await backoff.wait()
            except WorkspaceError as error:
                log.error("the workspace refuses what it is told of rooms: %s", error.code)
                await backoff.wait(at_least=10.0)
            else:
                return
