"""Fetches room keys, device lists and key counts by `/sync`, which the homeserver keeps for us while we are down.

(In transactions to an appservice it drops them.) We ask again and again, instead of leaving a request open: an open
one is computed anew at every event of every room of ours, which costs the homeserver as much as half a message. Nothing
is late by it: who waits for a key has us ask at once, and whoever encrypts asks first whether the devices are others.

A batch is stored whole, in one transaction with the token that asks
for the next one: after a crash it comes again, to keys that are as they were before it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any

from mautrix.types import EventType, SyncToken, ToDeviceEvent, UserID

from bridge.database import is_away, transaction
from bridge.matrix.homeserver import Homeserver, path
from bridge.matrix.machine import Machine
from bridge.matrix.publishing import Publisher
from bridge.matrix.retrying import Backoff
from bridge.ports import RoomError

log = logging.getLogger(__name__)

#: Seconds between two looks; between two while a key is waited for, and for how long then.
_LOOK, _LOOK_EAGERLY, _EAGER = 2.0, 0.3, 15.0
#: Only what concerns keys: rooms come in transactions.
_FILTER = json.dumps({"room": {"rooms": []}, "presence": {"types": []}, "account_data": {"types": []}})


class KeyPump:
    """Keeps the machine's keys current."""

    def __init__(
        self,
        homeserver: Homeserver,
        machine: Machine,
        publisher: Publisher,
        on_keys: Callable[[set[str]], Awaitable[None]],
        on_devices: Callable[[], None],
    ) -> None:
        """`on_keys` gets the ids of sessions that can be read from now on; `on_devices` says that lists changed."""
        self._homeserver = homeserver
        self._machine = machine
        self._keys = machine.crypto_store
        self._publisher = publisher
        self._on_keys = on_keys
        self._on_devices = on_devices
        self._turn = asyncio.Lock()
        self._asked_at = -math.inf
        self._eager_until = -math.inf
        self._nudged = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled."""
        backoff = Backoff(longest=30.0)
        while True:
            try:
                await self.once()
                backoff.reset()
                await self._pause()
            except RoomError as error:
                log.warning("keys cannot be fetched: %s", error.reason)
                await backoff.wait()

    async def _pause(self) -> None:
        """Until it is time for the next look, or somebody wants one."""
        eager = time.monotonic() < self._eager_until
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_EAGERLY if eager else _LOOK):
                await self._nudged.wait()
        self._nudged.clear()

    def nudge(self) -> None:
        """A key is waited for: look now, and often for a while."""
        self._eager_until = time.monotonic() + _EAGER
        self._nudged.set()

    async def fresh(self, within: float) -> None:
        """Have looked not more than so many seconds ago. Raises `RoomError`."""
        if time.monotonic() - self._asked_at > within:
            async with self._turn:
                if time.monotonic() - self._asked_at > within:
                    await self._once()

    async def once(self) -> None:
        """One batch. Raises `RoomError`; what was stored stays stored."""
        async with self._turn:
            await self._once()

    async def _once(self) -> None:
        asked_at = time.monotonic()
        since = await self._keys.get_next_batch()
        query = {"timeout": "0", "set_presence": "offline", "filter": _FILTER}
        if since:
            query["since"] = since
        answer = await self._homeserver.request("GET", path("sync"), query=query)
        await self._store(answer)
        received = self._machine.take_received()
        if received:
            await self._on_keys(received)
        await self._publisher.after_sync(answer)
        await self._machine.mend()
        self._asked_at = asked_at

    async def _store(self, answer: dict[str, Any]) -> None:
        """Everything that must not be lost."""
        changed, left = _users(answer, "changed"), _users(answer, "left")
        try:
            async with transaction(self._keys.db):
                for raw in _to_device(answer):
                    await self._take(raw)
                await self._keys.mark_outdated(changed, left)
                await self._keys.put_next_batch(SyncToken(answer["next_batch"]))
        except Exception:
            # What is in memory is ahead of what is stored, which is what the next batch must start from.
            self._keys.forget()
            await self._machine.load()
            raise
        if changed:
            self._on_devices()

    async def _take(self, raw: dict[str, Any]) -> None:
        """One to-device message. What cannot be understood is dropped: nobody may stop the others' keys.

        Requests for keys are not answered: the bridge has one device, and gives its keys to others unasked.
        """
        payload: Any = raw
        try:
            async with transaction(self._keys.db):
                event = ToDeviceEvent.deserialize(payload)
                if event.type == EventType.TO_DEVICE_ENCRYPTED:
                    await self._machine.handle_to_device_event(event)
        except Exception as error:
            if is_away(error):
                raise  # ours, not theirs: the batch comes again
            log.warning("a to-device message of %.255s was dropped: %s", raw.get("sender"), type(error).__name__)


def _to_device(answer: dict[str, Any]) -> list[dict[str, Any]]:
    part = answer.get("to_device")
    events = part.get("events") if isinstance(part, dict) else None
    return [event for event in events if isinstance(event, dict)] if isinstance(events, list) else []


def _users(answer: dict[str, Any], key: str) -> list[UserID]:
    lists = answer.get("device_lists")
    users = lists.get(key) if isinstance(lists, dict) else None
    return [UserID(user) for user in users if isinstance(user, str)] if isinstance(users, list) else []
