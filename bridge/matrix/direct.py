"""Encrypted direct chats: one with each person, remembered here and in `m.direct`, where every client looks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from mautrix.util.async_db import Database

from bridge.matrix.events import ENCRYPTION, MEGOLM, MEMBER
from bridge.matrix.homeserver import Homeserver, path
from bridge.matrix.rooms import GONE, Rooms
from bridge.ports import Permanent, Retriable
from contract.ids import MatrixId, RoomId, room_id

log = logging.getLogger(__name__)

_DIRECT = "m.direct"
#: Memberships of who can read what is said, or will be able to.
_PRESENT = frozenset({"join", "invite"})


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
        """The chat with `user`, to which they are at least invited, and nobody else. Raises `RoomError`."""
        async with self._lock:
            room = self._known(user)
            if room is not None:
                there = await self._memberships(room)
                if not self._is_between(there, user) or there.get(user) in ("leave", "ban"):
                    room = None  # they have left it, we have, or somebody else is there
                elif user in there:
                    return room
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
        """They made a direct chat with us; it is the one from now on, if we have accepted, nobody else is there, and
        there was none that still is one.
        """
        async with self._lock:
            known = self._known(user)
            if known is not None and await self._is_chat(known, user):
                return
            if await self._is_chat(room, user) and await self._rooms.is_encrypted(room):
                await self.remember(user, room)

    def _known(self, user: MatrixId) -> RoomId | None:
        return next((room for room, other in self._users.items() if other == user), None)

    async def _is_chat(self, room: RoomId, user: MatrixId) -> bool:
        there = await self._memberships(room)
        return self._is_between(there, user) and there.get(user) in _PRESENT

    def _is_between(self, there: Mapping[MatrixId, str], user: MatrixId) -> bool:
        """Whether we are there, and nobody else than `user` is or is about to be: what is said is for them alone."""
        present = {who for who, membership in there.items() if membership in _PRESENT}
        return there.get(self._rooms.me) == "join" and present <= {self._rooms.me, user}

    async def _memberships(self, room: RoomId) -> dict[MatrixId, str]:
        """Of everybody who ever had one, as the homeserver says; of nobody where we cannot see it."""
        try:
            answer = await self._homeserver.request("GET", path("rooms", room, "members"))
        except Permanent as error:
            if error.code in GONE:
                return {}
            raise
        chunk = answer.get("chunk")
        if not isinstance(chunk, list):
            raise Retriable(f"members of {room}: nobody is listed")
        return {MatrixId(str(event["state_key"])): str(event["content"].get("membership")) for event in chunk}

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
