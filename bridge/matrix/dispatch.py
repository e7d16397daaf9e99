"""Tells the middle of the bridge what happened, a room's events in order, until it has taken each.

An event of which the key is missing steps aside and comes back when the key does. After a while its sender's device is
asked for the key, and later the middle is told that it cannot be read.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mautrix.types import DeviceID, IdentityKey, RoomID, SessionID, UserID

from bridge.matrix import events
from bridge.matrix.direct import DirectRooms
from bridge.matrix.inbox import Inbox, Row
from bridge.matrix.machine import Machine
from bridge.matrix.messages import to_message, to_reaction
from bridge.matrix.opening import KeyMissing, Opener, Unopenable
from bridge.matrix.retrying import Backoff
from bridge.ports import Invite, Permanent, RateLimited, Redaction, RoomError, RoomEvents, Trust, Unreadable, Upgrade
from contract.errors import Unavailable
from contract.ids import RoomId

log = logging.getLogger(__name__)

#: How many rooms are served at the same time.
CONCURRENT_ROOMS = 16
#: After how many failures of the middle an event is given up (with the back-off, some ten minutes), but not before it
#: is so many seconds old where somebody is away: a night without homeserver or workspace loses no invitation.
MAX_ATTEMPTS, GIVE_UP_AFTER = 12, 86_400.0
#: Seconds after which a key that has not come is asked for.
ASK_AFTER = 8.0
#: Seconds between two looks at what waits.
_TICK = 5.0


class Dispatcher:
    """Hands stored events to `handler`."""

    def __init__(
        self,
        inbox: Inbox,
        machine: Machine,
        direct: DirectRooms,
        handler: RoomEvents,
        key_wait: float,
        on_missing: Callable[[], None],
    ) -> None:
        """`on_missing` is called when a key is waited for."""
        self._inbox = inbox
        self._machine = machine
        self._opener = Opener(machine)
        self._direct = direct
        self._handler = handler
        self._key_wait = key_wait
        self._on_missing = on_missing
        self._slots = asyncio.Semaphore(CONCURRENT_ROOMS)
        self._awake: set[RoomId] = set()
        self._running: set[RoomId] = set()
        self._bell = asyncio.Event()

    def wake(self, rooms: Iterable[RoomId]) -> None:
        """There is something to handle in these rooms."""
        self._awake.update(rooms)
        self._bell.set()

    async def release(self, sessions: set[str]) -> None:
        """The keys of these sessions have come."""
        self.wake(await self._inbox.release(sessions))

    async def run(self) -> None:
        """Until cancelled."""
        await self._inbox.release()  # keys may have come just before we died
        self.wake(await self._inbox.rooms())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._mind_the_waiting())
            while True:
                await self._bell.wait()
                self._bell.clear()
                for room in self._awake - self._running:
                    self._awake.discard(room)
                    self._running.add(room)
                    tasks.create_task(self._serve(room))

    async def _serve(self, room: RoomId) -> None:
        """Everything that can be handled in `room`. Whoever wakes it meanwhile is heard when this ends."""
        try:
            while (row := await self._inbox.next(room, self._key_wait)) is not None:
                await self._handle_until_taken(row)
        finally:
            self._running.discard(room)
            if room in self._awake:
                self._bell.set()

    async def _handle_until_taken(self, row: Row) -> None:
        backoff, attempts = Backoff(first=0.5, longest=120.0), row.attempts
        while True:
            try:
                async with self._slots:  # not while it waits: others are served meanwhile
                    return await self._handle(row)
            except Exception as error:
                attempts += 1
                await self._inbox.failed(row)
                if attempts >= MAX_ATTEMPTS and not _may_pass(row, error):
                    log.exception("event %s in %s was given up", row.event.event_id, row.event.room)
                    return await self._inbox.done(row)
                log.warning(
                    "event %s in %s is tried again (%d): %s",
                    row.event.event_id,
                    row.event.room,
                    attempts,
                    type(error).__name__,
                )
                pause = error.retry_after if isinstance(error, RateLimited | Unavailable) else 0.0
            await backoff.wait(at_least=pause)

    async def _handle(self, row: Row) -> None:
        event = row.event
        match event:
            case events.Written(type=events.ENCRYPTED):
                return await self._handle_encrypted(row, event)
            case events.Written():
                await self._tell(event, event.type, event.content, Trust.CLEARTEXT)
            case events.Redacted():
                await self._handler.on_redaction(Redaction(event.room, event.event_id, event.sender, event.target))
            case events.Replaced():
                await self._handler.on_upgrade(Upgrade(event.room, event.sender, event.successor))
            case events.Arranged():
                await self._handler.on_arranged(event.space)
            case events.Invited():
                await self._handle_invitation(event)
            case events.Left():
                await self._handler.on_left(event.room)
            case events.MemberChanged():
                await self._handler.on_members_changed(event.room)
        await self._inbox.done(row)
        return None

    async def _handle_invitation(self, event: events.Invited) -> None:
        await self._handler.on_invite(
            Invite(event.room, event.sender, event.is_direct, event.encrypted, event.is_space)
        )
        if event.is_direct and event.encrypted and not event.is_space:
            await self._direct.adopt(event.sender, event.room)

    async def _handle_encrypted(self, row: Row, event: events.Written) -> None:
        try:
            opened = await self._opener.open(event)
        except KeyMissing as missing:
            if row.waits_for is None:
                log.info("event %s in %s waits for session %s", event.event_id, event.room, missing.session_id)
                await self._inbox.wait(row, missing.session_id)
                self._on_missing()
                if not await self._machine.crypto_store.has_group_session(
                    RoomID(event.room), SessionID(missing.session_id)
                ):
                    return
                await self._inbox.release([missing.session_id])  # it came in between
                return
            await self._tell_unreadable(event)
            await self._inbox.told(row)
            return
        except Unopenable as error:
            log.warning("event %s in %s cannot be opened: %s", event.event_id, event.room, error)
            await self._tell_unreadable(event)
        else:
            await self._tell(event, opened.type, opened.content, opened.trust)
        await self._inbox.done(row)

    async def _tell(self, event: events.Written, type_: str, content: Mapping[str, Any], trust: Trust) -> None:
        if (message := to_message(event, type_, content, trust)) is not None:
            await self._handler.on_message(message)
        elif (reaction := to_reaction(event, type_, content, trust)) is not None:
            await self._handler.on_reaction(reaction)

    async def _tell_unreadable(self, event: events.Written) -> None:
        await self._handler.on_unreadable(Unreadable(event.room, event.event_id, event.sender))

    async def _mind_the_waiting(self) -> None:
        """Ask for keys that have not come, have what cannot be read told, and forget what is too old."""
        asked = self._machine.asked
        while True:
            await asyncio.sleep(_TICK)
            await self._inbox.prune()
            waiting: dict[str, events.Written] = {}
            for row in await self._inbox.waiting(ASK_AFTER):
                if row.waits_for and isinstance(row.event, events.Written):
                    waiting.setdefault(row.waits_for, row.event)  # whoever names it later may not have it
            asked.intersection_update(waiting)
            await self._ask({session_id: waiting[session_id] for session_id in waiting.keys() - asked})
            self.wake({row.event.room for row in await self._inbox.waiting(self._key_wait)})

    async def _ask(self, wanted: Mapping[str, events.Written]) -> None:
        """Ask the devices of the senders for the keys of these sessions.

        All servers are asked for devices at once: one that is slow holds up no other's. A client gives a key only to a
        device that it gave it before.
        """
        try:
            listed = await self._machine.read_devices({event.sender for event in wanted.values()})
            for session_id, event in wanted.items():
                self._machine.asked.add(session_id)
                devices = listed.get(UserID(event.sender))
                if devices:
                    await self._request(event, session_id, devices)
        except RoomError as error:
            log.warning("the keys of %d sessions could not be asked for: %s", len(wanted), error.reason)

    async def _request(self, event: events.Written, session_id: str, devices: Iterable[DeviceID]) -> None:
        await self._machine.request_room_key(
            RoomID(event.room),
            IdentityKey(str(event.content.get("sender_key", ""))),
            SessionID(session_id),
            {UserID(event.sender): list(devices)},
            timeout=0,
        )


def _may_pass(row: Row, error: Exception) -> bool:
    """Whether `error` is that somebody is away, and not for too long."""
    away = isinstance(error, Unavailable | RoomError) and not isinstance(error, Permanent)
    return away and time.time() - row.received_at < GIVE_UP_AFTER
