"""mautrix's Olm machine for the bridge's one device, where hostile devices and servers break nothing for others.

It differs from mautrix's in this: what a remote server says of one user cannot spoil the answer for the rest; nothing
waits for the network while a transaction is open; a key that others forward is taken only where it was asked for, from
the device that owns it; and what follows from a batch of to-device messages is collected for `bridge.matrix.pump`.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from contextvars import ContextVar
from datetime import timedelta
from typing import Any, cast

from mautrix.api import Method, Path
from mautrix.client import Client
from mautrix.crypto import OlmMachine, OutboundGroupSession
from mautrix.crypto.encrypt_megolm import DeviceMap
from mautrix.crypto.store import PgCryptoStateStore
from mautrix.types import (
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

from bridge.database import is_away, transaction
from bridge.matrix import listings
from bridge.matrix.config import KeyPolicy
from bridge.matrix.homeserver import Homeserver, MautrixApi
from bridge.matrix.keystore import KeyStore
from bridge.olm.errors import OlmSessionError
from bridge.ports import RoomError
from contract.ids import MatrixId

log = logging.getLogger(__name__)

#: How long a session lives that could not be given to somebody, because their server did not answer.
INCOMPLETE_AGE = timedelta(minutes=5)
#: Milliseconds that our server may wait for others when one-time keys are claimed.
_CLAIM_WITHIN = 10_000
#: Whom the session that is being shared does not reach, though another may soon: filled while mautrix shares it.
_missed: ContextVar[set[UserID]] = ContextVar("missed")


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
        kept: Any = listings.well_formed(answer, asked.keys())
        return QueryKeysResponse.deserialize(kept)


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
        #: Sessions that were asked for, of those that are waited for.
        self.asked: set[str] = set()

    def take_received(self) -> set[str]:
        """The ids of the sessions that were given to us since the last call."""
        received, self._received = self._received, set()
        return received

    async def mend(self) -> None:
        """Open new sessions with the devices whose last messages could not be decrypted (at most hourly for each)."""
        wedged, self._wedged = self._wedged, set()
        for user, key in wedged:
            # Anybody can send us what comes of no device: nobody's server is asked for it.
            if await self.crypto_store.find_device_by_key(user, key) is not None:
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
            async with transaction(self.crypto_store.db):
                return await super()._process_fetched_keys(user_id, devices, resp)
        except Exception as error:
            if is_away(error):
                raise
            # Their server can say what it likes, and nobody else is to suffer from it.
            log.warning("the keys of %s make no sense (%s): some were left out", user_id, type(error).__name__)
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
        missed = set(unlisted)
        token = _missed.set(missed)
        try:
            await self.share_group_session(room, listed)
        finally:
            _missed.reset(token)
        session = await self.crypto_store.get_outbound_group_session(room)
        if session is None or self.crypto_store.changes(room) != changes:
            await self.crypto_store.remove_outbound_group_session(room)
            return None
        if missed:
            log.warning("session %s of %s has not reached %d member(s), soon again", session.id, room, len(missed))
            session.max_age = INCOMPLETE_AGE
            await self.crypto_store.add_outbound_group_session(session)
        return session

    async def _listed(self, users: list[UserID]) -> tuple[list[UserID], list[UserID]]:
        """`users` whose devices are known, read now if need be, and those whose server does not list them."""
        known = set(await self.crypto_store.filter_tracked_users(users)) if users else set()
        if known != set(users):
            known |= (await self.read_devices(MatrixId(user) for user in users if user not in known)).keys()
        return [user for user in users if user in known], [user for user in users if user not in known]

    async def _create_outbound_sessions_locked(
        self, users: dict[UserID, dict[DeviceID, DeviceIdentity]], _force_recreate_session: bool = False
    ) -> None:
        """As mautrix's, but a device whose one-time key makes no sense takes nobody else's session away."""
        wanted = {
            (user, name): device
            for user, devices in users.items()
            for name, device in devices.items()
            if _force_recreate_session or not await self.crypto_store.has_session(device.identity_key)
        }
        if not wanted:
            return
        if self.account is None:
            raise RuntimeError("the machine was not loaded")
        try:
            answer = await self._claim(wanted)
        except RoomError as error:
            log.warning("one-time keys of %d devices could not be claimed: %s", len(wanted), error.reason)
            _missed.get(set()).update(user for user, _ in wanted)
            return
        _missed.get(set()).update(listings.unreached(answer, {user for user, _ in wanted}))
        for device, key in listings.claimed(answer, wanted):
            try:
                session = self.account.new_outbound_session(device.identity_key, IdentityKey(key))
            except OlmSessionError:
                log.warning("no session can be opened with %s of %s: left out", device.device_id, device.user_id)
                continue
            await self.crypto_store.add_session(device.identity_key, session)

    async def _claim(self, devices: listings.Devices) -> dict[str, Any]:
        asked: dict[UserID, dict[DeviceID, str]] = defaultdict(dict)
        for user, name in devices:
            asked[user][name] = "signed_curve25519"
        body = {"timeout": _CLAIM_WITHIN, "one_time_keys": asked}
        return cast("dict[str, Any]", await self.client.api.request(Method.POST, Path.v3.keys.claim, body))

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
