"""Batches."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import chain

import pytest

from bridge.batching import Batcher


class Doubler:
    """Doubles numbers, slowly; -1 fails alone, -2 fails all."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.began, self.go = asyncio.Event(), asyncio.Event()

    async def together(self, numbers: Sequence[int]) -> Sequence[int | Exception]:
        self.batches.append(list(numbers))
        self.began.set()
        await asyncio.sleep(0)  # an answer takes a while
        await self.go.wait()
        if -2 in numbers:
            raise ValueError("all")
        return [KeyError("one") if number == -1 else number * 2 for number in numbers]


async def test_what_comes_while_one_is_under_way_goes_together_in_order() -> None:
    doubler = Doubler()
    double: Batcher[int, int] = Batcher(doubler.together, 10)
    calls = [asyncio.create_task(double(number)) for number in range(5)]
    await asyncio.sleep(0)
    doubler.go.set()
    assert await asyncio.gather(*calls) == [0, 2, 4, 6, 8]
    assert list(chain.from_iterable(doubler.batches)) == [0, 1, 2, 3, 4]
    assert len(doubler.batches) <= 2


async def test_a_batch_has_at_most_so_many() -> None:
    doubler = Doubler()
    doubler.go.set()
    double: Batcher[int, int] = Batcher(doubler.together, 2)
    assert await asyncio.gather(*(double(number) for number in range(5))) == [0, 2, 4, 6, 8]
    assert max(map(len, doubler.batches)) == 2


async def test_who_fails_alone_fails_alone() -> None:
    doubler = Doubler()
    doubler.go.set()
    double: Batcher[int, int] = Batcher(doubler.together, 10)
    results = await asyncio.gather(double(1), double(-1), double(2), return_exceptions=True)
    assert isinstance(results[1], KeyError)
    assert [results[0], results[2]] == [2, 4]


async def test_what_fails_for_all_is_raised_to_all_and_the_next_goes_on() -> None:
    doubler = Doubler()
    doubler.go.set()
    double: Batcher[int, int] = Batcher(doubler.together, 10)
    results = await asyncio.gather(double(1), double(-2), return_exceptions=True)
    assert any(isinstance(result, ValueError) for result in results)
    assert await double(3) == 6


async def test_who_is_cancelled_takes_nobody_along() -> None:
    doubler = Doubler()
    double: Batcher[int, int] = Batcher(doubler.together, 10)
    first, second = asyncio.create_task(double(1)), asyncio.create_task(double(2))
    await doubler.began.wait()
    first.cancel()
    doubler.go.set()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await second == 4


async def test_where_more_are_worth_a_call_it_waits_for_them() -> None:
    doubler = Doubler()
    doubler.go.set()
    double: Batcher[int, int] = Batcher(doubler.together, 10, enough=lambda: 3, patience=60.0)
    calls = [asyncio.create_task(double(1)), asyncio.create_task(double(2))]
    await asyncio.sleep(0)
    assert doubler.batches == []
    assert await double(3) == 6
    assert await asyncio.gather(*calls) == [2, 4]
    assert doubler.batches == [[1, 2, 3]]


async def test_it_waits_for_others_no_longer_than_its_patience() -> None:
    doubler = Doubler()
    doubler.go.set()
    double: Batcher[int, int] = Batcher(doubler.together, 10, enough=lambda: 3, patience=0.01)
    assert await double(1) == 2
    assert doubler.batches == [[1]]


async def test_it_waits_for_no_more_than_a_batch_has() -> None:
    doubler = Doubler()
    doubler.go.set()
    double: Batcher[int, int] = Batcher(doubler.together, 2, enough=lambda: 5, patience=60.0)
    assert await asyncio.gather(double(1), double(2)) == [2, 4]
