"""Much of the same, some of it at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def many(
    count: int, at_once: int, make: Callable[[int], Awaitable[T]], made: Callable[[int], None] = lambda _made: None
) -> list[T]:
    """What `make` makes for each number below `count`, in their order. The first failure ends it and is raised.

    `made` hears each time how many are made.
    """
    slots, done = asyncio.Semaphore(at_once), 0

    async def one(number: int) -> T:
        nonlocal done
        async with slots:
            what = await make(number)
        done += 1
        made(done)
        return what

    tasks = [asyncio.create_task(one(number)) for number in range(count)]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
