"""Encrypts what the bridge writes, for those who are in the room now."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from mautrix.crypto import OutboundGroupSession
from mautrix.errors import MatrixError
from mautrix.types import RoomID

from bridge.matrix.direct import DirectRooms
from bridge.matrix.events import ENCRYPTED, MEGOLM
from bridge.matrix.machine import Machine
from bridge.matrix.rooms import Rooms
from bridge.ports import MAX_CONTENT_BYTES, NOT_ENCRYPTED, AudienceChanged, Permanent, Retriable, Sealed
from contract.ids import MatrixId, RoomId

log = logging.getLogger(__name__)

#: How often sharing starts anew because somebody came or left while it ran, before the caller is asked to wait.
_ATTEMPTS = 5
#: Seconds that what we know of devices may be old when something is encrypted for them.
_FRESH = 1.0


class Sealer:
    """Makes `Sealed` events."""

    def __init__(
        self, machine: Machine, rooms: Rooms, direct: DirectRooms, fresh: Callable[[float], Awaitable[None]]
    ) -> None:
        """`fresh` makes sure that what we know of devices is not older than so many seconds."""
        self._machine = machine
        self._fresh = fresh
        self._keys = machine.crypto_store
        self._rooms = rooms
        self._direct = direct
        self._locks: defaultdict[RoomId, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def seal(
        self, room: RoomId, event_type: str, content: Mapping[str, Any], only_for: frozenset[MatrixId] | None = None
    ) -> Sealed:
        """As `RoomSide.seal`."""
        payload = json.dumps({"type": event_type, "content": content, "room_id": room}, separators=(",", ":"))
        if len(payload) > MAX_CONTENT_BYTES:
            raise Permanent("M_TOO_LARGE", f"{len(payload)} bytes")
        await self._fresh(_FRESH)
        async with self._locks[room]:
            session = await self._session(room, only_for)
            await self._keys.reserve(session)
            ciphertext: str = session.encrypt(payload)  # type: ignore[no-untyped-call]  # mautrix's
        sealed: dict[str, Any] = {
            "algorithm": MEGOLM,
            "ciphertext": ciphertext,
            "session_id": session.id,
            # Both are deprecated since Matrix 1.3, and older clients still want them.
            "sender_key": self._machine.account.identity_key if self._machine.account else None,
            "device_id": self._machine.client.device_id,
        }
        if "m.relates_to" in content:
            sealed["m.relates_to"] = content["m.relates_to"]
        return Sealed(room, ENCRYPTED, sealed)

    async def _session(self, room: RoomId, only_for: frozenset[MatrixId] | None) -> OutboundGroupSession:
        """The room's session, which everyone has who is in it and nobody else."""
        for _ in range(_ATTEMPTS):
            members = await self._rooms.members(room)
            if self._rooms.me not in members:
                raise Permanent("M_FORBIDDEN", "the bridge is not in the room")
            if only_for is not None and members != only_for:
                raise AudienceChanged
            if not await self._rooms.is_encrypted(room):
                raise Permanent(NOT_ENCRYPTED, "nothing is written in a room that is not encrypted")
            session = await self._keys.get_outbound_group_session(RoomID(room))
            if session is not None and session.shared and not session.expired:
                return session
            other = self._direct.other(room)
            try:
                session = await self._machine.share(RoomID(room), members | ({other} if other else frozenset()))
            except MatrixError as error:
                raise Retriable(f"the keys of {room} could not be shared: {type(error).__name__}") from error
            if session is not None:
                return session
        raise Retriable(f"the members of {room} keep changing")
