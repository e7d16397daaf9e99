"""The pump: sync, take keys and state in, hand events over room by room, and only then step forward."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from bots.framework.errors import (
    HomeserverRefused,
    HomeserverUnavailable,
    KeysUnavailable,
    LoginRefused,
    Undecryptable,
)
from bots.framework.homeserver import quoted
from bots.framework.intake import Intake
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
#: Seconds between two looks at what waits: as long again as it has waited, within these bounds.
LOOK_AGAIN_SECONDS = (5, 900)
#: Events of one room that we fetch after an absence, the newest first; older ones are passed over.
GAP_EVENTS = 1000
#: Seconds that we ask for them while the homeserver does not answer: no room holds up the others for ever.
GAP_SECONDS = 900.0
#: Seconds between two times that what is too old is forgotten.
TIDY_SECONDS = 24 * 3600
#: Seconds that handling one event may take.
HANDLE_SECONDS = 120.0


@dataclass(frozen=True)
class _NotNow:
    """An event cannot be read or answered now. `tell`: its sender may be told, for they may be able to help.

    `away`: the homeserver is, and wants to be left alone for `pause` seconds.
    """

    reason: str
    tell: bool = False
    away: bool = False
    pause: float = 0


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
        first, tidied = True, time.monotonic()
        while True:
            batch = await self._next(since, first=first)
            await self._handle(batch, since)
            since = batch.next_batch
            self._state.put("next_batch", since)
            if time.monotonic() - tidied > TIDY_SECONDS:
                tidied = time.monotonic()
                self._state.forget_old()
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
            session_id = self._machine.receive_to_device(to_device)
            if session_id is not None:
                self._state.key_came(session_id)
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
            self._sender.forget(room_id)
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
                await self._away(error)

    async def _away(self, error: HomeserverUnavailable) -> None:
        """Leave the homeserver alone for a while."""
        logger.warning("homeserver away: %s", error)
        await asyncio.sleep(max(error.retry_after, AWAY_SECONDS))

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
        until = time.monotonic() + GAP_SECONDS
        while len(found) < most:
            query = {"dir": "b", "from": start, "limit": str(min(100, most))} | ({"to": to} if to else {})
            try:
                answer = await self._client.homeserver.get(f"/rooms/{quoted(room_id)}/messages", query)
            except HomeserverUnavailable as error:
                if time.monotonic() < until:
                    await self._away(error)
                    continue
                logger.error("older events not read, room=%s: %s", room_id, error)
                break
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
        later = await self._take(room_id, raw, history=history)
        if later is None:
            return
        if raw["type"] != "m.room.encrypted" and "state_key" not in raw:
            logger.warning("event not answered, room=%s event=%s: %s", room_id, event_id, later.reason)
            return  # in the clear: we keep nobody's words, and obey none of these
        logger.info("event waits, room=%s event=%s: %s", room_id, event_id, later.reason)
        given_up = self._state.wait(
            room_id,
            str(raw["content"].get("session_id", "")),
            raw,
            history=history,
            tell=later.tell and not history,
            due=time.time() + max(later.pause, LOOK_AGAIN_SECONDS[0]),
        )
        if given_up:
            logger.warning("given up, sender=%s events=%d: too much of theirs waits", raw["sender"], given_up)

    async def _take(self, room_id: str, raw: Mapping[str, Any], *, history: bool) -> _NotNow | None:
        """Read the event and hand it over; None where there is nothing left to do about it."""
        event_id = raw["event_id"]
        try:
            event = await self._intake.read(room_id, raw, history=history)
        except Undecryptable as error:
            if error.waits:
                return _NotNow(str(error), tell=True)
            logger.info("event not read, room=%s event=%s: %s", room_id, event_id, error)
            return None
        except (KeysUnavailable, HomeserverRefused) as error:
            return _NotNow(str(error))
        except HomeserverUnavailable as error:
            return _NotNow(str(error), away=True, pause=error.retry_after)
        away = await self._tell(partial(self._listener.on_event, event)) if event is not None else None
        if away is not None:
            return _NotNow(str(away), away=True, pause=away.retry_after)
        self._state.handled(event_id)
        return None

    async def _retry_waiting(self) -> None:
        now, told = time.time(), set()
        for waiting in self._state.waiting(now):
            event_id, session = waiting.event["event_id"], (waiting.room_id, waiting.session_id)
            if now - waiting.since > GIVE_UP_SECONDS or self._state.was_handled(event_id):
                self._state.no_longer_waiting(event_id)
                continue
            later = await self._take(waiting.room_id, waiting.event, history=waiting.history)
            if later is None:
                self._state.no_longer_waiting(event_id)
                continue
            least, most = LOOK_AGAIN_SECONDS
            waited = now - waiting.since
            self._state.wait_on(event_id, due=now + max(later.pause, min(max(waited, least), most)))
            if later.away:
                return  # nor would the others get further
            if later.tell and waited >= TELL_AFTER_SECONDS and not waiting.told and session not in told:
                told.add(session)
                await self._unreadable(waiting)

    async def _unreadable(self, waiting: Waiting) -> None:
        sender, event_id = waiting.event["sender"], waiting.event["event_id"]
        say = partial(self._listener.on_unreadable, waiting.room_id, sender, event_id)
        if await self._tell(say) is None:
            self._state.told(waiting.room_id, waiting.session_id)

    async def _tell(self, call: Callable[[], Awaitable[None]]) -> HomeserverUnavailable | None:
        """Let the listener handle something, within bounds, never fatal.

        Gives why that must be done again later, None where it was done, or failed for good.
        """
        try:
            async with asyncio.timeout(HANDLE_SECONDS):
                await call()
        except HomeserverUnavailable as error:
            logger.warning("handler: homeserver away: %s", error)
            return error
        except Exception as error:
            logger.error("handler failed: %s", type(error).__name__, exc_info=logger.isEnabledFor(logging.DEBUG))
        return None


def _tells_of_members(update: RoomUpdate) -> bool:
    return any(event["type"] == "m.room.member" for event in (*update.state, *update.timeline))
