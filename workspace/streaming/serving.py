"""Serves streams: each waits for the doorbell without a thread, a turn or a connection to the database of its own."""

from __future__ import annotations

import asyncio
import logging
import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections, connections
from uuid_utils.compat import uuid7

from workspace.api import ending
from workspace.api.afterwards import Receive, Send, begin, end, gone, put, until_one_ends
from workspace.events import doorbell
from workspace.streaming import looking, wire
from workspace.streaming.api import Opened

logger = logging.getLogger(__name__)

#: Seconds after which a stream gives a sign of life, and looks by itself: the doorbell may get lost.
HEARTBEAT = 15.0
#: Seconds after which the database is asked again where it did not answer.
_AWAY = 1.0
#: Milliseconds, at least and at most, after which a client comes back: not all of them at once.
_RETRY = 1_000, 5_000

T = TypeVar("T")


class Streams:
    """The streams of one process. They share one thread and, while any of them asks, one connection to the database."""

    def __init__(self) -> None:
        self._wakes: set[asyncio.Event] = set()
        self._listening: asyncio.Task[None] | None = None
        self._asking = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="streams")
        self._closed = False

    def close(self) -> None:
        """The server stops: every stream ends, and clients come back to whoever is there then."""
        self._closed = True
        self._wake_all()

    async def serve(self, opened: Opened, receive: Receive, send: Send) -> None:
        """Tell, until the client goes or is let in no more. The seat is given back whatever happens."""
        wake = asyncio.Event()
        try:
            self._wakes.add(wake)
            self._listen()
            await self._serve(opened, wake, receive, send)
        finally:
            opened.seat.give_back()
            self._wakes.discard(wake)
            self._stop_listening()

    async def _serve(self, opened: Opened, wake: asyncio.Event, receive: Receive, send: Send) -> None:
        await begin(send, opened)
        match await until_one_ends(self._tell(opened, wake, send), gone(receive)):
            case None:
                await end(send)
            case TimeoutError() | OSError() as error:
                logger.warning("streaming.ended account=%s error=%s", opened.asker.user, type(error).__name__)
            case Exception() as error:
                raise error

    async def _tell(self, opened: Opened, wake: asyncio.Event, send: Send) -> None:
        """Returns where the stream is over; a client comes back, and is told then why it is not let in."""
        after = opened.start.after
        await put(send, _opening(opened))
        while not self._closed:
            wake.clear()
            position = uuid7()
            try:
                look = await self._ask(partial(looking.look, opened.asker, opened.wanted, after))
            except DatabaseError as error:
                logger.warning("streaming.waiting account=%s error=%s", opened.asker.user, type(error).__name__)
                await asyncio.sleep(_AWAY)
                continue
            if look.ended:
                await put(send, wire.ended("not let in any more"))
                return
            after = look.after
            if look.told:
                # One piece, right after the question: nothing of it waits here while rights change.
                await put(send, b"".join(wire.event(event.id, event.to_json()) for event in look.told))
            if not look.more and not await _woken(wake):
                await put(send, wire.position(position))

    async def _ask(self, question: Callable[[], T]) -> T:
        """What the database says, from the one thread; it keeps no connection once nobody asks."""
        self._asking += 1
        try:
            return await sync_to_async(_fresh, thread_sensitive=False, executor=self._thread)(question)
        finally:
            self._asking -= 1
            if not self._asking:
                self._thread.submit(connections.close_all)

    def _listen(self) -> None:
        if self._listening is None or self._listening.done():
            self._listening = asyncio.create_task(self._wake_by_bell(), name="streams' bell")

    def _stop_listening(self) -> None:
        if not self._wakes and self._listening is not None:
            self._listening.cancel()
            self._listening = None

    async def _wake_by_bell(self) -> None:
        async with doorbell.hung(doorbell.OUTBOX, beside=str(os.getpid())) as bell:
            while True:
                await bell.rung()
                self._wake_all()

    def _wake_all(self) -> None:
        for wake in self._wakes:
            wake.set()


def _opening(opened: Opened) -> bytes:
    """What a stream begins with. A client that began anew has a place to come back to from here on."""
    opening = wire.retry(random.randint(*_RETRY))  # noqa: S311  # nothing depends on its being hard to guess
    gap = opened.start.gap
    if gap is not None:
        facts = {"since": gap.since.isoformat(), "until": gap.until.isoformat() if gap.until else None}
        return opening + wire.gap(facts)
    return opening + (wire.HEARTBEAT if opened.start.resumes else wire.position(uuid7()))


def _fresh(question: Callable[[], T]) -> T:
    close_old_connections()
    return question()


async def _woken(wake: asyncio.Event) -> bool:
    """Whether something happened before it is time for a sign of life."""
    try:
        async with asyncio.timeout(HEARTBEAT):
            await wake.wait()
    except TimeoutError:
        return False
    return True


streams = Streams()
ending.at_end(streams.close)
