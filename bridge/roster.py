"""Keeps the workspace told of who is in which room, and the bridge told of what each room is bound to."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from bridge.languages import Languages
from bridge.patience import with_patience
from bridge.ports import Permanent, RoomError, RoomSide
from bridge.store.bindings import Bindings
from bridge.store.deliveries import Deliveries
from bridge.store.rooms import RoomTable, Standing
from bridge.store.spaces import SpaceTable
from bridge.turns import Turns
from cards import Language
from contract.answers import Room
from contract.client import WorkspaceClient
from contract.errors import Refused
from contract.ids import MatrixId, RoomId

log = logging.getLogger(__name__)

#: Seconds between two comparisons of everything that is known here with what the homeserver and the workspace know.
_COMPARE = 3600.0


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
        languages: Languages,
        spaces: SpaceTable,
    ) -> None:
        self._rooms = rooms
        self._workspace = workspace
        self._table = table
        self._bindings = bindings
        self._deliveries = deliveries
        self._services = services
        self._languages = languages
        self._spaces = spaces
        self._bell = asyncio.Event()
        self._telling = Turns()
        #: Who the workspace knows in each room, of those that it was told of since we started.
        self._known: dict[RoomId, frozenset[MatrixId]] = {}
        #: Held while bindings are taken from the workspace: no event of theirs is to be taken in between.
        self.bindings_still = asyncio.Lock()

    async def changed(self, room: RoomId) -> None:
        """The members of `room`, which is no space, are not who they were."""
        if self._spaces.known and not await self._is_joined(room):
            await self._spaces.all_changed()  # those that name it have it now
        await self._table.changed(room)
        self._bell.set()

    async def _is_joined(self, room: RoomId) -> bool:
        standing = await self._table.standing(room)
        return standing is not None and standing.joined

    async def left(self, room: RoomId, unless_since: int | None = None) -> None:
        """The bridge is not in `room` any more: nothing is said there, and nobody has anything by it.

        With the number of a change: unless it has changed since.
        """
        if await self._table.left(room, unless_since):
            await self._bindings.forget_room(room)
            await self._deliveries.forget_room(room)
            self._bell.set()

    async def succeeded(self, room: RoomId, successor: RoomId) -> None:
        """What `room` hears of, and what waits to be said there, is for `successor` from now on."""
        async with self.bindings_still:
            await self._bindings.move(room, successor)
            await self._deliveries.move(room, successor)

    async def tell(self, room: RoomId, language: Language | None = None, *, moderators: bool = False) -> Room:
        """Tell the workspace now who is in `room`, and in which language it reads. With `moderators`, also who may
        change its settings, for the workspace to know who may bind it. Raises `WorkspaceError`, `RoomError`.
        """
        if await self._table.standing(room) is None:
            await self.changed(room)
        known = await self._settle(room, language, moderators)
        if known is None:
            raise Permanent("M_FORBIDDEN", "the bridge is not in the room")
        return known

    async def catch_up(self, room: RoomId) -> None:
        """Make sure that the workspace knows who is in `room` now: who has just come has what the room has, also where
        something is to be said before the workspace was told of them. Raises `Unavailable`, `RoomError`.
        """
        members = await self._rooms.joined_members(room)
        if self._rooms.user_id not in members or self._known.get(room) == members - self._services:
            return
        if await self._table.standing(room) is None:
            await self._table.changed(room)
        try:
            await self._settle(room)
        except Refused as error:
            log.error("the workspace does not take who is in %s: %s", room, error.code)

    async def choose(self, room: RoomId, by: MatrixId, changes: Mapping[str, str | bool], said_in: Language) -> Room:
        """Have the workspace change options of `room` for `by`, and follow them from now on. Raises `WorkspaceError`,
        `RoomError`.
        """
        await self.tell(room, moderators=True)  # whoever has just come, or is a moderator now, may choose
        async with self._telling.of(room):
            known = await self._workspace.set_room_options(room, by, changes, said_in=said_in)
            await self._table.set_chosen(room, known.language, known.options)
        return known

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            compared = asyncio.Event()
            tasks.create_task(self._compare_now_and_then(compared))
            await compared.wait()
            while True:
                await with_patience(self._settle_all)
                await self._bell.wait()

    async def _compare_now_and_then(self, compared: asyncio.Event) -> None:
        """At the start, and every hour again: whatever was missed is not missed for long."""
        while True:
            await with_patience(self._compare)
            compared.set()
            self._bell.set()
            await asyncio.sleep(_COMPARE)

    async def _settle_all(self) -> None:
        """Tell the workspace whatever it does not know. A room that cannot be read keeps no other from being told."""
        self._bell.clear()
        unread: RoomError | None = None
        for room in await self._table.untold():
            try:
                await self._settle(room)
            except Refused as error:
                log.error("the workspace does not take who is in %s: %s", room, error.code)
            except RoomError as error:
                unread = error
        if unread is not None:
            raise unread

    async def _settle(self, room: RoomId, language: Language | None = None, moderators: bool = False) -> Room | None:
        """Tell the workspace how `room` stands now, however it stood when this was first tried. None if we are not in
        it.
        """
        async with self._telling.of(room):
            standing = await self._table.standing(room)
            if standing is not None and standing.ended is not None:
                self._known.pop(room, None)
                await self._workspace.forget_room(room)
                await self._table.forgotten(room, standing)
                await self._spaces.all_changed()  # nor is it in any space for the workspace, even if we are back in it
            if standing is None or not standing.joined:
                return None
            members = await self._rooms.joined_members(room)
            if self._rooms.user_id not in members:
                return None  # we will be told that we have left, and tell it then
            agents = members - self._services
            moderate = await self._rooms.allowed(room, None) & agents if moderators else None
            return await self._put(room, standing, agents, moderate, language)

    async def _put(
        self,
        room: RoomId,
        standing: Standing,
        agents: frozenset[MatrixId],
        moderate: frozenset[MatrixId] | None,
        language: Language | None,
    ) -> Room:
        try:
            known = await self._workspace.put_room(
                room,
                sorted(agents),
                moderators=None if moderate is None else sorted(moderate),
                language=language,
                said_in=self._languages.of_room(room),
            )
        except Refused:
            await self._table.told(room, standing)  # to tell it again would not help
            raise
        await self._table.set_chosen(room, known.language, known.options)
        await self._table.told(room, standing)
        self._known[room] = agents
        return known

    async def _compare(self) -> None:
        """Rooms that changed while we were away, and bindings that we never heard of.

        What was known here is read first: a room that changes while we ask is not what is compared.
        """
        before = await self._table.known()
        async with self.bindings_still:
            known = await self._workspace.rooms()
            await self._bindings.replace(known)
        joined = await self._rooms.joined_rooms()
        joined -= await self._spaces_among(joined - before.keys())
        for room in joined:
            await self._table.changed(room)
        for room in ({one.room_id for one in known} | before.keys()) - joined:
            await self.left(room, unless_since=before.get(room, 0))
        log.info("in %d rooms, of which %d are bound", len(joined), sum(bool(room.bindings) for room in known))

    async def _spaces_among(self, unknown: frozenset[RoomId]) -> frozenset[RoomId]:
        """Those of `unknown` that are spaces, in which nobody has anything; one that was never seen is asked about."""
        for room in unknown - self._spaces.known:
            try:
                if await self._rooms.is_space(room):
                    await self._spaces.changed(room)
            except Permanent as error:  # we are out of it already
                log.info("%s cannot be looked at: %s", room, error.reason)
        return unknown & self._spaces.known
