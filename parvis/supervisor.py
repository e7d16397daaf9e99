"""Runs the parts: in the order of their needs, again when they die, and all of them to their end.

Each part is a process group of its own. It ends when the supervisor ends, however that comes about (`launch`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from parvis import status
from parvis.errors import NotStarted, ParvisError, PortTaken
from parvis.layout import Layout
from parvis.part import Part, State, Step, Work
from parvis.ports import is_free, user_of
from parvis.process import Process
from parvis.status import PartStatus, Phase, Status

#: Seconds between two looks at whether a part is ready, and the bound of one look.
_LOOK, _LOOK_BOUND = 0.05, 5.0

Watcher = Callable[[PartStatus], None]


@dataclass
class Supervisor:
    """Runs `works`. `watcher` is told of each change. `run` returns when `stop` was called and all have ended."""

    layout: Layout
    works: Sequence[Work]
    watcher: Watcher = lambda _status: None
    _told: dict[str, PartStatus] = field(default_factory=dict)
    _ready: dict[str, asyncio.Event] = field(default_factory=dict)
    _gone: dict[str, asyncio.Event] = field(default_factory=dict)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _killing: asyncio.Event = field(default_factory=asyncio.Event)
    _all_ready: asyncio.Event = field(default_factory=asyncio.Event)
    _failure: ParvisError | None = None
    _began: float = field(default_factory=time.time)

    def __post_init__(self) -> None:
        _check_needs(self.works)
        for work in self.works:
            self._ready[work.name] = asyncio.Event()
            self._gone[work.name] = asyncio.Event()
            self._told[work.name] = PartStatus(
                work.name, work.title, State.WAITING, since=self._began, step=isinstance(work, Step)
            )

    @property
    def status(self) -> Status:
        """What everything is doing."""
        ended = all(event.is_set() for event in self._gone.values())
        if ended or self._stopping.is_set():
            phase = Phase.STOPPED if ended else Phase.STOPPING
        else:
            phase = Phase.RUNNING if self._all_ready.is_set() else Phase.STARTING
        parts = tuple(self._told.values())
        why = (str(self._failure), self._failure.advice, self._failure.exit_code) if self._failure else ()
        return Status(os.getpid(), phase, parts, self.layout.port_shift, self._began, *why)

    def stop(self) -> None:
        """Have everything end, what needs others first. Said again, it all ends at once."""
        if self._stopping.is_set():
            self._killing.set()
        self._stopping.set()

    async def stopping(self) -> None:
        """Wait until everything is to end."""
        await self._stopping.wait()

    async def ready(self) -> bool:
        """Wait until everything was ready once. False if it was stopped before."""
        await _first(self._all_ready, self._stopping)
        return self._all_ready.is_set()

    async def run(self) -> None:
        """Run everything until `stop`. Raises `NotStarted` (the first, when all have ended) if something cannot."""
        self._save()
        try:
            async with asyncio.TaskGroup() as group:
                for work in self.works:
                    group.create_task(self._keep(work), name=work.name)
        except* ParvisError as errors:
            raise errors.exceptions[0] from None
        finally:
            self._stopping.set()  # nobody is to wait any more, whatever ended it
            self._save()

    async def _keep(self, work: Work) -> None:
        """One part or step, from its turn to its end."""
        try:
            for need in sorted(work.needs):
                await _first(self._ready[need], self._stopping)
            if isinstance(work, Step):
                await self._do(work)
            else:
                await self._keep_alive(work)
        except ParvisError as error:
            # Those that end because of it are not to be taken for the cause, so this does not cancel them.
            if self._failure is None:
                self._failure = error
                self._stopping.set()
                raise
        finally:
            self._gone[work.name].set()
            self._tell(work, State.STOPPED, pid=None)

    async def _do(self, step: Step) -> None:
        """A step: its work, then nothing until the end."""
        if not self._stopping.is_set():
            self._tell(step, State.STARTING)
            work, stop = asyncio.ensure_future(step.work()), asyncio.ensure_future(self._stopping.wait())
            try:
                await asyncio.wait([work, stop], return_when=asyncio.FIRST_COMPLETED)
                if work.done():
                    work.result()
                    self._is_ready(step)
            finally:
                await _cancel(work, stop)
        await self._stopping.wait()
        await self._dependents_gone(step)

    async def _keep_alive(self, part: Part) -> None:
        """A part's lives, with pauses between them."""
        if taken := [] if self._stopping.is_set() else [port for port in part.ports if not is_free(port)]:
            advice = "Stop that program, or move all of Parvis: parvis up --port-shift 100."
            raise PortTaken(f"{part.name} needs port {taken[0]}, which {user_of(taken[0])} has.", advice)
        pause = 0.0
        while not self._stopping.is_set():
            began = time.monotonic()
            problem = await self._live(part)
            if self._stopping.is_set() or problem is None:
                return
            told = self._told[part.name]
            if not self._ready[part.name].is_set() and told.restarts + 1 >= part.restart.tries:
                raise NotStarted(f"{part.name} did not start: {problem}.", f"Its log: {self.layout.log(part.name)}")
            pause = part.restart.pause_after(pause, time.monotonic() - began)
            self._tell(part, State.RESTARTING, pid=None, restarts=told.restarts + 1, problem=problem)
            await _first(self._stopping, seconds=pause)

    async def _live(self, part: Part) -> str | None:
        """One life of a part, to its end. What was wrong, in words; None where it ended because it was told to."""
        self._tell(part, State.STARTING, pid=None, warning=None)
        try:
            process = await Process.start(
                part, self.layout.log(part.name), self.layout.run, lambda warning: self._warn(part, warning)
            )
        except OSError as error:
            return f"{part.command[0]} cannot be started ({error.strerror})"
        try:
            self._tell(part, State.STARTING, pid=process.pid)
            problem = await self._until_ready(part, process)
            if problem is None:
                await _first(self._stopping, or_ended=process.ended)
            if self._stopping.is_set():
                await self._end(part, process)
                return None
        finally:
            await process.finish()
        if problem is None or process.returncode:
            problem = ": ".join(filter(None, (problem or process.how_it_ended(), process.last_words())))
        return problem

    async def _until_ready(self, part: Part, process: Process) -> str | None:
        """Wait until the part does its work. What is wrong otherwise, in words; None also when it is to stop."""
        deadline = time.monotonic() + part.start_seconds
        while not self._stopping.is_set():
            if process.ended.done():
                return process.how_it_ended()
            if part.probe is None or await _answers(part, process):
                self._is_ready(part)
                return None
            if time.monotonic() > deadline:
                process.tell(part.stop_signal)
                return f"it was not ready after {part.start_seconds:.0f} s"
            await _first(self._stopping, or_ended=process.ended, seconds=_LOOK)
        return None

    async def _end(self, part: Part, process: Process) -> None:
        """End a part, once those that need it have ended."""
        await self._dependents_gone(part, process)
        self._tell(part, State.STOPPING)
        process.tell(part.stop_signal)
        await _first(self._killing, or_ended=process.ended, seconds=part.stop_seconds)

    async def _dependents_gone(self, work: Work, process: Process | None = None) -> None:
        """Wait until what needs `work` has ended, unless there is no time, or its own process ends by itself."""
        for other in self.works:
            if work.name in other.needs:
                await _first(self._gone[other.name], self._killing, or_ended=process.ended if process else None)

    def _is_ready(self, work: Work) -> None:
        took = round(time.time() - self._told[work.name].since, 2)
        self._ready[work.name].set()
        if all(event.is_set() for event in self._ready.values()):
            self._all_ready.set()
        self._tell(work, State.READY, ready_seconds=took)

    def _tell(self, work: Work, state: State, **more: Any) -> None:
        told = self._told[work.name]
        since = told.since if told.state is state else time.time()
        self._told[work.name] = replace(told, state=state, since=since, **more)
        self._save()
        self.watcher(self._told[work.name])

    def _warn(self, part: Part, warning: str | None) -> None:
        self._tell(part, self._told[part.name].state, warning=warning)

    def _save(self) -> None:
        with contextlib.suppress(OSError):  # a full disk: what others read is old then, and the parts go on
            status.save(self.layout, self.status)


