"""The measurements: raw sends, the bridge's deliveries of as many events, and how long one takes to be read."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import psutil

from parvis.bench.people import PlainClient
from parvis.bench.world import World
from parvis.chat.agent import Seen
from parvis.errors import ParvisError
from parvis.tour.cast import Actor

#: Milliseconds of processor time an event that are not worth a word.
_LITTLE = 0.1
#: Seconds for which everything may take to arrive.
_PATIENCE = 300.0
#: Seconds between two events where it is measured how long one takes: what a busy room sees, not a queue.
_PAUSE = 0.25
#: Seconds without news after which what has not arrived is lost.
_SILENT = 20.0
#: Seconds between two looks at what the bridge has sent.
_LOOK = 0.1


@dataclass(frozen=True)
class Bound:
    """A room with the folder that it is bound to, and how many documents were made in it."""

    room: str
    folder: str


@dataclass(frozen=True)
class Rate:
    """So many events in so many seconds, and what each cost each part's processor, in milliseconds."""

    events: int
    seconds: float
    cpu_ms: dict[str, float]

    @property
    def per_second(self) -> float:
        """Events a second."""
        return self.events / self.seconds


async def raw(
    world: World,
    client: PlainClient,
    rooms: list[str],
    each: int,
    content: dict[str, Any],
    patience: float = _PATIENCE,
) -> Rate:
    """Sends of a plain client: one request in flight a room, as order asks."""

    async def fill(room: str) -> None:
        for _ in range(each):
            await client.send(room, content)

    async def work() -> None:
        await asyncio.gather(*(fill(room) for room in rooms))

    return await _timed(world, len(rooms) * each, work, patience)


async def bridged(world: World, camille: Actor, bound: list[Bound], each: int, prefix: str, reader: Arrivals) -> Rate:
    """Deliveries of as many documents in the folder of each room."""

    async def make() -> None:
        for number in range(each):
            await asyncio.gather(
                *(camille.browser.create_document(title(prefix, number), "", one.folder) for one in bound)
            )

    return await held_back(world, make, len(bound) * each, reader)


async def held_back(
    world: World,
    make: Callable[[], Awaitable[None]],
    deliveries: int,
    reader: Arrivals,
    patience: float = _PATIENCE,
) -> Rate:
    """Deliveries of events that wait: the bridge stands still while `make` makes them, and then goes on.

    Ends when the last is in its room, as the bridge has it from the hub; that they can be read is counted later.
    """
    bridge = world.process("bridge")
    bridge.send_signal(signal.SIGSTOP)
    try:
        await make()
        await asyncio.sleep(1.0)  # the relay's last batch, and the workspace's own work, are not to be measured
    finally:
        sent_before = await reader.sent()
        bridge.send_signal(signal.SIGCONT)
    return await _timed(world, deliveries, lambda: reader.until_sent(sent_before + deliveries), patience)


def title(prefix: str, number: int | None = None) -> str:
    """The title of one document of the bench: its number says its place. Without one, how the titles begin."""
    return f"Mesure {prefix} " + ("" if number is None else f"{number:05d}")


async def _timed(world: World, events: int, work: Callable[[], Awaitable[object]], patience: float) -> Rate:
    before, began = world.cpu_seconds(), time.perf_counter()
    async with asyncio.timeout(patience):
        await work()
    seconds = time.perf_counter() - began
    used = {name: (after - before.get(name, 0.0)) * 1000 / events for name, after in world.cpu_seconds().items()}
    return Rate(events, seconds, {name: round(ms, 2) for name, ms in used.items() if ms >= _LITTLE})


class Memory:
    """How much memory a part has at most, as long as it is watched. It is looked at; what comes and goes in between is
    not seen.
    """

    def __init__(self, world: World, part: str) -> None:
        self._world = world
        self._part = part
        self._peak = 0

    @property
    def peak_mib(self) -> float:
        """The most that was seen of its resident set, in MiB."""
        return round(self._peak / 2**20, 1)

    def look(self) -> None:
        """See what it has now. Raises `ParvisError` or `psutil.Error` where it does not run."""
        self._peak = max(self._peak, self._world.process(self._part).memory_info().rss)

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            with contextlib.suppress(ParvisError, psutil.NoSuchProcess):
                self.look()
            await asyncio.sleep(_LOOK)


class Arrivals:
    """What an agent of another homeserver has read, and when; and what the bridge says that it has sent."""

    def __init__(self, ines: Actor, parvis: str, sent: Callable[[], Awaitable[int]]) -> None:
        self._ines = ines
        self._parvis = parvis
        self.sent = sent
        self.at: dict[str, float] = {}
        self.order: dict[str, list[str]] = {}
        self._news = asyncio.Event()
        ines.client.watchers.append(self._saw)

    def _saw(self, seen: Seen) -> None:
        if seen.sender != self._parvis or not seen.body.startswith("📄"):
            return
        name = seen.body.split("\n")[0].removeprefix("📄 ")
        self.order.setdefault(seen.room_id, []).append(name)
        self.at.setdefault(name, time.perf_counter())
        self._news.set()

    async def until_sent(self, count: int) -> None:
        """Wait until the bridge has sent so many."""
        while await self.sent() < count:  # noqa: ASYNC110 - another process' database announces nothing
            await asyncio.sleep(_LOOK)

    async def until_read(self, rooms: list[str], prefix: str, each: int) -> None:
        """Wait until so many of those have arrived in each room, or nothing arrives any more."""
        while any(len(self._read(room, prefix)) < each for room in rooms):
            self._news.clear()
            try:
                async with asyncio.timeout(_SILENT):
                    await self._news.wait()
            except TimeoutError:
                return

    def _read(self, room: str, prefix: str) -> list[str]:
        return [name for name in self.order.get(room, ()) if name.startswith(title(prefix))]

    def mistakes(self, rooms: list[str], prefix: str, each: int) -> dict[str, int]:
        """How many of those are lost, duplicated, out of order."""
        wanted = [title(prefix, number) for number in range(each)]
        lost = duplicated = reordered = 0
        for room in rooms:
            there = self._read(room, prefix)
            lost += len(set(wanted) - set(there))
            duplicated += len(there) - len(set(there))
            firsts = list(dict.fromkeys(there))
            reordered += sum(before > after for before, after in pairwise(firsts))
        return {"lost": lost, "duplicated": duplicated, "reordered": reordered}


async def latencies(camille: Actor, bound: Bound, reader: Arrivals, count: int) -> list[float]:
    """Seconds from the call of the API to the decryption on the other homeserver, one event after the other."""
    taken: list[float] = []
    for number in range(count):
        name = title("latence", number)
        began = time.perf_counter()
        await camille.browser.create_document(name, "", bound.folder)
        try:
            async with asyncio.timeout(_PATIENCE):
                while name not in reader.at:
                    reader._news.clear()  # noqa: SLF001 - one module
                    await reader._news.wait()  # noqa: SLF001
        except TimeoutError as error:
            raise ParvisError(f"{name} was never read.") from error
        taken.append(reader.at[name] - began)
        await asyncio.sleep(_PAUSE)
    return taken
