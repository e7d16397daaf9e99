"""Encrypted direct chats: one with each person, remembered here and in `m.direct`, where every client looks."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from mautrix.util.async_db import Database

from bridge.matrix.events import ENCRYPTION, MEGOLM, MEMBER
from bridge.matrix.homeserver import Homeserver, path
from bridge.matrix.rooms import GONE, Rooms
from bridge.ports import Permanent
from contract.ids import MatrixId, RoomId, room_id

log = logging.getLogger(__name__)

_DIRECT = "m.direct"


class DirectRooms:
    """Finds or makes the chat with somebody."""

    def __init__(self, homeserver: Homeserver, database: Database, rooms: Rooms) -> None:
        self._homeserver = homeserver
        self._database = database
        self._rooms = rooms
        self._users: dict[RoomId, MatrixId] = {}
        self._lock = asyncio.Lock()

    async def load(self) -> None:
        """Read what is remembered."""
        rows = await self._database.fetch("SELECT user_id, room_id FROM parvis_direct_room")
        self._users = {RoomId(row["room_id"]): MatrixId(row["user_id"]) for row in rows}

    def other(self, room: RoomId) -> MatrixId | None:
        """With whom `room` is the direct chat. They get our keys from their invitation on."""
        return self._users.get(room)

    async def with_(self, user: MatrixId) -> RoomId:
        """The chat with `user`, to which they are at least invited. Raises `RoomError`."""
        async with self._lock:
            room = next((room for room, other in self._users.items() if other == user), None)
            if room is not None:
                membership = await self._membership(room, user)
                if membership in ("join", "invite"):
                    return room
                if membership is not None or self._rooms.me not in await self._rooms.members(room):
                    room = None  # they have left it, or we have
            if room is None:
                room = await self._create()
                await self.remember(user, room)
            await self._tell_clients(user, room)
            await self._invite(room, user)
            return room

    async def remember(self, user: MatrixId, room: RoomId) -> None:
        """`room` is the direct chat with `user` from now on."""
        await self._database.execute(
            "INSERT INTO parvis_direct_room (user_id, room_id) VALUES ($1, $2)"
            " ON CONFLICT (user_id) DO UPDATE SET room_id=excluded.room_id",
            user,
            room,
        )
        self._users = {known: other for known, other in self._users.items() if other != user} | {room: user}

    async def adopt(self, user: MatrixId, room: RoomId) -> None:
        """They made a direct chat with us; it is the one from now on, if we have accepted and there was none."""
        if user in self._users.values() or self._rooms.me not in await self._rooms.members(room):
            return
        if await self._rooms.is_encrypted(room):
            await self.remember(user, room)

    async def _membership(self, room: RoomId, user: MatrixId) -> str | None:
        """Their membership; None where they never had one or we cannot see it."""
        try:
            content = await self._homeserver.request("GET", path("rooms", room, "state", MEMBER, user))
        except Permanent as error:
            if error.code in GONE:
                return None
            raise
        return str(content.get("membership"))

    async def _create(self) -> RoomId:
        """An empty room. Whom it is for is invited once it is remembered: a crash in between invites nobody twice."""
        answer = await self._homeserver.request(
            "POST",
            path("createRoom"),
            {
                "preset": "private_chat",
                "visibility": "private",
                "is_direct": True,
                "initial_state": [{"type": ENCRYPTION, "state_key": "", "content": {"algorithm": MEGOLM}}],
            },
        )
        room = room_id(str(answer.get("room_id")))
        await self._rooms.refresh(room)
        return room

    async def _invite(self, room: RoomId, user: MatrixId) -> None:
        """As a state event, which can say that the chat is a direct one."""
        content = {"membership": "invite", "is_direct": True}
        await self._homeserver.request("PUT", path("rooms", room, "state", MEMBER, user), content)

    async def _tell_clients(self, user: MatrixId, room: RoomId) -> None:
        where = path("user", self._homeserver.user_id, "account_data", _DIRECT)
        try:
            current: dict[str, Any] = await self._homeserver.request("GET", where)
        except Permanent as error:
            if error.code != "M_NOT_FOUND":
                raise
            current = {}
        await self._homeserver.request("PUT", where, {**current, user: [room]})
