"""What the bench counts: nothing is called lost that is only late, and what is wrong is seen."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from bots.framework.trust import Trust
from parvis.bench.measure import Arrivals, title
from parvis.chat.agent import Seen

PARVIS = "@parvis:a.test"


def card(number: int, prefix: str = "dix", room: str = "!r", sender: str = PARVIS) -> Seen:
    return Seen("$e", room, sender, f"📄 {title(prefix, number)}\nmore", None, encrypted=True, trust=Trust.CROSS_SIGNED)


async def nothing() -> int:
    return 0


@pytest.fixture
def arrivals() -> Arrivals:
    reader = SimpleNamespace(client=SimpleNamespace(watchers=[]))
    return Arrivals(reader, PARVIS, nothing)  # type: ignore[arg-type]


def arrive(arrivals: Arrivals, *cards: Seen) -> None:
    for one in cards:
        arrivals._ines.client.watchers[0](one)


async def test_those_of_another_measurement_are_not_waited_for_in_their_place(arrivals: Arrivals) -> None:
    arrive(arrivals, *(card(number, "un") for number in range(20)))
    waiting = asyncio.create_task(arrivals.until_read(["!r"], "dix", 2))
    await asyncio.sleep(0)
    arrive(arrivals, card(0))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    arrive(arrivals, card(1))
    async with asyncio.timeout(5):
        await waiting
    assert arrivals.mistakes(["!r"], "dix", 2) == {"lost": 0, "duplicated": 0, "reordered": 0}


async def test_what_never_comes_is_waited_for_within_a_bound(
    arrivals: Arrivals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parvis.bench.measure._SILENT", 0.01)
    await arrivals.until_read(["!r"], "dix", 2)
    assert arrivals.mistakes(["!r"], "dix", 2)["lost"] == 2


async def test_what_is_lost_doubled_or_out_of_order_is_counted(arrivals: Arrivals) -> None:
    arrive(arrivals, *(card(number) for number in (0, 2, 1, 1, 4)), card(3, sender="@mallory:a.test"))
    arrive(arrivals, card(0, room="!s"))
    assert arrivals.mistakes(["!r"], "dix", 5) == {"lost": 1, "duplicated": 1, "reordered": 1}
