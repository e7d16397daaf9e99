"""The rooms that the bridge is in: their language, and whether the workspace knows who is in them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from mautrix.util.async_db import Database

from contract.events import EventType
from contract.ids import RoomId
from contract.options import RoomOptions

_DEFAULT = RoomOptions()


@dataclass(frozen=True)
class Standing:
    """How a room stands: whether the bridge is in it, the number of its last change, and the number of the change that
    ended a stay of the bridge, if the workspace does not know of that yet.
    """

    joined: bool
    change: int
    ended: int | None


class RoomTable:
    """One row a room. Languages and options are asked for at each message, and kept in memory."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._languages: dict[RoomId, str | None] = {}
        self._options: dict[RoomId, RoomOptions] = {}

    async def load(self) -> None:
        """Read the languages and options."""
        rows = await self._database.fetch("SELECT room_id, language, options FROM middle_room")
        self._languages = {RoomId(row["room_id"]): row["language"] for row in rows}
        chosen = {RoomId(row["room_id"]): RoomOptions.from_json(json.loads(row["options"] or "{}")) for row in rows}
        self._options = {room: options for room, options in chosen.items() if options != _DEFAULT}

    def language(self, room: RoomId) -> str | None:
        """What `room` chose to read, None where it chose nothing."""
        return self._languages.get(room)

    def options(self, room: RoomId) -> RoomOptions:
        """What `room` chose, as far as the workspace told us."""
        return self._options.get(room, _DEFAULT)

    def wants(self, room: RoomId, type_: EventType) -> bool:
        """Whether `room` chose to hear of events of that type."""
        return self.options(room).wants(type_)

    async def set_chosen(self, room: RoomId, language: str | None, options: RoomOptions) -> None:
        """`room` reads this from now on, and chose that."""
        if self._languages.get(room) == language and self.options(room) == options:
            return
        query = "UPDATE middle_room SET language=$2, options=$3 WHERE room_id=$1"
        await self._database.execute(query, room, language, json.dumps(options.to_json()))
        self._languages[room] = language
        self._options[room] = options

    async def changed(self, room: RoomId) -> None:
        """The bridge is in `room`, and the workspace must be told who else is."""
        await self._database.execute(
            "INSERT INTO middle_room (room_id, joined, told, changes) VALUES ($1, true, false, 1)"
            " ON CONFLICT (room_id) DO UPDATE SET joined=true, told=false, changes=middle_room.changes+1",
            room,
        )

    async def left(self, room: RoomId, unless_since: int | None = None) -> bool:
        """The bridge is not in `room`, which the workspace must be told. With the number of a change: unless it has
        changed since; gives whether it has not.
        """
        row = await self._database.fetchval(
            "INSERT INTO middle_room (room_id, joined, told, changes, ended) VALUES ($1, false, false, 1, 1)"
            " ON CONFLICT (room_id) DO UPDATE"
            " SET joined=false, told=false, changes=middle_room.changes+1, ended=middle_room.changes+1"
            " WHERE $2<0 OR middle_room.changes=$2 RETURNING room_id",
            room,
            -1 if unless_since is None else unless_since,
        )
        return row is not None

    async def standing(self, room: RoomId) -> Standing | None:
        """How `room` stands; None where there is nothing to tell of it."""
        row = await self._database.fetchrow("SELECT joined, changes, ended FROM middle_room WHERE room_id=$1", room)
        return Standing(bool(row["joined"]), row["changes"], row["ended"]) if row else None

    async def untold(self) -> list[RoomId]:
        """The rooms of which the workspace must be told."""
        rows = await self._database.fetch("SELECT room_id FROM middle_room WHERE NOT told ORDER BY room_id")
        return [RoomId(row["room_id"]) for row in rows]

    async def known(self) -> dict[RoomId, int]:
        """Every room that is known here, with the number of its last change."""
        rows = await self._database.fetch("SELECT room_id, changes FROM middle_room")
        return {RoomId(row["room_id"]): row["changes"] for row in rows}

    async def told(self, room: RoomId, standing: Standing) -> None:
        """The workspace knows who is in `room`. What has changed since `standing` it does not know."""
        await self._database.execute(
            "UPDATE middle_room SET told=true WHERE room_id=$1 AND joined AND changes=$2", room, standing.change
        )

    async def forgotten(self, room: RoomId, standing: Standing) -> None:
        """The workspace knows that the stay is over that had ended by `standing`."""
        await self._database.execute(
            "UPDATE middle_room SET ended=NULL WHERE room_id=$1 AND ended=$2", room, standing.ended
        )
        await self._database.execute("DELETE FROM middle_room WHERE room_id=$1 AND NOT joined AND ended IS NULL", room)
        if not standing.joined:
            self._languages.pop(room, None)
            self._options.pop(room, None)