def _check_needs(works: Sequence[Work]) -> None:
    """Everything that is needed is there, and comes before what needs it."""
    known: set[str] = set()
    for work in works:
        if missing := work.needs - known:
            raise ValueError(f"{work.name} needs {', '.join(sorted(missing))}, which is not listed before it")
        known.add(work.name)


async def _answers(part: Part, process: Process) -> bool:
    """Whether the part does its work now; False where it ends or says nothing within the bound."""
    assert part.probe is not None  # noqa: S101 - see the caller
    look = asyncio.ensure_future(part.probe())
    try:
        await asyncio.wait([look, process.ended], timeout=_LOOK_BOUND, return_when=asyncio.FIRST_COMPLETED)
        return look.done() and look.result()
    finally:
        await _cancel(look)


async def _first(
    *events: asyncio.Event, or_ended: asyncio.Future[int] | None = None, seconds: float | None = None
) -> None:
    """Wait until one of them happens, at most so long."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        both: list[asyncio.Future[Any]] = [*waits, or_ended] if or_ended else [*waits]
        await asyncio.wait(both, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _cancel(*waits)


async def _cancel(*waits: asyncio.Future[Any]) -> None:
    for wait in waits:
        wait.cancel()
    await asyncio.gather(*waits, return_exceptions=True)
