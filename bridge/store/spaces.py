"""The spaces that the bridge is in: which rooms are in them, and whether the workspace knows that."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from mautrix.util.async_db import Database

from bridge.database import transaction
from contract.ids import RoomId


@dataclass(frozen=True)
class SpaceStanding:
    """How a space stands: whether the bridge is in it, the number of its last change, and whether a stay of the bridge
    has ended of which the workspace does not know yet.
    """

    joined: bool
    change: int
    ended: bool


@dataclass(frozen=True)
class Nearby:
    """A space that names a room, `depth` spaces above it (0: itself). `counts`: the room agrees, and is in it."""

    space: RoomId
    depth: int
    counts: bool


class SpaceTable:
    """One row a space. `news` is set whenever there is something to tell. Which rooms are spaces is asked for at each
    message, and kept in memory.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.known: frozenset[RoomId] = frozenset()
        self.news = asyncio.Event()

    async def load(self) -> None:
        """Read which rooms are spaces."""
        rows = await self._database.fetch("SELECT space_id FROM middle_space WHERE joined")
        self.known = frozenset(RoomId(row["space_id"]) for row in rows)
        self.news.set()  # for what was not told before we ended

    async def changed(self, space: RoomId) -> None:
        """The bridge is in `space`; what is in it, and in the spaces above it, may be other than before."""
        await self._database.execute(
            "INSERT INTO middle_space (space_id, joined, changes) VALUES ($1, true, 1)"
            " ON CONFLICT (space_id) DO UPDATE SET joined=true, changes=middle_space.changes+1",
            space,
        )
        self.known |= {space}
        await self._changed_above(space)
        self.news.set()

    async def all_changed(self) -> None:
        """Any of them may have other rooms than before."""
        if self.known:
            await self._database.execute("UPDATE middle_space SET changes=changes+1 WHERE joined")
            self.news.set()

    async def left(self, space: RoomId, unless_since: int | None = None) -> None:
        """The bridge is not in `space`. With the number of a change: unless it has changed since."""
        row = await self._database.fetchval(
            "UPDATE middle_space SET joined=false, ended=true, changes=changes+1"
            " WHERE space_id=$1 AND joined AND ($2<0 OR changes=$2) RETURNING space_id",
            space,
            -1 if unless_since is None else unless_since,
        )
        if row is None:
            return
        self.known -= {space}
        await self._changed_above(space)
        async with transaction(self._database):
            await self._database.execute("DELETE FROM middle_space_link WHERE space_id=$1 OR child_id=$1", space)
            await self._database.execute("DELETE FROM middle_space_room WHERE space_id=$1", space)
        self.news.set()

    async def _changed_above(self, space: RoomId) -> None:
        done, above = {space}, {space}
        while above:
            rows = await self._database.fetch("SELECT space_id, child_id FROM middle_space_link")
            above = {RoomId(row["space_id"]) for row in rows if row["child_id"] in above} - done
            for one in above:
                await self._database.execute("UPDATE middle_space SET changes=changes+1 WHERE space_id=$1", one)
            done |= above

    async def changes(self) -> dict[RoomId, int]:
        """The spaces that the bridge is in, each with the number of its last change."""
        rows = await self._database.fetch("SELECT space_id, changes FROM middle_space WHERE joined")
        return {RoomId(row["space_id"]): row["changes"] for row in rows}

    async def standing(self, space: RoomId) -> SpaceStanding | None:
        """How `space` stands; None where there is nothing to tell of it."""
        row = await self._database.fetchrow("SELECT joined, changes, ended FROM middle_space WHERE space_id=$1", space)
        return SpaceStanding(bool(row["joined"]), row["changes"], bool(row["ended"])) if row else None

    async def untold(self) -> list[RoomId]:
        """The spaces of which the workspace must be told."""
        rows = await self._database.fetch("SELECT space_id FROM middle_space WHERE changes>told ORDER BY space_id")
        return [RoomId(row["space_id"]) for row in rows]

    async def told(self, space: RoomId, standing: SpaceStanding) -> None:
        """The workspace knows how `space` stood then."""
        await self._database.execute(
            "UPDATE middle_space SET told=$2 WHERE space_id=$1 AND told<$2", space, standing.change
        )

    async def forgotten(self, space: RoomId) -> None:
        """The workspace knows that the stay in it is over that had ended."""
        await self._database.execute("UPDATE middle_space SET ended=false WHERE space_id=$1", space)
        await self._database.execute("DELETE FROM middle_space WHERE space_id=$1 AND NOT joined", space)

    async def linked(self, space: RoomId) -> frozenset[RoomId]:
        """Those of which `space` and they agree that they are in it."""
        rows = await self._database.fetch("SELECT child_id FROM middle_space_link WHERE space_id=$1", space)
        return frozenset(RoomId(row["child_id"]) for row in rows)

    async def link(self, space: RoomId, child: RoomId) -> None:
        """They agree that `child` is in `space`, for as long as the space names it."""
        await self._database.execute(
            "INSERT INTO middle_space_link (space_id, child_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", space, child
        )

    async def unlink(self, space: RoomId, children: Collection[RoomId]) -> None:
        """`space` names these no longer."""
        for child in children:
            await self._database.execute(
                "DELETE FROM middle_space_link WHERE space_id=$1 AND child_id=$2", space, child
            )

    async def set_rooms(self, space: RoomId, rooms: Mapping[RoomId, int], waiting: Collection[RoomId]) -> None:
        """The rooms in `space`, each with how many spaces are between them, and those that it only names itself."""
        found = {**dict.fromkeys(waiting, (0, False)), **{room: (depth, True) for room, depth in rooms.items()}}
        async with transaction(self._database):
            await self._database.execute("DELETE FROM middle_space_room WHERE space_id=$1", space)
            for room, (depth, counts) in found.items():
                await self._database.execute(
                    "INSERT INTO middle_space_room (space_id, room_id, depth, counts) VALUES ($1, $2, $3, $4)",
                    space,
                    room,
                    depth,
                    counts,
                )

    async def around(self, room: RoomId) -> list[Nearby]:
        """The spaces that name `room`, the nearest first."""
        rows = await self._database.fetch(
            "SELECT space_id, depth, counts FROM middle_space_room WHERE room_id=$1 ORDER BY depth, space_id", room
        )
        return [Nearby(RoomId(row["space_id"]), row["depth"], bool(row["counts"])) for row in rows]
