"""mautrix's Olm machine for the bridge's one device, where hostile devices and servers break nothing for others.

It differs from mautrix's in this: what a remote server says of one user cannot spoil the answer for the rest; nothing
waits for the network while a transaction is open; a key that others forward is taken only where it was asked for, from
the device that owns it; and what follows from a batch of to-device messages is collected for `bridge.matrix.pump`.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from mautrix.api import Method, Path
from mautrix.client import Client
from mautrix.crypto import OlmMachine, OutboundGroupSession
from mautrix.crypto.encrypt_megolm import DeviceMap
from mautrix.crypto.store import PgCryptoStateStore
from mautrix.types import (
    CrossSigningKeys,
    DecryptedOlmEvent,
    DeviceID,
    DeviceIdentity,
    DeviceKeys,
    EventType,
    ForwardedRoomKeyEventContent,
    IdentityKey,
    QueryKeysResponse,
    RoomID,
    RoomKeyEventContent,
    SessionID,
    SyncToken,
    ToDeviceEventContent,
    TrustState,
    UserID,
)

from bridge.database import transaction
from bridge.matrix.config import KeyPolicy
from bridge.matrix.homeserver import Homeserver, MautrixApi
from bridge.matrix.keystore import KeyStore
from contract.ids import MatrixId

log = logging.getLogger(__name__)

#: How long a session lives that could not be given to somebody, because their server did not list their devices.
INCOMPLETE_AGE = timedelta(minutes=5)


class _Client(Client):
    """mautrix's client, which does not let one malformed device spoil the answer for everybody."""

    async def query_keys(
        self,
        device_keys: list[UserID] | set[UserID] | dict[UserID, list[DeviceID]],
        token: SyncToken = SyncToken(""),  # noqa: B008 - a string
        timeout: int = 10_000,  # noqa: ASYNC109 - milliseconds that the server may wait for other servers
    ) -> QueryKeysResponse:
        asked = device_keys if isinstance(device_keys, dict) else {user: [] for user in device_keys}
        answer = await self.api.request(Method.POST, Path.v3.keys.query, {"timeout": timeout, "device_keys": asked})
        kept: Any = well_formed(answer, asked.keys())
        return QueryKeysResponse.deserialize(kept)


def well_formed(answer: dict[str, Any], asked: Iterable[str]) -> dict[str, Any]:
    """The part of an answer to a query of keys that is about users who were asked for, and can be parsed."""
    users = set(asked)
    kept: dict[str, Any] = {
        "failures": _object(answer, "failures"),
        "device_keys": {
            user: {name: device for name, device in devices.items() if _parses(DeviceKeys, device, user)}
            for user, devices in _object(answer, "device_keys").items()
            if user in users and isinstance(devices, dict)
        },
    }
    for usage in ("master_keys", "self_signing_keys", "user_signing_keys"):
        kept[usage] = {
            user: key
            for user, key in _object(answer, usage).items()
            if user in users and _parses(CrossSigningKeys, key, user)
        }
    return kept


def _object(answer: dict[str, Any], key: str) -> dict[str, Any]:
    value = answer.get(key)
    return value if isinstance(value, dict) else {}


def _parses(kind: type[DeviceKeys] | type[CrossSigningKeys], value: Any, user: str) -> bool:
    try:
        parsed = kind.deserialize(value)
        usable = bool(parsed.signatures) and (kind is DeviceKeys or bool(getattr(parsed, "first_ed25519_key", None)))
    except Exception:  # noqa: BLE001 - mautrix raises whatever the malformed value leads it to
        usable = False
    if not usable:
        log.warning("a key of %s is malformed: left out", user)
    return usable


