"""Opens what others encrypted, and says how far it is theirs.

A Megolm session says nothing of who has it: everyone in the room does. What binds a message to its sender is that the
session was given to us, over Olm, by a device that the sender's server lists and that signed its own keys.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import Any

from mautrix.crypto import InboundGroupSession
from mautrix.types import DeviceIdentity, EventID, RoomID, SessionID, TrustState, UserID

from bridge.matrix.events import MEGOLM, Written, relates_to
from bridge.matrix.machine import Machine
from bridge.olm.errors import OlmGroupSessionError
from bridge.ports import RoomError, Trust
from contract.ids import MatrixId

log = logging.getLogger(__name__)

_MAX_SESSION_ID = 255


class KeyMissing(Exception):
    """The key of this session has not come (yet)."""

    def __init__(self, session_id: str) -> None:
        super().__init__(session_id)
        self.session_id = session_id


class Unopenable(Exception):
    """It will never be readable: malformed, changed on its way, replayed, or of another room. The text says which."""


@dataclass(frozen=True)
class Opened:
    """What was inside."""

    type: str
    content: dict[str, Any]
    trust: Trust


class Opener:
    """Opens encrypted messages."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._keys = machine.crypto_store
        #: Users whose device list was read to look for a session's device, and the session: not read again for it.
        self._searched: dict[tuple[MatrixId, str], None] = {}

    async def open(self, event: Written) -> Opened:
        """Raises `KeyMissing` or `Unopenable`."""
        session_id, ciphertext = _parts(event)
        session = await self._keys.get_group_session(RoomID(event.room), SessionID(session_id))
        if session is None:
            raise KeyMissing(session_id)
        try:
            plaintext, index = session.decrypt(ciphertext)
        except OlmGroupSessionError as error:
            raise Unopenable(str(error)) from error
        if not await self._keys.validate_message_index(
            session.sender_key, SessionID(session_id), EventID(event.event_id), index, event.origin_ts
        ):
            raise Unopenable("replayed: this message of the session came under another event before")
        type_, content = _payload(event, plaintext)
        return Opened(type_, content, await self._trust(event.sender, session))

    async def _trust(self, sender: MatrixId, session: InboundGroupSession) -> Trust:
        if session.forwarding_chain not in ([], [session.sender_key]):
            return Trust.UNKNOWN_DEVICE
        devices = await self._devices_with_key(sender, session)
        if devices is None:
            return Trust.UNKNOWN_DEVICE
        for device in devices:
            if device.signing_key == session.signing_key and not device.deleted:
                return _trust_of(await self._machine.resolve_trust(device))
        log.warning("session %s in %s is of no device of %s: forged", session.id, session.room_id, sender)
        return Trust.FORGED

    async def _devices_with_key(self, sender: MatrixId, session: InboundGroupSession) -> list[DeviceIdentity] | None:
        """The sender's devices that have the session's key: one or none; None where their server does not say."""
        user = UserID(sender)
        current = user not in await self._keys.outdated_users()
        known = await self._keys.find_device_by_key(user, session.sender_key) if current else None
        if known is not None:
            return [known]
        if current and (sender, session.sender_key) in self._searched:
            return []
        try:
            listed = (await self._machine.read_devices([sender])).get(user)
        except RoomError:
            listed = None
        if listed is None:
            return None
        await self._keys.mark_current([user])
        self._remember(sender, session.sender_key)
        return [device for device in listed.values() if device.identity_key == session.sender_key]

    def _remember(self, sender: MatrixId, key: str) -> None:
        """A new device of the sender comes with a change of their device list, which makes them outdated."""
        self._searched[sender, key] = None
        while len(self._searched) > 10_000:
            del self._searched[next(iter(self._searched))]


def _parts(event: Written) -> tuple[str, str]:
    content = event.content
    session_id, ciphertext = content.get("session_id"), content.get("ciphertext")
    if content.get("algorithm") != MEGOLM:
        raise Unopenable("encrypted in a way that is not Megolm")
    if not isinstance(session_id, str) or not session_id.isascii() or not 0 < len(session_id) <= _MAX_SESSION_ID:
        raise Unopenable("no session")
    if not isinstance(ciphertext, str):
        raise Unopenable("no ciphertext")
    return session_id, ciphertext


def _payload(event: Written, plaintext: str) -> tuple[str, dict[str, Any]]:
    try:
        payload = json.loads(plaintext)
    except (ValueError, RecursionError) as error:
        raise Unopenable("no JSON inside") from error
    if not isinstance(payload, dict):
        raise Unopenable("no object inside")
    type_, content = payload.get("type"), payload.get("content")
    if payload.get("room_id") != event.room:
        raise Unopenable("written for another room")
    if not isinstance(type_, str) or not isinstance(content, dict):
        raise Unopenable("no event inside")
    if "m.relates_to" not in content and relates_to(event.content):
        content["m.relates_to"] = dict(relates_to(event.content))
    return type_, content


def _trust_of(state: TrustState) -> Trust:
    if state == TrustState.BLACKLISTED:
        return Trust.FORGED
    return Trust.CROSS_SIGNED if state >= TrustState.CROSS_SIGNED_TOFU else Trust.KNOWN_DEVICE
