"""The pump: sync, take keys and state in, hand events over room by room, and only then step forward."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from bots.framework.errors import (
    BotError,
    HomeserverRefused,
    HomeserverUnavailable,
    KeysUnavailable,
    LoginRefused,
    Undecryptable,
)
from bots.framework.homeserver import quoted
from bots.framework.intake import Intake, may_be_read_later
from bots.framework.machine import Machine
from bots.framework.rooms import Room
from bots.framework.sender import RoomSender
from bots.framework.state import Waiting
from bots.framework.sync import FILTER, Batch, RoomUpdate, events, own_join, parse

if TYPE_CHECKING:
    from bots.framework.client import SafeClient
    from bots.framework.listener import Listener

logger = logging.getLogger(__name__)

#: Seconds that the homeserver holds back an answer when there is nothing new.
LONG_POLL_SECONDS = 30.0
#: Seconds between two tries while the homeserver is away.
AWAY_SECONDS = 5.0
#: Seconds after which the sender of a message that we cannot read is told, and after which we give it up.
TELL_AFTER_SECONDS = 30
GIVE_UP_SECONDS = 24 * 3600
#: Events of one room that we fetch after an absence, the newest first; older ones are passed over.
GAP_EVENTS = 1000
#: Seconds that handling one event may take, and how often it is tried while the homeserver is away.
HANDLE_SECONDS = 120.0
HANDLE_TRIES = 3


class Pump:
    """Runs one client. All of its state that must outlive it is in `client.state`."""

    def __init__(
        self, client: SafeClient, listener: Listener, machine: Machine, intake: Intake, sender: RoomSender
    ) -> None:
        self._client = client
        self._listener = listener
        self._machine = machine
        self._intake = intake
        self._sender = sender
        self._state = client.state

    async def run(self) -> None:
        """Until cancelled. Raises `LoginRefused` when our token no longer holds."""
        since = self._state.get("next_batch")
        for invitation in self._state.invitations():
            await self._tell(partial(self._listener.on_invitation, invitation))
        first = True
        while True:
            batch = await self._next(since, first=first)
            await self._handle(batch, since)
            since = batch.next_batch
            self._state.put("next_batch", since)
            if first:
                first = False
                await self._tell(self._listener.on_ready)

    async def _next(self, since: str | None, *, first: bool) -> Batch:
        wait = 0.0 if first else LONG_POLL_SECONDS
        query = {"filter": FILTER, "timeout": str(int(wait * 1000))}
        if since:
            query |= {"since": since, "full_state": "true" if first else "false"}
        while True:
            try:
                return parse(await self._client.homeserver.get("/sync", query, wait=wait), self._client.user_id)
            except HomeserverUnavailable as error:
                logger.warning("homeserver away: %s", error)
            except HomeserverRefused as error:
                if error.code in ("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_USER_DEACTIVATED"):
                    raise LoginRefused(f"{self._client.user_id} was signed out: start again to sign in") from error
                logger.warning("sync refused: %s", error.code)
            except ValueError as error:
                logger.warning("sync not understood: %s", error)
            await asyncio.sleep(AWAY_SECONDS)

    async def _handle(self, batch: Batch, since: str | None) -> None:
        for to_device in batch.to_device:
            self._machine.receive_to_device(to_device)
        self._client.directory.changed(batch.devices_changed)
        self._client.directory.no_longer_shared(batch.devices_left)
        for update in batch.rooms:
            self._take_state(update)
            if since is not None and _tells_of_members(update):
                await self._read_members(update.room_id)
        await self._keep_keys(batch)
        async with asyncio.TaskGroup() as group:
            for update in batch.rooms:
                group.create_task(self._room(update, since))
        for room_id in batch.left:
            self._client.rooms.pop(room_id, None)
            self._state.answered(room_id)
            self._state.left(room_id)
        for invitation in batch.invitations:
            self._state.invited(invitation)
            await self._tell(partial(self._listener.on_invitation, invitation))
        await self._retry_waiting()

    async def _read_members(self, room_id: str) -> None:
        """Until we know: nobody is given a key, or left without one, because of what we only believe."""
        while True:
            try:
                return await self._client.read_members(room_id)
            except HomeserverUnavailable as error:
                logger.warning("homeserver away: %s", error)
            await asyncio.sleep(AWAY_SECONDS)

    def _take_state(self, update: RoomUpdate) -> None:
        room = self._client.rooms.setdefault(update.room_id, Room(update.room_id))
        for event in (*update.state, *update.timeline):
            room.apply(event)
        if room.encrypted:
            self._state.room_is_encrypted(room.room_id)
        elif room.room_id in self._state.encrypted_rooms():
            room.encrypted = True

    async def _keep_keys(self, batch: Batch) -> None:
        """Keep the homeserver stocked with our one-time keys; a failure is made good by the next batch."""
        try:
            body = self._machine.one_time_keys_upload(batch.one_time_keys) if batch.one_time_keys is not None else None
            if batch.fallback_used:
                body = (body or {}) | self._machine.fallback_key_upload()
            if body:
                answer = await self._client.homeserver.post("/keys/upload", body)
                self._machine.uploaded(int(answer.get("one_time_key_counts", {}).get("signed_curve25519", 0)))
            await self._sender.flush()
        except (HomeserverUnavailable, HomeserverRefused) as error:
            logger.warning("our keys were not uploaded: %s", error)

    async def _room(self, update: RoomUpdate, since: str | None) -> None:
        if update.typing is not None:
            self._client.rooms[update.room_id].typing = update.typing
            await self._tell(partial(self._listener.on_typing, update.room_id, update.typing))
        timeline = (*await self._before(update, since), *update.timeline)
        joined_at = own_join(timeline, self._client.user_id)
        for position, raw in enumerate(timeline):
            history = since is None or (joined_at is not None and position < joined_at)
            if history and not self._client.settings.history_events:
                continue
            await self._event(update.room_id, raw, history=history)
        self._state.joined(update.room_id)

    async def _before(self, update: RoomUpdate, since: str | None) -> list[Mapping[str, Any]]:
        """What came before the timeline that we should see, the oldest first.

        In a room that we know: what did not fit into this answer. In one that is new to us: some of its history.
        """
        if not update.limited or not update.prev_batch:
            return []
        if since and self._state.is_joined(update.room_id):
            return await self._older(update.room_id, update.prev_batch, since, GAP_EVENTS)
        return await self._older(update.room_id, update.prev_batch, None, self._client.settings.history_events)

    async def _older(self, room_id: str, start: str, to: str | None, most: int) -> list[Mapping[str, Any]]:
        """The events before `start`, back to `to`, but not many more than `most`; the oldest first."""
        found: list[Mapping[str, Any]] = []
        while len(found) < most:
            query = {"dir": "b", "from": start, "limit": str(min(100, most))} | ({"to": to} if to else {})
            try:
                answer = await self._client.homeserver.get(f"/rooms/{quoted(room_id)}/messages", query)
            except HomeserverRefused as error:
                logger.warning("older events not read, room=%s: %s", room_id, error.code)
                break
            chunk = events(answer.get("chunk"))
            found.extend(chunk)
            if not chunk or not isinstance(answer.get("end"), str):
                break
            start = answer["end"]
        else:
            if to:
                logger.warning("gap too long, room=%s: only the last %d events were read", room_id, len(found))
        return found[::-1]

    async def _event(self, room_id: str, raw: Mapping[str, Any], *, history: bool) -> None:
        event_id = raw.get("event_id")
        if not isinstance(event_id, str) or self._state.was_handled(event_id):
            return
        try:
            event = await self._intake.read(room_id, raw, history=history)
        except (Undecryptable, KeysUnavailable, HomeserverUnavailable) as error:
            self._not_read(room_id, raw, error, history=history)
            return
        if event is not None:
            await self._tell(partial(self._listener.on_event, event))
        self._state.handled(event_id)

    def _not_read(self, room_id: str, raw: Mapping[str, Any], error: BotError, *, history: bool) -> None:
        event_id = raw["event_id"]
        logger.info("event not read, room=%s event=%s: %s", room_id, event_id, error)
        waits = isinstance(error, HomeserverUnavailable) or (
            isinstance(error, Undecryptable | KeysUnavailable) and may_be_read_later(error)
        )
        if waits:
            self._state.wait_for_key(room_id, str(raw["content"].get("session_id", "")), raw, history=history)

    async def _retry_waiting(self) -> None:
        now = int(time.time())
        all_waiting = list(self._state.waiting())
        told = {(waiting.room_id, waiting.session_id) for waiting in all_waiting if waiting.told}
        for waiting in all_waiting:
            event_id = waiting.event["event_id"]
            if now - waiting.since > GIVE_UP_SECONDS or await self._retry(waiting):
                self._state.no_longer_waiting(event_id)
            elif not (waiting.told or waiting.history) and now - waiting.since >= TELL_AFTER_SECONDS:
                key = (waiting.room_id, waiting.session_id)
                if key not in told:
                    told.add(key)
                    sender = waiting.event["sender"]
                    await self._tell(partial(self._listener.on_unreadable, waiting.room_id, sender, event_id))
                self._state.told(event_id)

    async def _retry(self, waiting: Waiting) -> bool:
        """Whether the event need not wait any longer."""
        try:
            event = await self._intake.read(waiting.room_id, waiting.event, history=waiting.history)
        except (KeysUnavailable, HomeserverUnavailable):
            return False
        except Undecryptable as error:
            return not error.waits
        if event is not None:
            await self._tell(partial(self._listener.on_event, event))
        self._state.handled(event.event_id if event else waiting.event["event_id"])
        return True

    async def _tell(self, call: Callable[[], Awaitable[None]]) -> None:
        """Let the listener handle something: within bounds, tried again while the homeserver is away, never fatal."""
        for attempt in range(1, HANDLE_TRIES + 1):
            try:
                async with asyncio.timeout(HANDLE_SECONDS):
                    await call()
            except HomeserverUnavailable as error:
                logger.warning("handler: homeserver away (try %d of %d): %s", attempt, HANDLE_TRIES, error)
                continue
            except Exception as error:
                logger.error("handler failed: %s", type(error).__name__, exc_info=logger.isEnabledFor(logging.DEBUG))
            return


def _tells_of_members(update: RoomUpdate) -> bool:
    return any(event["type"] == "m.room.member" for event in (*update.state, *update.timeline))
