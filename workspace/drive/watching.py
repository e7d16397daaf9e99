"""Asks again, while downloads are under way, whether the rights to them still hold."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import DatabaseError, close_old_connections, connections

from workspace.drive.rights import Right
from workspace.events import doorbell

logger = logging.getLogger(__name__)

#: Seconds after which all are asked again, and between two rounds at least, however often the doorbell rings.
EVERY, _AT_LEAST = 1.0, 0.25
#: Seconds for which an answer counts: where the database has no time, nothing is sent on an older one.
_COUNTS = 5.0
#: Seconds that a download waits for another.
_PATIENCE = 60.0


class Held:
    """A right, as it was found when it was last asked. The view asked it first."""

    def __init__(self, right: Right) -> None:
        self.right = right
        #: It is not there any more.
        self.lost = asyncio.Event()
        self._asked_at = asyncio.get_running_loop().time()
        self._heard = asyncio.Event()

    def hear(self, holds: bool, asked_at: float) -> None:
        """What it was found to be at that moment."""
        if not holds:
            self.lost.set()
            return
        self._asked_at = asked_at
        self._heard.set()

    async def counts(self) -> None:
        """Until it was found to hold some seconds ago at most. Raises `TimeoutError` where nobody can say."""
        clock = asyncio.get_running_loop().time
        async with asyncio.timeout(_PATIENCE):
            while clock() - self._asked_at > _COUNTS:
                self._heard.clear()
                await self._heard.wait()


class Watch:
    """The rights to what is under way in one process: one thread asks all of them in turn, over one connection, which
    is closed with the last of them.
    """

    def __init__(self) -> None:
        self._held: set[Held] = set()
        self._asking: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="rights")

    @contextmanager
    def over(self, right: Right) -> Iterator[Held]:
        """Watch it inside the `with`."""
        held = Held(right)
        self._held.add(held)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_again_and_again(), name="rights to downloads")
        try:
            yield held
        finally:
            self._held.discard(held)
            if not self._held and self._asking is not None:
                self._asking.cancel()
                self._asking = None
                self._thread.submit(connections.close_all)

    async def _ask_again_and_again(self) -> None:
        """At each event of the workspace, of which one may have taken a right away, and by itself."""
        async with doorbell.hung(doorbell.OUTBOX, beside=f"downloads-{os.getpid()}") as bell:
            while True:
                await asyncio.sleep(_AT_LEAST)
                await bell.wait(EVERY - _AT_LEAST)
                await self._ask(list(self._held))

    async def _ask(self, held: Sequence[Held]) -> None:
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        try:
            answers = await loop.run_in_executor(self._thread, _answers, [one.right for one in held])
        except DatabaseError as error:
            logger.warning("drive.rights_not_asked downloads=%d error=%s", len(held), type(error).__name__)
            return
        for one, holds in zip(held, answers, strict=True):
            one.hear(holds, asked_at)


def _answers(rights: Sequence[Right]) -> list[bool]:
    close_old_connections()
    return [right.holds() for right in rights]
