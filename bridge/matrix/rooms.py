"""The bridge's own view of its rooms: who is joined, what is encrypted.

An event says that a room's members changed; the homeserver says who they are. (Events that were kept while we were down
tell old joins before newer leaves; to believe them, even for a moment, would give keys to people who have left.)
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from typing import Any

from mautrix.crypto.store import PgCryptoStateStore
from mautrix.types import Member, Membership, RoomID, UserID

from bridge.matrix import events
from bridge.matrix.homeserver import Homeserver, path
from bridge.matrix.keystore import KeyStore
from bridge.ports import Permanent, Retriable
from contract.ids import MatrixId, RoomId

log = logging.getLogger(__name__)

#: How the homeserver says that we are not in a room, or that there is none.
GONE = frozenset({"M_FORBIDDEN", "M_NOT_FOUND"})


class Rooms:
    """Members and encryption, in memory and in mautrix's state store."""

    def __init__(self, homeserver: Homeserver, state: PgCryptoStateStore, keys: KeyStore) -> None:
        self._homeserver = homeserver
        self._state = state
        self._keys = keys
        self.me = homeserver.user_id
        self._members: dict[RoomId, frozenset[MatrixId]] = {}
        self._encrypted: set[RoomId] = set()
        self._changes: Counter[RoomId] = Counter()
        self._locks: defaultdict[RoomId, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def apply(self, event: events.Event) -> None:
        """What `event` means for us, in the transaction that stores it. After a join or leave the session is new."""
        room = RoomID(event.room)
        match event:
            case events.MemberChanged(user=user, membership=membership):
                self._expire(event.room)
                await self._state.set_membership(room, UserID(user), Membership(membership))
                if membership != "invite":
                    await self._keys.remove_outbound_group_session(room)
            case events.Left():
                self._expire(event.room)
                await self._state.set_membership(room, UserID(self.me), Membership.LEAVE)
                await self._keys.remove_outbound_group_session(room)
            case events.EncryptionSet(content=content):
                await self._set_encryption(event.room, content)
            case _:
                pass

    def _expire(self, room: RoomId) -> None:
        self._changes[room] += 1
        self._members.pop(room, None)

    async def joined(self) -> frozenset[RoomId]:
        """The rooms that the bridge is in. Raises `RoomError`."""
        answer = await self._homeserver.request("GET", path("joined_rooms"))
        listed = answer.get("joined_rooms")
        if not isinstance(listed, list):
            raise Retriable("joined_rooms: no rooms are listed")
        return frozenset(RoomId(room) for room in listed)

    async def known(self) -> frozenset[RoomId]:
        """The rooms that the bridge was in when it last looked."""
        rows = await self._state.db.fetch(
            "SELECT room_id FROM mx_user_profile WHERE user_id=$1 AND membership='join'", self.me
        )
        return frozenset(RoomId(row["room_id"]) for row in rows)

    async def members(self, room: RoomId) -> frozenset[MatrixId]:
        """Who is joined; nobody where the bridge is not. Raises `RoomError` where that must be asked and cannot."""
        members = self._members.get(room)
        if members is None:
            async with self._locks[room]:
                members = self._members.get(room)
                if members is None:
                    members = await self._read_members(room)
        return members

    async def refresh(self, room: RoomId) -> bool:
        """Ask the homeserver for members and encryption. Gives whether the members are others. Raises `RoomError`."""
        async with self._locks[room]:
            before = await self._stored_members(room)
            members = await self._read_members(room)
            if members and room not in self._encrypted:
                await self._read_encryption(room)
        return before != members

    async def display_name(self, room: RoomId, user: MatrixId) -> str:
        """What `user` is called in the room; empty where nobody says. Raises `RoomError`."""
        try:
            content = await self._homeserver.request("GET", path("rooms", room, "state", "m.room.member", user))
        except Permanent as error:
            if error.code not in GONE:
                raise
            return ""
        name = content.get("displayname")
        return name.encode("utf-8", "replace").decode() if isinstance(name, str) else ""

    async def is_encrypted(self, room: RoomId) -> bool:
        """Whether the room is encrypted with Megolm, as far as we were told."""
        if room not in self._encrypted:
            info = await self._state.get_encryption_info(RoomID(room))
            if info is None or str(info.algorithm.value) != events.MEGOLM:
                return False
            self._encrypted.add(room)
        return True

    async def _read_members(self, room: RoomId) -> frozenset[MatrixId]:
        changes = self._changes[room]
        members = await self._ask_members(room)
        if members != await self._stored_members(room):
            await self._keys.remove_outbound_group_session(RoomID(room))
            await self._state.set_members(
                RoomID(room),
                {UserID(user): Member(membership=Membership.JOIN) for user in members},
                only_membership=Membership.JOIN,
            )
        if self._changes[room] == changes:
            self._members[room] = members  # else somebody came or left meanwhile: asked again the next time
        return members

    async def _ask_members(self, room: RoomId) -> frozenset[MatrixId]:
        try:
            answer = await self._homeserver.request("GET", path("rooms", room, "joined_members"))
        except Permanent as error:
            if error.code not in GONE:
                raise
            # Much follows from it: what waits to be said in the room is given up. So it is asked twice.
            if room in await self.joined():
                raise Retriable(f"we are in {room}, and may not see its members") from error
            return frozenset()
        listed = answer.get("joined")
        if not isinstance(listed, dict):
            raise Retriable(f"joined_members of {room}: nobody is listed")
        return frozenset(MatrixId(user) for user in listed)

    async def _stored_members(self, room: RoomId) -> frozenset[MatrixId]:
        stored = await self._state.get_members(RoomID(room), (Membership.JOIN,))
        return frozenset(MatrixId(user) for user in stored)

    async def _read_encryption(self, room: RoomId) -> None:
        try:
            content = await self._homeserver.request("GET", path("rooms", room, "state", events.ENCRYPTION))
        except Permanent as error:
            if error.code not in GONE:
                raise
            return
        await self._set_encryption(room, content)

    async def _set_encryption(self, room: RoomId, content: dict[str, Any]) -> None:
        """Encryption is never taken back, whatever a later event says (an attack on everybody's clients)."""
        if content.get("algorithm") != events.MEGOLM:
            log.warning("%s is encrypted in a way that is not Megolm: ignored", room)
            return
        limits = {name: content.get(name) for name in ("rotation_period_ms", "rotation_period_msgs")}
        usable = {name: value for name, value in limits.items() if isinstance(value, int) and value > 0}
        await self._state.set_encryption_info(RoomID(room), {"algorithm": events.MEGOLM, **usable})
        self._encrypted.add(room)
