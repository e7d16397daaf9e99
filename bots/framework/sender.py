"""Writing into encrypted rooms, and only there: whoever may read the room has its key before the message is sent."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import uuid4
from weakref import WeakValueDictionary

from bots.framework.devices import Device, UserKeys
from bots.framework.directory import KeyDirectory
from bots.framework.errors import AudienceChanged, NotEncrypted
from bots.framework.homeserver import Homeserver, quoted
from bots.framework.machine import Machine
from bots.framework.rooms import Room
from bots.framework.trust import Trust, standing

logger = logging.getLogger(__name__)

#: Devices whose keys travel in one request.
_DEVICES_A_REQUEST = 100
#: Seconds before a device that had no one-time key left is asked for one again.
_CLAIM_PAUSE = 60.0
#: Milliseconds that the homeserver may wait for others when it claims keys.
_FEDERATION_MS = 10_000

_DeviceKey = tuple[str, str, str]


class RoomSender:
    """Sends for one device. `shares_with` is the least trust of a device that is given our rooms' keys.

    `pinned_master` gives the identity of a user that was first seen, which is the one that is seen now if none was.
    """

    def __init__(
        self,
        homeserver: Homeserver,
        machine: Machine,
        directory: KeyDirectory,
        pinned_master: Callable[[str, str | None], str | None],
        *,
        shares_with: Trust,
        shares_with_invited: bool,
    ) -> None:
        self._homeserver = homeserver
        self._machine = machine
        self._directory = directory
        self._pinned_master = pinned_master
        self._shares_with = shares_with
        self._shares_with_invited = shares_with_invited
        self._has_key: dict[str, set[_DeviceKey]] = defaultdict(set)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # one while it is held
        self._no_key_since: dict[_DeviceKey, float] = {}

    async def send(
        self,
        room: Room,
        type_: str,
        content: Mapping[str, Any],
        transaction: str,
        *,
        only_to: frozenset[str] | None = None,
        even_untrusted: bool = False,
    ) -> str:
        """Send one event, encrypted; its id. The same `transaction` is the same event, however often it is sent.

        With `even_untrusted`, devices that are trusted less than `shares_with` can read it too: it, and nothing else.

        Raises `NotEncrypted` where the room is not, and `AudienceChanged` where its key would go, or has gone, to
        others than `only_to`; nothing was sent then.
        """
        if not room.encrypted:
            raise NotEncrypted(f"{room.room_id} is not encrypted: nothing is written there")
        least = Trust.KNOWN_DEVICE if even_untrusted else self._shares_with
        async with self._locks.setdefault(room.room_id, asyncio.Lock()):
            try:
                await self._share(room, least)
                self._check_audience(room, only_to)
                sealed = self._machine.encrypt(room.room_id, type_, content)
            finally:
                if least < self._shares_with:
                    self.forget(room.room_id)
            answer = await self._homeserver.put(
                f"/rooms/{quoted(room.room_id)}/send/m.room.encrypted/{quoted(transaction)}", sealed
            )
        return str(answer["event_id"])

    def forget(self, room_id: str) -> None:
        """What we write in the room after this, if anything, is with another key."""
        self._machine.abandon(room_id)
        self._has_key.pop(room_id, None)

    async def flush(self) -> None:
        """Send what the machine wants sent, and mend the Olm sessions that are broken."""
        wedged = self._machine.wedged()
        if wedged:
            await self._claim(wedged)
        for type_, messages in self._machine.outgoing():
            await self._to_device(type_, messages)

    async def _share(self, room: Room, least: Trust) -> None:
        devices = {_key(device): device for device in await self._readers(room, least)}
        has_key = self._has_key[room.room_id]
        if not self._machine.usable(room.room_id) or has_key - devices.keys():
            self._machine.renew(room.room_id)
            has_key.clear()
        missing = [device for key, device in devices.items() if key not in has_key]
        await self._begin_sessions(missing)
        reachable = [device for device in missing if not self._machine.lacks_session(device)]
        for start in range(0, len(reachable), _DEVICES_A_REQUEST):
            some = reachable[start : start + _DEVICES_A_REQUEST]
            messages = self._machine.room_key(room.room_id, some)
            try:
                await self._to_device("m.room.encrypted", {"messages": messages})
            except BaseException:
                self.forget(room.room_id)  # they may have it, or not: what is written next is with another key
                raise
            has_key.update(_key(device) for device in some)
        if len(reachable) < len(missing):
            logger.warning("devices without key, room=%s count=%d", room.room_id, len(missing) - len(reachable))

    def _check_audience(self, room: Room, only_to: frozenset[str] | None) -> None:
        """Nothing is awaited between this and the encryption: whoever has the key by now can read, nobody else."""
        if only_to is None:
            return
        holders = {user for user, _, _ in self._has_key[room.room_id]} | room.joined
        if not holders <= only_to | {self._machine.user_id}:
            raise AudienceChanged(f"others than those meant could read {room.room_id} now")

    async def _readers(self, room: Room, least: Trust) -> list[Device]:
        direct = len(room.members) <= 2
        people = room.readers if self._shares_with_invited or direct else room.joined
        users = await self._directory.refresh(sorted(people))
        own = self._machine.curve25519
        return [
            device
            for keys in users.values()
            for device in keys.devices.values()
            if device.curve25519 != own and self._is_trusted(device, keys, least)
        ]

    def _is_trusted(self, device: Device, keys: UserKeys, least: Trust) -> bool:
        if least <= Trust.KNOWN_DEVICE:
            return True
        return standing(device, keys.master, self._pinned_master(keys.user_id, keys.master)) >= least

    async def _begin_sessions(self, devices: Iterable[Device]) -> None:
        now = asyncio.get_running_loop().time()
        self._no_key_since = {key: at for key, at in self._no_key_since.items() if now - at < _CLAIM_PAUSE}
        asked = [
            device
            for device in devices
            if self._machine.lacks_session(device) and _key(device) not in self._no_key_since
        ]
        if not asked:
            return
        wanted: dict[str, list[str]] = defaultdict(list)
        for device in asked:
            wanted[device.user_id].append(device.device_id)
        await self._claim(wanted)
        self._no_key_since |= {_key(device): now for device in asked if self._machine.lacks_session(device)}

    async def _claim(self, wanted: Mapping[str, Iterable[str]]) -> None:
        body = {user: dict.fromkeys(devices, "signed_curve25519") for user, devices in wanted.items()}
        answer = await self._homeserver.post("/keys/claim", {"one_time_keys": body, "timeout": _FEDERATION_MS})
        claimed = answer.get("one_time_keys")
        for user, devices in claimed.items() if isinstance(claimed, dict) else ():
            for device_id, key in devices.items() if isinstance(devices, dict) else ():
                if device_id in body.get(user, {}) and isinstance(key, dict):
                    self._machine.claimed(user, device_id, key)

    async def _to_device(self, type_: str, body: Mapping[str, Any]) -> None:
        await self._homeserver.put(f"/sendToDevice/{quoted(type_)}/{uuid4().hex}", body)


def _key(device: Device) -> _DeviceKey:
    return (device.user_id, device.device_id, device.curve25519)
