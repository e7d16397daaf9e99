"""The Matrix side as a whole: `bridge.ports.RoomSide` for the middle of the bridge, and its start, run and stop.

side = MatrixRoomSide(config)
await side.start(handler)
try:
    await side.run()
finally:
    await side.stop()
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

from mautrix.crypto.store import PgCryptoStateStore
from mautrix.types import DeviceID

from bridge.matrix import database, events
from bridge.matrix.arrangement import Arrangement
from bridge.matrix.catchup import CatchUp
from bridge.matrix.config import MatrixConfig
from bridge.matrix.devices import DeviceLists
from bridge.matrix.direct import DirectRooms
from bridge.matrix.dispatch import Dispatcher
from bridge.matrix.endpoint import Endpoint
from bridge.matrix.homeserver import Homeserver, path
from bridge.matrix.identity import Identity
from bridge.matrix.inbox import Inbox
from bridge.matrix.keystore import KeyStore
from bridge.matrix.looking import Looker
from bridge.matrix.machine import Machine
from bridge.matrix.media import Media
from bridge.matrix.publishing import Publisher
from bridge.matrix.pump import KeyPump
from bridge.matrix.retrying import Backoff
from bridge.matrix.rooms import GONE, Rooms
from bridge.matrix.sealing import Sealer
from bridge.matrix.secretfiles import SecretFiles
from bridge.ports import Permanent, Retriable, RoomEvents, RoomMessage, Sealed
from contract.ids import EventId, MatrixId, RoomId

log = logging.getLogger(__name__)

#: Seconds for which a start waits for the homeserver.
START_WITHIN = 60.0


class MatrixRoomSide:
    """One Matrix user with one cross-signed device, in any number of rooms."""

    def __init__(self, config: MatrixConfig) -> None:
        self._config = config
        self._homeserver = Homeserver(config.homeserver_url, config.registration.as_token, config.user_id)
        self._endpoint = Endpoint(config.user_id, config.registration.hs_token, self._received)
        self._media = Media(self._homeserver)
        self._secrets = SecretFiles(config.secrets)
        self._stack = AsyncExitStack()

    # --- life

    async def start(self, handler: RoomEvents) -> None:
        """Sign in, publish keys and identity, listen. `handler` is told of nothing before `run`.

        Raises `RoomError` where the homeserver refuses or is not there within a minute, `BadSecret`, `IdentityLost`,
        and `OSError` where the address is taken. `stop` undoes what was done.
        """
        self._stack.push_async_callback(self._homeserver.close)
        db = await self._stack.enter_async_context(database.opened(self._config.database))
        keys, state = KeyStore(self._secrets.pickle_key(), db), PgCryptoStateStore(db)
        self._machine = Machine(self._homeserver, keys, state, self._config.key_policy)
        self._rooms = Rooms(self._homeserver, state, keys)
        self._arrangement = Arrangement(self._homeserver, self._rooms)
        self._looker = Looker(self._homeserver, self._machine)
        self._direct = DirectRooms(self._homeserver, db, self._rooms)
        self._inbox = Inbox(db)
        self._dispatcher = Dispatcher(
            self._inbox, self._machine, self._direct, handler, self._config.key_wait, self._wants_key
        )
        self._devices = DeviceLists(self._machine)
        self._catch_up = CatchUp(
            self._homeserver, self._rooms, self._inbox, self._dispatcher.wake, self._config.registration.id
        )
        publisher = Publisher(self._homeserver, self._machine)
        self._pump = KeyPump(
            self._homeserver, self._machine, publisher, self._dispatcher.release, self._devices.changed
        )
        self._sealer = Sealer(self._machine, self._rooms, self._direct, self._pump.fresh)
        await self._direct.load()
        await self._register()
        await self._sign_in(keys)
        await publisher.first()
        await Identity(self._homeserver, self._machine, self._secrets).establish()
        await self._pump.once()
        await self._endpoint.start(self._config.host, self._config.port)
        self._stack.push_async_callback(self._endpoint.stop)
        log.info("%s is in its rooms as device %s", self.user_id, self.device_id)

    async def run(self) -> None:
        """Fetch keys and hand events over, until cancelled. What it cannot go on after is raised."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._pump.run())
            tasks.create_task(self._devices.run())
            tasks.create_task(self._dispatcher.run())
            tasks.create_task(self._catch_up.run())
            self._endpoint.ready = True

    def _wants_key(self) -> None:
        self._pump.nudge()

    async def stop(self) -> None:
        """Stop listening and close everything. `run` must have ended or been cancelled."""
        self._endpoint.ready = False
        await self._stack.aclose()

    async def _register(self) -> None:
        """Make the user where there is none, as soon as the homeserver is there."""
        account = {
            "type": "m.login.application_service",
            "username": self.user_id[1:].split(":", 1)[0],
            "inhibit_login": True,
        }
        backoff, deadline = Backoff(first=0.2, longest=3.0), time.monotonic() + START_WITHIN
        while True:
            try:
                await self._homeserver.request("POST", path("register"), account, as_user=False)
            except Retriable:
                if time.monotonic() > deadline:
                    raise
                await backoff.wait()
            except Permanent as error:
                if error.code != "M_USER_IN_USE":
                    raise
                return
            else:
                return

    async def _sign_in(self, keys: KeyStore) -> None:
        """Load the device's keys, and make the device and its name where they are not."""
        await self._machine.load()
        device_id = await keys.get_device_id()
        await keys.get_next_batch()  # `put_account` would write it back empty
        await self._machine.client.create_device_msc4190(device_id or "", self._config.display_name)
        self._homeserver.device_id = self._machine.client.device_id
        if not device_id:
            await keys.put_device_id(DeviceID(self._machine.client.device_id))
        profile = path("profile", self.user_id, "displayname")
        try:
            current = await self._homeserver.request("GET", profile)
        except Permanent:
            current = {}
        if current.get("displayname") != self._config.display_name:
            await self._homeserver.request("PUT", profile, {"displayname": self._config.display_name})

    async def _received(self, txn_id: str, received: Sequence[events.Event]) -> None:
        if received:
            self._dispatcher.wake(await self._inbox.store(txn_id, received, self._rooms.apply))

    # --- RoomSide

    @property
    def user_id(self) -> MatrixId:
        """As `RoomSide.user_id`."""
        return self._config.user_id

    @property
    def device_id(self) -> str:
        """As `RoomSide.device_id`; known after `start`."""
        return self._homeserver.device_id or ""

    async def joined_rooms(self) -> frozenset[RoomId]:
        """As `RoomSide.joined_rooms`."""
        return await self._rooms.joined()

    async def joined_members(self, room: RoomId) -> frozenset[MatrixId]:
        """As `RoomSide.joined_members`."""
        return await self._rooms.members(room)

    async def display_name(self, room: RoomId, user: MatrixId) -> str:
        """As `RoomSide.display_name`."""
        return await self._rooms.display_name(room, user)

    async def refresh(self, room: RoomId) -> None:
        """As `RoomSide.refresh`."""
        await self._rooms.refresh(room)

    async def is_encrypted(self, room: RoomId) -> bool:
        """As `RoomSide.is_encrypted`."""
        return await self._rooms.is_encrypted(room)

    async def seal(
        self, room: RoomId, event_type: str, content: Mapping[str, Any], *, only_for: frozenset[MatrixId] | None = None
    ) -> Sealed:
        """As `RoomSide.seal`."""
        return await self._sealer.seal(room, event_type, content, only_for)

    async def send(self, room: RoomId, txn_id: str, sealed: Sealed) -> EventId:
        """As `RoomSide.send`."""
        if sealed.room != room or sealed.event_type != events.ENCRYPTED:
            raise Permanent("M_INVALID_PARAM", "sealed for another room, or not sealed")
        return await self._put(room, sealed.event_type, txn_id, sealed.content)

    async def _put(self, room: RoomId, event_type: str, txn_id: str, content: Mapping[str, Any]) -> EventId:
        answer = await self._homeserver.request("PUT", path("rooms", room, "send", event_type, txn_id), content)
        return EventId(str(answer["event_id"]))

    async def react(self, room: RoomId, txn_id: str, target: EventId, key: str) -> EventId:
        """As `RoomSide.react`."""
        relation = {"rel_type": "m.annotation", "event_id": target, "key": key}
        return await self._put(room, events.REACTION, txn_id, {"m.relates_to": relation})

    async def redact(self, room: RoomId, txn_id: str, target: EventId) -> None:
        """As `RoomSide.redact`."""
        await self._homeserver.request("PUT", path("rooms", room, "redact", target, txn_id), {})

    async def message(self, room: RoomId, event_id: EventId) -> RoomMessage | None:
        """As `RoomSide.message`."""
        return await self._looker.message(room, event_id)

    def download(self, url: str, most: int) -> AsyncIterator[bytes]:
        """As `RoomSide.download`."""
        return self._media.download(url, most)

    async def upload(self, chunks: AsyncIterator[bytes], size: int) -> str:
        """As `RoomSide.upload`."""
        return await self._media.upload(chunks, size)

    async def upload_limit(self) -> int | None:
        """As `RoomSide.upload_limit`."""
        return await self._media.limit()

    async def join(self, room: RoomId, via: str | None = None) -> None:
        """As `RoomSide.join`."""
        # `via` is what the specification says now, `server_name` what older servers read.
        query = {"via": via, "server_name": via} if via else None
        await self._homeserver.request("POST", path("join", room), {}, query=query)
        await self._rooms.refresh(room)

    async def predecessor(self, room: RoomId) -> RoomId | None:
        """As `RoomSide.predecessor`."""
        content = await self._homeserver.request("GET", path("rooms", room, "state", "m.room.create", ""))
        before = content.get("predecessor")
        named = before.get("room_id") if isinstance(before, dict) else None
        return RoomId(named) if isinstance(named, str) else None

    async def successor(self, room: RoomId) -> RoomId | None:
        """As `RoomSide.successor`."""
        try:
            content = await self._homeserver.request("GET", path("rooms", room, "state", events.TOMBSTONE, ""))
        except Permanent as error:
            if error.code not in GONE:
                raise
            return None
        named = content.get("replacement_room")
        return RoomId(named) if isinstance(named, str) else None

    async def is_space(self, room: RoomId) -> bool:
        """As `RoomSide.is_space`."""
        return await self._arrangement.is_space(room)

    async def children(self, space: RoomId) -> Mapping[RoomId, MatrixId]:
        """As `RoomSide.children`."""
        return await self._arrangement.children(space)

    async def names_parent(self, room: RoomId, space: RoomId) -> bool:
        """As `RoomSide.names_parent`."""
        return await self._arrangement.names_parent(room, space)

    async def allowed(self, room: RoomId, state_type: str | None) -> frozenset[MatrixId]:
        """As `RoomSide.allowed`."""
        return await self._arrangement.allowed(room, state_type)

    async def leave(self, room: RoomId, reason: str) -> None:
        """As `RoomSide.leave`."""
        try:
            await self._homeserver.request("POST", path("rooms", room, "leave"), {"reason": reason})
        except Permanent as error:
            if error.code not in (*GONE, "M_UNKNOWN"):  # a room that the homeserver does not know
                raise

    async def direct_room(self, user: MatrixId) -> RoomId:
        """As `RoomSide.direct_room`."""
        return await self._direct.with_(user)
