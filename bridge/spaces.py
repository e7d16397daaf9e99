"""Finds which rooms are in which space, and keeps the workspace told: what a space is bound to, its rooms hear of.

A room is in a space if both say so. The space does by its own state, alone: what a room claims is no more than its
consent. The room does by naming the space as its parent; or whoever put it there could have had it say so, having the
power to name its parents (as the specification has it the other way round, for what rooms claim); or somebody who may
bind the room says so in it (`agree`). So nobody has a room hear of something who has no say in that room. What they
agreed on stays, for as long as the space names the room.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from bridge.patience import with_patience
from bridge.ports import SPACE_CHILD, SPACE_PARENT, Permanent, RoomError, RoomSide
from bridge.roster import Roster
from bridge.store.rooms import RoomTable
from bridge.store.spaces import Nearby, SpaceTable
from bridge.turns import Turns
from contract.client import WorkspaceClient
from contract.errors import Refused
from contract.ids import MatrixId, RoomId
from contract.spaces import MAX_SPACE_ROOMS, Space

log = logging.getLogger(__name__)

#: Seconds between two comparisons of everything that is known here with what the homeserver and the workspace know.
_COMPARE = 3600.0
#: Seconds between two rounds of telling: who changes a space without end has it read so often at most.
_PAUSE = 0.5
#: How many spaces are between a space and a room at most, and how many are looked at under one: spaces can name each
#: other in a circle, and anybody can make many.
MAX_DEPTH, MAX_SPACES = 4, 50
#: Members of a space that may be told to arrange it.
_MAX_ARRANGERS = 1_000


@dataclass
class Reach:
    """The rooms in a space, each with how many spaces are in between; and those that it names and that do not agree."""

    rooms: dict[RoomId, int] = field(default_factory=dict)
    waiting: set[RoomId] = field(default_factory=set)


@dataclass(frozen=True)
class Told:
    """A space as the workspace knows it now, and how many rooms it names that do not agree."""

    space: Space
    waiting: int


class Spaces:
    """What the middle tells of spaces, and asks of them."""

    def __init__(
        self,
        rooms: RoomSide,
        workspace: WorkspaceClient,
        table: SpaceTable,
        room_table: RoomTable,
        roster: Roster,
        services: frozenset[MatrixId],
    ) -> None:
        self._rooms = rooms
        self._workspace = workspace
        self._table = table
        self._room_table = room_table
        self._roster = roster
        self._services = services
        self._telling = Turns()

    def has(self, room: RoomId) -> bool:
        """Whether `room` is a space that we are in."""
        return room in self._table.known

    async def is_one(self, room: RoomId) -> bool:
        """Whether `room` is a space that we are in; one that nobody here has seen before is looked at. Raises
        `RoomError`.
        """
        if self.has(room):
            return True
        if await self._room_table.standing(room) is not None or not await self._is_space(room):
            return False
        await self.arrived(room)
        return True

    async def arrived(self, space: RoomId) -> None:
        """We are in `space`."""
        await self._table.changed(space)

    async def changed(self, space: RoomId) -> None:
        """What is in `space` may be other than before. Of a space that we are not in, nothing follows."""
        if self.has(space):
            await self._table.changed(space)

    async def left(self, space: RoomId) -> None:
        """We are not in `space` any more: rooms have nothing by it."""
        await self._table.left(space)

    async def agree(self, space: RoomId, room: RoomId) -> None:
        """Somebody who may bind `room` says in it that it is in `space`, which names it."""
        await self._table.link(space, room)
        await self._table.changed(space)

    async def succeed(self, before: RoomId, space: RoomId) -> None:
        """`space` came after `before`: what had agreed to be in that agrees to be in this, where it names it."""
        for child in await self._table.linked(before):
            await self._table.link(space, child)
        await self._table.changed(space)

    async def around(self, room: RoomId) -> list[Nearby]:
        """The spaces that name `room`, or one in between, the nearest first. Raises `WorkspaceError`."""
        try:
            await self.settle()  # whoever has just put it there may ask at once
        except RoomError as error:
            log.warning("not all spaces can be read: %s", error.reason)
        return await self._table.around(room)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._compare_now_and_then())
            tasks.create_task(self._settle_at_news())

    async def _settle_at_news(self) -> None:
        while True:
            await self._table.news.wait()
            self._table.news.clear()
            await with_patience(self.settle)
            await asyncio.sleep(_PAUSE)

    async def _compare_now_and_then(self) -> None:
        while True:
            await with_patience(self.compare)
            await asyncio.sleep(_COMPARE)

    async def compare(self) -> None:
        """Spaces that we came into or left while we were away, and whatever was missed in all of them.

        What was known here is read first: a space that changes while we ask is not what is compared.
        """
        before, rooms = await self._table.changes(), await self._room_table.known()
        there = await self._workspace.spaces()
        joined = await self._rooms.joined_rooms()
        for room in joined - before.keys() - rooms.keys():
            if await self._is_space(room):
                await self.arrived(room)
        for space in before.keys() - joined:
            await self._table.left(space, unless_since=before[space])
        for known in there:
            if known.space_id not in joined | self._table.known:
                await self._workspace.forget_space(known.space_id)
        await self._table.all_changed()

    async def _is_space(self, room: RoomId) -> bool:
        try:
            return await self._rooms.is_space(room)
        except Permanent as error:  # we are out of it already
            log.info("%s cannot be looked at: %s", room, error.reason)
            return False

    async def settle(self) -> None:
        """Tell the workspace whatever it does not know. A space that cannot be read keeps no other from being told.

        Raises `WorkspaceError`, `RoomError`.
        """
        unread: RoomError | None = None
        for space in await self._table.untold():
            try:
                await self.tell(space)
            except Refused as error:
                log.error("the workspace does not take what is in the space %s: %s", space, error.code)
            except RoomError as error:
                unread = error
        if unread is not None:
            raise unread

    async def tell(self, space: RoomId) -> Told | None:
        """Tell the workspace now which rooms are in `space` and who arranges it. None if we are not in it.

        Raises `WorkspaceError`, `RoomError`.
        """
        async with self._telling.of(space):
            standing = await self._table.standing(space)
            if standing is not None and standing.ended:
                await self._workspace.forget_space(space)
                await self._table.forgotten(space)
            if standing is None or not standing.joined:
                return None
            reach = await self._reach(space)
            await self._table.set_rooms(space, reach.rooms, reach.waiting)
            arrangers = sorted(await self._rooms.allowed(space, SPACE_CHILD) - self._services)[:_MAX_ARRANGERS]
            try:
                known = await self._put(space, reach, arrangers)
            except Refused:
                await self._table.told(space, standing)  # to tell it again would not help
                raise
            await self._table.told(space, standing)
            return Told(known, len(reach.waiting))

    async def _put(self, space: RoomId, reach: Reach, arrangers: list[MatrixId]) -> Space:
        known = await self._workspace.put_space(space, sorted(reach.rooms), arrangers)
        missing = reach.rooms.keys() - known.rooms
        for room in missing:
            try:
                await self._roster.tell(room)
            except (Permanent, Refused) as error:
                log.info("%s of the space %s is not known to the workspace: %s", room, space, error)
        return await self._workspace.put_space(space, sorted(reach.rooms), arrangers) if missing else known

    async def _reach(self, space: RoomId) -> Reach:
        """What is in `space`, level by level: each space under it is looked at once."""
        joined = await self._rooms.joined_rooms()
        reach, seen, level = Reach(), {space}, [space]
        for depth in range(MAX_DEPTH + 1):
            below: list[RoomId] = []
            for parent in level:
                agreed, waiting = await self._children(parent, joined)
                if parent == space:
                    reach.waiting = waiting
                for child in agreed:
                    if not self.has(child):
                        await self._count(reach, child, depth)
                    elif child not in seen and len(seen) < MAX_SPACES:
                        seen.add(child)
                        below.append(child)
            level = below
        reach.waiting -= reach.rooms.keys()
        return reach

    async def _count(self, reach: Reach, room: RoomId, depth: int) -> None:
        if len(reach.rooms) < MAX_SPACE_ROOMS and await self._rooms.is_encrypted(room):
            reach.rooms.setdefault(room, depth)

    async def _children(self, parent: RoomId, joined: frozenset[RoomId]) -> tuple[list[RoomId], set[RoomId]]:
        """Those of the rooms and spaces that `parent` names in which we are: that agree, and rooms that do not."""
        named, linked = await self._rooms.children(parent), await self._table.linked(parent)
        await self._table.unlink(parent, linked - named.keys())
        agreed, waiting = [], set()
        for child in sorted(named.keys() & joined)[:MAX_SPACE_ROOMS]:
            if child in linked:
                agreed.append(child)
                continue
            if not self.has(child) and await self._is_space(child):
                await self.arrived(child)  # which we have just come into: it is no room, encrypted or not
            if await self._agrees(parent, child, named[child]):
                await self._table.link(parent, child)
                agreed.append(child)
            elif not self.has(child) and await self._rooms.is_encrypted(child):
                waiting.add(child)
        return agreed, waiting

    async def _agrees(self, parent: RoomId, child: RoomId, named_by: MatrixId) -> bool:
        if named_by in await self._rooms.allowed(child, SPACE_PARENT):
            return True
        return await self._rooms.names_parent(child, parent)
