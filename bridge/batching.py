"""Calls that come while one is under way are made together in the next: less work the more there is."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Batcher(Generic[T, R]):
    """`together` answers many at once, in their order, at most `most`; an answer that is an exception is raised to
    whoever asked. What `together` raises itself is raised to all.

    Nobody waits for others, unless `enough` says how many are worth a call by now: then a call is not made for fewer,
    but after `patience` seconds it is made for those who are there.
    """

    def __init__(
        self,
        together: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]],
        most: int,
        *,
        enough: Callable[[], int] = lambda: 1,
        patience: float = 0.0,
    ) -> None:
        self._together = together
        self._most = most
        self._enough = enough
        self._patience = patience
        self._came = asyncio.Event()
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._turn = asyncio.Lock()

    async def __call__(self, one: T) -> R:
        """The answer to this one."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, answer))
        self._came.set()
        try:
            while not answer.done():
                # Whoever has the turn asks for all who wait. They find their answer when the turn comes to them.
                async with self._turn:
                    if not answer.done():
                        await self._gather()
                        await self._ask()
        finally:
            if not answer.done():
                answer.cancel()
        return answer.result()

    async def _gather(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                while len(self._waiting) < min(self._enough(), self._most):
                    self._came.clear()
                    await self._came.wait()

    async def _ask(self) -> None:
        batch: list[tuple[T, asyncio.Future[R]]] = []
        while self._waiting and len(batch) < self._most:
            one, future = self._waiting.popleft()
            if not future.done():
                batch.append((one, future))
        try:
            answers = await self._together([one for one, _ in batch])
        except asyncio.CancelledError:
            # Only who has the turn is cancelled: the others are asked for by who has it next.
            self._waiting.extendleft(reversed(batch))
            raise
        except Exception as error:  # noqa: BLE001 - it is raised to each who asked
            answers = [error] * len(batch)
        for (_, future), answer in zip(batch, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
