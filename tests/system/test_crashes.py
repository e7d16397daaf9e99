"""Whatever is killed, whenever: nothing is lost, nothing comes twice, order is kept."""

from __future__ import annotations

import asyncio
import random
import re
import time

import pytest

from parvis.browser import Refused
from parvis.chat.agent import Seen
from parvis.errors import ParvisError
from parvis.tour.cast import Actor
from tests.system.conftest import PARVIS, Stack
from tests.system.killing import back, kill

pytestmark = pytest.mark.system

EVENTS, KILLS_EACH = 200, 2
VICTIMS = ("bridge", "relay", "nats", "synapse-hub", "web")
#: Seconds for which all may take to arrive after the last event.
_ARRIVE = 240.0


class Room:
    """What Inès reads of the documents in a room, in the order in which her client has it."""

    def __init__(self, ines: Actor, room: str) -> None:
        self._room = room
        self.numbers: list[int] = []
        self._all = asyncio.Event()
        ines.client.watchers.append(self._saw)

    def _saw(self, seen: Seen) -> None:
        first = seen.body.split("\n")[0]
        if seen.room_id == self._room and seen.sender == PARVIS and first.startswith("📄 Événement "):
            self.numbers.append(int(first.rsplit(" ", 1)[1]))
            if len(set(self.numbers)) == EVENTS:
                self._all.set()

    async def complete(self) -> None:
        """Wait until all have come, or too long."""
        try:
            async with asyncio.timeout(_ARRIVE):
                await self._all.wait()
        except TimeoutError:
            missing = sorted(set(range(EVENTS)) - set(self.numbers))
            pytest.fail(f"{len(missing)} have not come, the first is {missing[0]}")


async def create(camille: Actor, folder: str, number: int) -> None:
    """One document, once: where the answer was lost with its sender, it is looked up whether it is there."""
    title, deadline = f"Événement {number:04d}", time.monotonic() + 60
    while True:
        try:
            await camille.browser.create_document(title, "", folder)
            return
        except ParvisError as error:
            if isinstance(error, Refused) and error.status < 500:
                raise
            if time.monotonic() > deadline:
                raise
        await back(camille)
        there = await camille.browser.api("GET", "documents/?limit=5")
        if any(document["title"] == title for document in there["results"]):
            return


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(20261123),
        *(pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2, 3)),
    ],
)
async def test_whatever_is_killed_nothing_is_lost_or_doubled_and_order_is_kept(
    stack: Stack, camille: Actor, ines: Actor, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(seed)
    kills = {moment: part for part in VICTIMS for moment in chance.sample(range(10, EVENTS), KILLS_EACH)}
    with capsys.disabled():
        print(f"\nseed {seed}: {dict(sorted(kills.items()))}")
    room = await stack.room(camille, ines)
    folder = await stack.bound_folder(camille, room)
    # Each event is looked for by its own card here; a flood would be one card that counts.
    await camille.asks(room, "!parvis settings floods off", PARVIS, for_="floods")
    reading = Room(ines, room)
    async with asyncio.TaskGroup() as killers:
        for number in range(EVENTS):
            if number in kills:
                killers.create_task(kill(stack, kills[number], chance.uniform(0.0, 0.5)))
            await create(camille, folder["id"], number)
    await reading.complete()
    # Whoever has been killed obeys again, and what comes now comes after all that could still come twice.
    other = await stack.room(camille, ines)
    await stack.bound_folder(camille, other)
    last = await camille.browser.create_document("Après tout", "", folder["id"])
    await ines.hears(room, PARVIS, re.escape(last["url"]))
    assert reading.numbers == sorted(set(reading.numbers)), "twice, or out of order"
    listed = await asyncio.to_thread(stack.parvis, "deliveries", "list", "--state", "dead", "--json")
    assert '"dead": 0' in listed.stdout
