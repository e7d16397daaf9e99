"""The rooms that the bridge is in: their language, and whether the workspace knows who is in them."""

from __future__ import annotations

from mautrix.util.async_db import Database

from contract.ids import RoomId


class RoomTable:
    """One row a room. Languages are asked for at each message, and kept in memory."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._languages: dict[RoomId, str | None] = {}

    async def load(self) -> None:
        """Read the languages."""
        rows = await self._database.fetch("SELECT room_id, language FROM middle_room")
        self._languages = {RoomId(row["room_id"]): row["language"] for row in rows}

    def language(self, room: RoomId) -> str | None:
        """What `room` chose to read, None where it chose nothing."""
        return self._languages.get(room)

    async def set_language(self, room: RoomId, language: str | None) -> None:
        """`room` reads this from now on."""
        if self._languages.get(room) == language:
            return
        await self._database.execute("UPDATE middle_room SET language=$2 WHERE room_id=$1", room, language)
        self._languages[room] = language

    async def changed(self, room: RoomId) -> None:
        """The bridge is in `room`, and the workspace must be told who else is."""
        await self._put(room, joined=True)

    async def left(self, room: RoomId) -> None:
        """The bridge is not in `room`, which the workspace must be told."""
        await self._put(room, joined=False)

    async def _put(self, room: RoomId, *, joined: bool) -> None:
        await self._database.execute(
            "INSERT INTO middle_room (room_id, joined, told) VALUES ($1, $2, false)"
            " ON CONFLICT (room_id) DO UPDATE SET joined=excluded.joined, told=false",
            room,
            joined,
        )

    async def untold(self) -> dict[RoomId, bool]:
        """The rooms of which the workspace must be told, and whether the bridge is in them."""
        rows = await self._database.fetch("SELECT room_id, joined FROM middle_room WHERE NOT told ORDER BY room_id")
        return {RoomId(row["room_id"]): bool(row["joined"]) for row in rows}

    async def known(self) -> frozenset[RoomId]:
        """The rooms that the bridge was in when it last looked."""
        rows = await self._database.fetch("SELECT room_id FROM middle_room WHERE joined")
        return frozenset(RoomId(row["room_id"]) for row in rows)

    async def told(self, room: RoomId) -> None:
        """The workspace knows. Whoever changes the room meanwhile calls `changed` again."""
        await self._database.execute("UPDATE middle_room SET told=true WHERE room_id=$1 AND joined", room)
        await self._database.execute("DELETE FROM middle_room WHERE room_id=$1 AND NOT joined", room)
