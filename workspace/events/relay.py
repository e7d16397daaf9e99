"""The relay, `python -m workspace relay`: publishes the outbox to JetStream, in its order, each event at least once.

An event is marked only after JetStream has it safe. A crash between the two publishes it again under the same id,
which JetStream refuses as a duplicate, and which readers know from their inbox after that. When NATS or the database
is away it tries again, ever less often; what has happened meanwhile waits in the outbox.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import nats.errors
import nats.js.errors
from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone
from nats.aio.client import Client
from nats.js import JetStreamContext

from contract.events import CONTENT_TYPE, STREAM
from contract.process import heed_cancellation
from workspace.events import doorbell, stream
from workspace.events.models import OutboxEvent
from workspace.events.outbox import KEPT
from workspace.process import in_database

logger = logging.getLogger(__name__)

#: Events that are read and marked together.
_BATCH = 100
#: Seconds after which the relay looks by itself: the doorbell may get lost.
_LOOK_EVERY = 1.0
#: Seconds between attempts while something is away: the first, and the longest.
_FIRST_BACK_OFF, _LONGEST_BACK_OFF = 0.1, 5.0
#: How often what was published long ago is tidied.
_TIDY_EVERY = timedelta(hours=1)
_TIDIED_AT_ONCE = 1_000
#: What passes: somebody is away, or slow.
_PASSING = (OSError, TimeoutError, nats.errors.Error, nats.js.errors.Error, DatabaseError)


class AlreadyRunning(Exception):
    """Another relay works on this outbox: two would mix up the order."""


@dataclass(frozen=True)
class Waiting:
    """One event of the outbox that is to be published."""

    sequence: int
    event_id: UUID
    subject: str
    body: bytes


def waiting(limit: int = _BATCH) -> list[Waiting]:
    """The next events, in their order."""
    rows = OutboxEvent.objects.filter(published_at=None).order_by("sequence")
    found = rows.values_list("sequence", "event_id", "subject", "body")[:limit]
    return [Waiting(sequence, event_id, subject, bytes(body)) for sequence, event_id, subject, body in found]


def mark(sequences: list[int]) -> None:
    """JetStream has these safe."""
    OutboxEvent.objects.filter(sequence__in=sequences).update(published_at=timezone.now())


def tidy() -> int:
    """Delete some of what was published long ago. Answers how many: call again while there are any."""
    old = OutboxEvent.objects.filter(published_at__lt=timezone.now() - KEPT).order_by("sequence")
    return OutboxEvent.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:_TIDIED_AT_ONCE])).delete()[0]


async def run() -> None:
    """Relay until cancelled. Raises `AlreadyRunning`."""
    with _alone():
        async with doorbell.hung(doorbell.OUTBOX) as bell, asyncio.TaskGroup() as tasks:
            tasks.create_task(_tidy_now_and_then(), name="tidy")
            tasks.create_task(_keep_relaying(bell), name="relay")


async def _keep_relaying(bell: doorbell.Bell) -> None:
    back_off = _BackOff()
    while True:
        heed_cancellation()
        try:
            async with stream.connected("parvis-relay") as client:
                await stream.ensure(client.jetstream(timeout=stream.TIMEOUT))
                logger.info("relay.connected")
                await _relay(client, bell, back_off)
        except _PASSING as error:
            seconds = back_off.next()
            logger.warning("relay.waiting seconds=%.1f error=%s", seconds, type(error).__name__)
            await asyncio.sleep(seconds)


async def _relay(client: Client, bell: doorbell.Bell, back_off: _BackOff) -> None:
    jetstream = client.jetstream(timeout=stream.TIMEOUT)
    while True:
        batch = await in_database(waiting)()
        heed_cancellation()
        if batch:
            await _publish(jetstream, batch)
            back_off.reset()
        elif client.is_closed:
            raise nats.errors.ConnectionClosedError
        else:
            await bell.wait(_LOOK_EVERY)


async def _publish(jetstream: JetStreamContext, batch: list[Waiting]) -> None:
    """Publish these one after the other: the next one goes when the one before is safe. Marks all that got there."""
    safe: list[int] = []
    try:
        for event in batch:
            headers = {"Nats-Msg-Id": str(event.event_id), "Content-Type": CONTENT_TYPE}
            await jetstream.publish(event.subject, event.body, stream=STREAM, headers=headers)
            safe.append(event.sequence)
    finally:
        if safe:
            await asyncio.shield(in_database(mark)(safe))
            logger.debug("relay.published events=%d last=%d", len(safe), safe[-1])


async def _tidy_now_and_then() -> None:
    while True:
        try:
            while count := await in_database(tidy)():
                logger.info("relay.tidied events=%d", count)
        except DatabaseError as error:
            logger.warning("relay.not_tidied error=%s", type(error).__name__)
        await asyncio.sleep(_TIDY_EVERY.total_seconds())


class _BackOff:
    """Ever longer waits, each a little different, so that what fell together does not come back together."""

    def __init__(self) -> None:
        self._seconds = _FIRST_BACK_OFF

    def next(self) -> float:
        seconds, self._seconds = self._seconds, min(2 * self._seconds, _LONGEST_BACK_OFF)
        return seconds * random.uniform(0.75, 1.25)  # noqa: S311  # nothing depends on its being hard to guess

    def reset(self) -> None:
        self._seconds = _FIRST_BACK_OFF


@contextmanager
def _alone() -> Iterator[None]:
    run_dir = settings.PARVIS.run_dir
    run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (run_dir / "relay.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(f"Another relay runs here: {run_dir / 'relay.lock'} is locked.") from error
        yield
