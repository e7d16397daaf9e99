"""The bridge's copy of the workspace's bindings: kept right by their events, compared with all of them at a start."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from mautrix.util.async_db import Database

from bridge.database import transaction
from bridge.store.delivery import milliseconds
from contract.answers import Room
from contract.ids import ItemId, RoomId

#: `bound_at` of a binding whose event was taken: the order of the stream says what comes after it, not two clocks.
_IN_ORDER = 0


class Bindings:
    """Which rooms hear of which items, and since when where only the workspace said so."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def rooms_of(self, path: Sequence[ItemId], at: datetime) -> frozenset[RoomId]:
        """The rooms that hear of what happened at `at` to an item of this `path`."""
        marks = ", ".join(f"${number}" for number in range(2, len(path) + 2))
        rows = await self._database.fetch(
            f"SELECT DISTINCT room_id FROM middle_binding WHERE bound_at<=$1 AND item IN ({marks})",  # noqa: S608 - marks
            milliseconds(at),
            *map(str, path),
        )
        return frozenset(RoomId(row["room_id"]) for row in rows)

    async def add(self, room: RoomId, item: ItemId) -> None:
        """`room` hears of `item` in all events that are taken from now on."""
        await self._database.execute(
            "INSERT INTO middle_binding (room_id, item, bound_at) VALUES ($1, $2, $3)"
            " ON CONFLICT (room_id, item) DO UPDATE SET bound_at=excluded.bound_at",
            room,
            str(item),
            _IN_ORDER,
        )

    async def remove(self, room: RoomId, item: ItemId) -> None:
        """It hears of it no more."""
        await self._database.execute("DELETE FROM middle_binding WHERE room_id=$1 AND item=$2", room, str(item))

    async def move(self, room: RoomId, successor: RoomId) -> None:
        """`successor` hears of what `room` heard of."""
        await self._database.execute(
            "UPDATE middle_binding SET room_id=$2 WHERE room_id=$1"
            " AND item NOT IN (SELECT item FROM middle_binding WHERE room_id=$2)",
            room,
            successor,
        )
        await self.forget_room(room)

    async def forget_room(self, room: RoomId) -> None:
        """The bridge is not in `room` any more."""
        await self._database.execute("DELETE FROM middle_binding WHERE room_id=$1", room)

    async def replace(self, rooms: Iterable[Room]) -> None:
        """These are all the bindings there are. Of one whose event was not taken, nothing older is heard."""
        async with transaction(self._database):
            known = await self._database.fetch("SELECT room_id, item, bound_at FROM middle_binding")
            since = {(row["room_id"], row["item"]): row["bound_at"] for row in known}
            await self._database.execute("DELETE FROM middle_binding")
            for room in rooms:
                for binding in room.bindings:
                    await self._database.execute(
                        "INSERT INTO middle_binding (room_id, item, bound_at) VALUES ($1, $2, $3)",
                        room.room_id,
                        str(binding.item),
                        since.get((room.room_id, str(binding.item)), milliseconds(binding.bound_at)),
                    )
