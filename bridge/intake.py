"""Takes events from JetStream into the inbox, in the order of the stream, each once.

Where we are is kept with what was taken, in one transaction; the server keeps no place for us and waits for no
acknowledgement. (With a durable consumer, what was handed out before a crash comes again after what is newer.)
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

import nats
import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from bridge.matrix.retrying import Backoff
from bridge.settings import Nats
from bridge.store.inbox import Inbox, Position
from contract.errors import InvalidValue
from contract.events import STREAM, SUBJECT_PREFIX, Event
from contract.ids import RoomId
from contract.process import heed_cancellation

log = logging.getLogger(__name__)

#: Events of one transaction, and events that wait in memory for theirs.
_AT_ONCE, _IN_MEMORY = 200, 1_000
#: Seconds for one answer of NATS; between two looks at a connection on which nothing comes.
_TIMEOUT, _QUIET = 5.0, 5.0
#: Seconds between two signs of life of the server's side of the subscription.
_HEARTBEAT = 5.0


class _Gap(Exception):
    """An event is missing between two that came."""


class Intake:
    """`on_rooms` is told in which rooms something is to be said; `still` is held while nothing may be taken."""

    def __init__(
        self, settings: Nats, inbox: Inbox, on_rooms: Callable[[Iterable[RoomId]], None], still: asyncio.Lock
    ) -> None:
        self._settings = settings
        self._inbox = inbox
        self._on_rooms = on_rooms
        self._still = still

    async def run(self) -> None:
        """Until cancelled."""
        backoff = Backoff(first=0.2, longest=5.0)
        while True:
            heed_cancellation()
            try:
                async with self._connected() as client:
                    await self._follow(client, backoff)
            except (nats.errors.Error, OSError, TimeoutError, _Gap) as error:
                # The server restarts, or the relay has not made the stream yet. Nothing is missed.
                log.warning("events do not come: %s", type(error).__name__)
            await backoff.wait()

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Client]:
        """A connection that does not mend itself: when it ends, we begin anew from where we are."""
        client = await nats.connect(
            self._settings.url,
            name="bridge",
            user=self._settings.user or None,
            password=self._settings.password or None,
            allow_reconnect=False,
            connect_timeout=_TIMEOUT,
            error_cb=_tell,
        )
        try:
            yield client
        finally:
            await client.close()

    async def _follow(self, client: Client, backoff: Backoff) -> None:
        jetstream = client.jetstream(timeout=_TIMEOUT)
        stream, start = await self._start(jetstream)
        come: asyncio.Queue[Msg] = asyncio.Queue(_IN_MEMORY)
        await jetstream.subscribe(
            f"{SUBJECT_PREFIX}>",
            stream=STREAM,
            cb=come.put,
            manual_ack=True,
            config=ConsumerConfig(
                deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=start,
                ack_policy=AckPolicy.NONE,
                inactive_threshold=60.0,
                flow_control=True,
                idle_heartbeat=_HEARTBEAT,
            ),
        )
        log.info("following the events from %d on", start)
        taken = 0
        while not client.is_closed:
            messages = await _next(come)
            heed_cancellation()
            if not messages:
                if await self._missed(jetstream):
                    raise _Gap
                continue
            for message in messages:
                taken += 1
                if message.metadata.sequence.consumer != taken:
                    raise _Gap
            await self._take(messages, stream)
            backoff.reset()

    async def _start(self, jetstream: JetStreamContext) -> tuple[str, int]:
        """Which stream this is, and the number of the first event to take."""
        info = await jetstream.stream_info(STREAM)
        stream = str(info.created)
        first, position = max(info.state.first_seq, 1), await self._inbox.position()
        if position is None or position.stream != stream or position.sequence > info.state.last_seq:
            return stream, first  # never seen, or made anew: what was taken before is known by its id
        lost = first - position.sequence - 1
        if lost > 0:
            log.error("the stream has dropped %d events that were not taken: rooms are not told of them", lost)
        return stream, max(first, position.sequence + 1)

    async def _missed(self, jetstream: JetStreamContext) -> bool:
        """Whether there is something that should have come. (If it comes just now, to begin anew does no harm.)"""
        position = await self._inbox.position()
        last = (await jetstream.stream_info(STREAM)).state.last_seq
        return position is None or position.sequence < last if last else False

    async def _take(self, messages: list[Msg], stream: str) -> None:
        events = [event for event in map(_event, messages) if event is not None]
        async with self._still:
            rooms = await self._inbox.take(events, Position(stream, messages[-1].metadata.sequence.stream))
        self._on_rooms(rooms)


async def _next(come: asyncio.Queue[Msg]) -> list[Msg]:
    """What has come, at least one if it comes soon."""
    messages: list[Msg] = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_QUIET):
            messages.append(await come.get())
        while len(messages) < _AT_ONCE and not come.empty():
            messages.append(come.get_nowait())
    return messages


def _event(message: Msg) -> Event | None:
    try:
        return Event.from_json(message.data)
    except InvalidValue as error:
        log.error("event %d of the stream is left out: %s", message.metadata.sequence.stream, error)
        return None


async def _tell(error: Exception) -> None:
    log.info("NATS: %s", type(error).__name__)
