"""The bridge's copy of the workspace's bindings: kept right by their events, compared with all of them at a start."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from mautrix.util.async_db import Database

from bridge.database import transaction
from bridge.store.delivery import milliseconds
from contract.answers import Room
from contract.ids import ItemId, RoomId


class Bindings:
    """Which rooms hear of which items, and since when."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def rooms_of(self, path: Sequence[ItemId], at: datetime) -> frozenset[RoomId]:
        """The rooms that were bound at `at` to any of the items of `path`."""
        marks = ", ".join(f"${number}" for number in range(2, len(path) + 2))
        rows = await self._database.fetch(
            f"SELECT DISTINCT room_id FROM middle_binding WHERE bound_at<=$1 AND item IN ({marks})",  # noqa: S608 - marks
            milliseconds(at),
            *map(str, path),
        )
        return frozenset(RoomId(row["room_id"]) for row in rows)

    async def add(self, room: RoomId, item: ItemId, at: datetime) -> None:
        """`room` hears of `item` from then on; nothing where it does already."""
        await self._database.execute(
            "INSERT INTO middle_binding (room_id, item, bound_at) VALUES ($1, $2, $3)"
            " ON CONFLICT (room_id, item) DO NOTHING",
            room,
            str(item),
            milliseconds(at),
        )

    async def remove(self, room: RoomId, item: ItemId) -> None:
        """It hears of it no more."""
        await self._database.execute("DELETE FROM middle_binding WHERE room_id=$1 AND item=$2", room, str(item))

    async def forget_room(self, room: RoomId) -> None:
        """The bridge is not in `room` any more."""
        await self._database.execute("DELETE FROM middle_binding WHERE room_id=$1", room)

    async def replace(self, rooms: Iterable[Room]) -> None:
        """These are all the bindings there are."""
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
                        # What we knew stands: the binding's own time is later than its first events' could be.
                        min(
                            milliseconds(binding.bound_at),
                            since.get((room.room_id, str(binding.item)), milliseconds(binding.bound_at)),
                        ),
                    )
