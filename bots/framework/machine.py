"""matrix-nio's Olm machine and its store, behind the few things that we ask of it.

nio's own clients are not used: one malformed event or key from a hostile server makes them raise for ever, they take
their place in the sync before they have handled it, share a room's key only with the devices they happen to know, and
never notice that the one-time keys have run out. The machine itself (vodozemac, its sessions and their storage) is
sound; everything that reaches it from here was parsed and checked before.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nio.crypto import Olm
from nio.events import EncryptedToDeviceEvent, RoomKeyEvent, ToDeviceEvent
from nio.responses import KeysClaimResponse, KeysQueryResponse, KeysUploadResponse
from nio.store import SqliteStore

from bots.framework.devices import Device, UserKeys
from bots.framework.errors import Undecryptable
from bots.framework.files import private_dir
from bots.framework.rooms import MEGOLM
from bots.framework.trust import SessionOrigin

logger = logging.getLogger(__name__)

#: One-time keys that the homeserver should hold for us; below half of it we upload more.
ONE_TIME_KEYS = 50


@dataclass(frozen=True)
class Decrypted:
    """What an encrypted event holds, which session encrypted it and as its how-manieth message."""

    type: str
    content: Mapping[str, Any]
    origin: SessionOrigin
    session_id: str
    index: int


@dataclass(frozen=True)
class Sealed:
    """The encrypted content of a Megolm event, parsed."""

    sender_key: str
    session_id: str
    device_id: str
    ciphertext: str

    @classmethod
    def parse(cls, content: object) -> Sealed:
        """Raises `Undecryptable` for what is no Megolm content."""
        if not isinstance(content, dict) or content.get("algorithm") != MEGOLM:
            raise Undecryptable("encrypted by an algorithm that we do not speak", waits=False)
        fields = [content.get(name) for name in ("sender_key", "session_id", "device_id", "ciphertext")]
        if not all(isinstance(field, str) for field in fields):
            raise Undecryptable("malformed encrypted content", waits=False)
        return cls(*(str(field) for field in fields))


class Machine:
    """The Olm account and sessions of one device, stored in `directory` under `pickle_key`."""

    def __init__(self, user_id: str, device_id: str, directory: Path, pickle_key: str) -> None:
        private_dir(directory)
        store = SqliteStore(user_id, device_id, str(directory), pickle_key, "olm.db")
        (directory / "olm.db").chmod(0o600)
        self._olm = Olm(user_id, device_id, store)
        self.user_id = user_id
        self.device_id = device_id

    def close(self) -> None:
        """Close the store."""
        self._olm.store.database.close()

    @property
    def curve25519(self) -> str:
        """Our identity key."""
        return str(self._olm.account.identity_keys["curve25519"])

    @property
    def ed25519(self) -> str:
        """Our signing key."""
        return str(self._olm.account.identity_keys["ed25519"])

    def sign(self, message: bytes) -> str:
        """The signature of our device."""
        return str(self._olm.account.sign(message.decode()))

    # -- our own keys on the homeserver

    def device_keys_upload(self) -> dict[str, Any]:
        """A body for `/keys/upload` with our device keys and first one-time keys, kept before it is sent."""
        self._olm.account.shared = False
        body: dict[str, Any] = self._olm.share_keys()
        self._olm.save_account()
        return body

    def one_time_keys_upload(self, on_server: int) -> dict[str, Any] | None:
        """A body with more one-time keys, kept before it is sent; None where `on_server` are enough."""
        if on_server > ONE_TIME_KEYS // 2:
            return None
        self._olm.uploaded_key_count = on_server
        body: dict[str, Any] = self._olm.share_keys()
        self._olm.save_account()
        return body

    def fallback_key_upload(self) -> dict[str, Any]:
        """A body with a new fallback key, which serves where the one-time keys have run out."""
        account = self._olm.account._account  # noqa: SLF001 - nio wraps vodozemac's account without its fallback key
        account.generate_fallback_key()
        keys = {}
        for key_id, key in account.fallback_key.items():
            value: dict[str, Any] = {"key": key.to_base64(), "fallback": True}
            signed = {f"ed25519:{self.device_id}": self._olm.sign_json(value)}
            keys[f"signed_curve25519:{key_id}"] = {**value, "signatures": {self.user_id: signed}}
        self._olm.save_account()
        return {"fallback_keys": keys}

    def uploaded(self, one_time_keys: int) -> None:
        """The homeserver has the keys of the last upload, and now `one_time_keys` of them."""
        self._olm.handle_response(KeysUploadResponse(0, one_time_keys))

    # -- other people's devices

    def know(self, users: Sequence[UserKeys]) -> None:
        """Take in the checked devices of these users. One of whom nio makes nothing has no devices for it."""
        answer = {keys.user_id: {id_: dict(device.raw) for id_, device in keys.devices.items()} for keys in users}
        try:
            self._olm.handle_response(KeysQueryResponse(answer, {}))
        except Exception as error:  # noqa: BLE001 - their servers choose these bytes; nio raises many things for them
            if len(users) == 1:
                logger.warning("devices not taken in, user=%s error=%s", users[0].user_id, type(error).__name__)
                return
            for one in users:  # nobody suffers for another
                self.know([one])

    def lacks_session(self, device: Device) -> bool:
        """Whether there is no Olm session with the device."""
        return self._olm.session_store.get(device.curve25519) is None

    def claimed(self, user_id: str, device_id: str, key: Mapping[str, Any]) -> bool:
        """Begin an Olm session by a claimed one-time key (`{"signed_curve25519:…": {…}}`); False if it is no good."""
        answer = KeysClaimResponse({user_id: {device_id: dict(key)}}, {})
        try:
            self._olm.handle_response(answer)
            return self._olm.session_store.get(self._olm.device_store[user_id][device_id].curve25519) is not None
        except Exception:  # noqa: BLE001 - a hostile server chooses these bytes; nio raises many things for them
            logger.warning("claimed key refused, user=%s device=%s", user_id, device_id)
            return False

    def wedged(self) -> dict[str, list[str]]:
        """Devices whose Olm session with us is broken, by user: a new one must be begun."""
        return self._olm.get_users_for_key_claiming() if self._olm.wedged_devices else {}

    # -- what comes in

    def receive_to_device(self, event: Mapping[str, Any]) -> str | None:
        """Take in one to-device event. The id of the Megolm session whose key it brought, None where it was no key."""
        try:
            parsed = ToDeviceEvent.parse_event(dict(event))
            if isinstance(parsed, EncryptedToDeviceEvent):
                taken = self._olm.handle_to_device_event(parsed)
                return str(taken.session_id) if isinstance(taken, RoomKeyEvent) else None
        except Exception as error:  # noqa: BLE001 - anybody sends us these; nio raises many things for malformed ones
            logger.warning("to-device event dropped, sender=%s error=%s", event.get("sender"), type(error).__name__)
        return None

    def outgoing(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """To-device messages that the machine wants sent, as (type, messages); they are forgotten when given."""
        while self._olm.outgoing_to_device_messages:
            message = self._olm.outgoing_to_device_messages.pop(0)
            yield message.type, message.as_dict()

    def decrypt(self, room_id: str, sealed: Sealed) -> Decrypted:
        """Decrypt what was encrypted for `room_id`. Raises `Undecryptable`."""
        sessions = self._olm.inbound_group_store[room_id].get(
            sealed.sender_key, {}
        )  # its own get() keeps what was asked
        session = sessions.get(sealed.session_id)
        if session is None:
            raise Undecryptable("no key for the session", waits=True)
        try:
            plaintext, index = session.decrypt(sealed.ciphertext)
            payload = json.loads(plaintext)
        except (ValueError, RecursionError) as error:  # vodozemac's errors are ValueErrors
            raise Undecryptable(f"not decrypted ({type(error).__name__})", waits=False) from error
        if not isinstance(payload, dict) or payload.get("room_id") != room_id:
            raise Undecryptable("encrypted for another room", waits=False)
        type_, content = payload.get("type"), payload.get("content")
        if not isinstance(type_, str) or not isinstance(content, dict):
            raise Undecryptable("malformed payload", waits=False)
        origin = SessionOrigin(session.sender_key, session.ed25519, bool(session.forwarding_chain))
        return Decrypted(type_, content, origin, sealed.session_id, index)

    # -- what goes out

    def usable(self, room_id: str) -> bool:
        """Whether the room has an outbound session that may still encrypt."""
        session = self._olm.outbound_group_sessions.get(room_id)
        return session is not None and not session.expired

    def renew(self, room_id: str) -> None:
        """Encrypt for the room with a new session from now on, whose key nobody has yet."""
        self._olm.create_outbound_group_session(room_id)
        self._olm.outbound_group_sessions[room_id].mark_as_shared()

    def abandon(self, room_id: str) -> None:
        """Encrypt nothing more with the room's session."""
        self._olm.outbound_group_sessions.pop(room_id, None)

    def room_key(self, room_id: str, devices: Iterable[Device]) -> dict[str, dict[str, Any]]:
        """The room's key for these devices, each with an Olm session: messages for `/sendToDevice/m.room.encrypted`.

        They can read what is encrypted from now on.
        """
        session = self._olm.outbound_group_sessions[room_id]
        content = {
            "algorithm": MEGOLM,
            "room_id": room_id,
            "session_id": session.id,
            "session_key": session.session_key,
        }
        messages: dict[str, dict[str, Any]] = {}
        for device in devices:
            olm = self._olm.session_store.get(device.curve25519)
            sealed = self._olm._olm_encrypt(olm, device, "m.room_key", content)  # noqa: SLF001 - nio's own sharing drops failures
            messages.setdefault(device.user_id, {})[device.device_id] = sealed
        return messages

    def encrypt(self, room_id: str, type_: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """The content of the `m.room.encrypted` event."""
        sealed: dict[str, Any] = self._olm.group_encrypt(room_id, {"type": type_, "content": dict(content)})
        if "m.relates_to" in content:  # servers thread and count by it, so it travels in the clear
            sealed["m.relates_to"] = content["m.relates_to"]
        return sealed
