"""Rooms that others came after, until the bridge is in these."""

from __future__ import annotations

from mautrix.util.async_db import Database

from contract.ids import RoomId


class Successors:
    """One row a room that was upgraded."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, room: RoomId, successor: RoomId) -> None:
        """`room` says that `successor` came after it, and what it says last counts."""
        await self._database.execute(
            "INSERT INTO middle_successor (room_id, successor) VALUES ($1, $2)"
            " ON CONFLICT (room_id) DO UPDATE SET successor=excluded.successor",
            room,
            successor,
        )

    async def before(self, successor: RoomId) -> frozenset[RoomId]:
        """The rooms that say that `successor` came after them."""
        rows = await self._database.fetch("SELECT room_id FROM middle_successor WHERE successor=$1", successor)
        return frozenset(RoomId(row["room_id"]) for row in rows)

    async def forget(self, room: RoomId) -> None:
        """It was carried over, or the bridge has left it."""
        await self._database.execute("DELETE FROM middle_successor WHERE room_id=$1", room)