class Machine(OlmMachine):
    """Encrypts and decrypts for the bridge."""

    client: Client
    crypto_store: KeyStore
    state_store: PgCryptoStateStore

    def __init__(self, homeserver: Homeserver, keys: KeyStore, state: PgCryptoStateStore, policy: KeyPolicy) -> None:
        client = _Client(mxid=UserID(homeserver.user_id), api=MautrixApi(homeserver), state_store=state)
        super().__init__(client, keys, state)
        self.send_keys_min_trust = {
            KeyPolicy.ALL_DEVICES: TrustState.UNVERIFIED,
            KeyPolicy.CROSS_SIGNED: TrustState.CROSS_SIGNED_TOFU,
        }[policy]
        #: What the last batch of to-device messages led to; `take_received` and `take_wedged` empty them.
        self._received: set[str] = set()
        self._wedged: set[tuple[UserID, IdentityKey]] = set()
        #: Sessions that were asked for: set by the pump from what waits in the database.
        self.asked: set[str] = set()

    def take_received(self) -> set[str]:
        """The ids of the sessions that were given to us since the last call."""
        received, self._received = self._received, set()
        return received

    async def mend(self) -> None:
        """Open new sessions with the devices whose last messages could not be decrypted (at most hourly for each)."""
        wedged, self._wedged = self._wedged, set()
        for user, key in wedged:
            await super()._unwedge_session(user, key)

    # --- what mautrix calls while a transaction is open

    def _mark_session_received(self, session_id: SessionID) -> None:
        super()._mark_session_received(session_id)
        self._received.add(session_id)

    async def _unwedge_session(self, sender: UserID, sender_key: IdentityKey) -> None:
        """Only noted: mautrix runs this in a task that has inherited the open transaction."""
        self._wedged.add((sender, sender_key))

    async def _fill_encryption_info(self, evt: RoomKeyEventContent) -> None:
        """Not needed: mautrix asks the homeserver here for when other people's sessions end."""

    async def _receive_forwarded_room_key(self, evt: DecryptedOlmEvent) -> None:
        content = evt.content
        if not isinstance(content, ForwardedRoomKeyEventContent):
            return
        owner = content.sender_key == evt.sender_key and content.signing_key == evt.keys.ed25519
        if content.session_id not in self.asked or not owner or content.forwarding_key_chain:
            log.warning("%s forwarded a key that was not asked of them: dropped", evt.sender)
            return
        await super()._receive_forwarded_room_key(evt)

    # --- devices

    async def _process_fetched_keys(
        self, user_id: UserID, devices: dict[DeviceID, DeviceKeys], resp: QueryKeysResponse
    ) -> dict[DeviceID, DeviceIdentity]:
        try:
            return await super()._process_fetched_keys(user_id, devices, resp)
        except (LookupError, TypeError, ValueError, AttributeError):
            # Their server can say what it likes; what was understood before the error is kept.
            log.warning("the keys of %s make no sense: some were left out", user_id)
            return await self.crypto_store.get_devices(user_id) or {}

    async def read_devices(self, users: Iterable[MatrixId]) -> dict[UserID, dict[DeviceID, DeviceIdentity]]:
        """The devices of `users` as their servers list them now; users whose server did not answer are missing."""
        async with self._fetch_keys_lock:
            return await self._fetch_keys([UserID(user) for user in users], include_untracked=True)

    # --- giving our keys

    async def share(self, room: RoomID, users: Iterable[MatrixId]) -> OutboundGroupSession | None:
        """A new session of `room`, given to the devices of `users` that the policy admits.

        None where a membership or a device changed meanwhile: it is not used, for somebody has it who should not.
        Raises `RoomError`, or mautrix's `SessionShareError` where the room's encryption is none that we can do.
        """
        listed, unlisted = await self._listed([UserID(user) for user in users])
        await self.crypto_store.remove_outbound_group_session(room)
        changes = self.crypto_store.changes(room)
        await self.share_group_session(room, listed)
        session = await self.crypto_store.get_outbound_group_session(room)
        if session is None or self.crypto_store.changes(room) != changes:
            await self.crypto_store.remove_outbound_group_session(room)
            return None
        if unlisted:
            log.warning("session %s of %s has not reached %d member(s), soon again", session.id, room, len(unlisted))
            session.max_age = INCOMPLETE_AGE
            await self.crypto_store.add_outbound_group_session(session)
        return session

    async def _listed(self, users: list[UserID]) -> tuple[list[UserID], list[UserID]]:
        """`users` whose devices are known, read now if need be, and those whose server does not list them."""
        known = set(await self.crypto_store.filter_tracked_users(users)) if users else set()
        if known != set(users):
            known |= (await self.read_devices(MatrixId(user) for user in users if user not in known)).keys()
        return [user for user in users if user in known], [user for user in users if user not in known]

    async def _encrypt_and_share_group_session(self, session: OutboundGroupSession, olm_sessions: DeviceMap) -> None:
        """As mautrix's, with one write for all devices instead of one for each."""
        messages: dict[UserID, dict[DeviceID, ToDeviceEventContent]] = defaultdict(dict)
        async with transaction(self.crypto_store.db):
            for user, devices in olm_sessions.items():
                for device_id, (olm_session, device) in devices.items():
                    messages[user][device_id] = await self._encrypt_olm_event(
                        olm_session, device, EventType.ROOM_KEY, session.share_content
                    )
        await self.client.send_to_device(EventType.TO_DEVICE_ENCRYPTED, messages)
