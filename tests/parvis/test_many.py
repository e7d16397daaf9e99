"""Much of the same: in order, some at a time, and ended by the first failure."""

from __future__ import annotations

import asyncio

import pytest

from parvis.errors import ParvisError
from parvis.many import many


async def test_many_are_made_some_at_a_time_and_in_order() -> None:
    now, most = 0, 0
    told: list[int] = []

    async def make(number: int) -> int:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        return number

    assert await many(40, 8, make, told.append) == list(range(40))
    assert 1 < most <= 8
    assert told == list(range(1, 41))


async def test_the_first_that_cannot_be_made_ends_it() -> None:
    async def make(number: int) -> int:
        if number == 3:
            raise ParvisError("the homeserver refuses")
        await asyncio.sleep(60)
        return number

    async with asyncio.timeout(5):
        with pytest.raises(ParvisError, match="refuses"):
            await many(40, 8, make)
    assert [task for task in asyncio.all_tasks() if not task.done() and not task.cancelling()] == [
        asyncio.current_task()
    ]
