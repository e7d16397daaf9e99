"""Runs the parts: in the order of their needs, again when they die, and all of them to their end.

Each part is a process group of its own. It is told to end when the supervisor ends, however that comes about.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from parvis import status
from parvis.layout import HOST, Layout
from parvis.part import Part, State
from parvis.status import PartStatus, Status

#: Seconds between two looks at whether a part is ready.
_LOOK = 0.05
#: Pause before a part that died is started again, doubled each time it dies young, in seconds.
_FIRST_PAUSE, _LONGEST_PAUSE, _YOUNG = 0.5, 30.0, 20.0
#: A log that is larger when its part starts is set aside (one generation is kept).
_LOG_BYTES = 20 * 1024 * 1024

Watcher = Callable[[PartStatus], None]


class CannotStart(Exception):
    """A part did not get ready the first time. `part` is its name; the message says why and where to look."""

    def __init__(self, part: str, why: str) -> None:
        super().__init__(f"{part} did not start: {why}")
        self.part = part


@dataclass
class Supervisor:
    """Runs `parts`. `watcher` is told of each change. `run` returns when `stop` was called and all have ended."""

    layout: Layout
    parts: Sequence[Part]
    watcher: Watcher = lambda _status: None
    _told: dict[str, PartStatus] = field(default_factory=dict)
    _ready: dict[str, asyncio.Event] = field(default_factory=dict)
    _gone: dict[str, asyncio.Event] = field(default_factory=dict)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _all_ready: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        names = {part.name for part in self.parts}
        for part in self.parts:
            if missing := part.needs - names:
                raise ValueError(f"{part.name} needs {', '.join(sorted(missing))}, which is not there")
            self._ready[part.name] = asyncio.Event()
            self._gone[part.name] = asyncio.Event()
            self._told[part.name] = PartStatus(part.name, part.title, State.WAITING, since=status.now())

    def stop(self) -> None:
        """Have everything end, those that need others first."""
        self._stopping.set()

    async def ready(self) -> bool:
        """Wait until every part was ready once. False if it was stopped before."""
        waits = [asyncio.ensure_future(event.wait()) for event in (self._all_ready, self._stopping)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        return self._all_ready.is_set()

    async def run(self) -> None:
        """Run everything until `stop`. Raises `CannotStart` (the first, when all have ended) if a part cannot."""
        self._save()
        try:
            async with asyncio.TaskGroup() as group:
                for part in self.parts:
                    group.create_task(self._keep(part), name=part.name)
        except* CannotStart as errors:
            raise errors.exceptions[0] from None
        finally:
            self._save()

    async def _keep(self, part: Part) -> None:
        """One part, from its turn to its end."""
        try:
            for need in sorted(part.needs):
                await self._unless_stopping(self._ready[need])
            pause = _FIRST_PAUSE
            while not self._stopping.is_set():
                began = status.now()
                if await self._live(part):
                    return
                pause = min(pause * 2, _LONGEST_PAUSE) if status.now() - began < _YOUNG else _FIRST_PAUSE
                await self._unless_stopping(asyncio.Event(), pause)
        except CannotStart:
            self.stop()
            raise
        finally:
            self._tell(part, State.STOPPED, pid=None)
            self._gone[part.name].set()

    async def _live(self, part: Part) -> bool:
        """One life of a part. True if it is over for good, False if it died and should live again."""
        first = not self._ready[part.name].is_set()
        for port in part.ports:
            if (user := _user_of(port)) is not None and first:
                raise CannotStart(part.name, f"port {port} is taken{user}. Try another --port-shift, or free it.")
        process = await self._start(part)
        ended = asyncio.ensure_future(process.wait())
        problem = await self._until_ready(part, ended)
        if problem is None and part.once:
            return await self._finish_once(part)
        if problem is None:
            await asyncio.wait(
                [ended, stopping := asyncio.ensure_future(self._stopping.wait())], return_when=asyncio.FIRST_COMPLETED
            )
            stopping.cancel()
        if self._stopping.is_set():
            await self._end(part, process, ended)
            return True
        await self._kill_group(process, ended)
        problem = problem or f"it ended by itself ({_words(process.returncode)})"
        if first and not self._ready[part.name].is_set():
            raise CannotStart(part.name, f"{problem}. Its log: {self._log(part)}")
        told = self._told[part.name]
        self._tell(part, State.RESTARTING, pid=None, restarts=told.restarts + 1, problem=problem)
        return False

    async def _finish_once(self, part: Part) -> bool:
        await self._stopping.wait()
        return True

    async def _start(self, part: Part) -> asyncio.subprocess.Process:
        self._tell(part, State.STARTING, pid=None)
        self.layout.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._log(part)
        if path.exists() and path.stat().st_size > _LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        with path.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *part.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(part.environment),
                cwd=part.folder or self.layout.home,
                start_new_session=True,  # Ctrl-C is ours; the parts end in their order
                preexec_fn=_die_with_parent,
            )
        self._tell(part, State.STARTING, pid=process.pid)
        return process

    async def _until_ready(self, part: Part, ended: asyncio.Future[int]) -> str | None:
        """Wait until the part does its work. What is wrong otherwise, in words; None also when it is to stop."""
        deadline = status.now() + part.start_seconds
        while not self._stopping.is_set():
            if ended.done():
                if part.once and ended.result() == 0:
                    self._is_ready(part)
                    return None
                return f"it ended by itself ({_words(ended.result())})"
            if not part.once and (part.probe is None or await part.probe()):
                self._is_ready(part)
                return None
            if status.now() > deadline:
                return f"it was not ready after {part.start_seconds:.0f} s"
            await asyncio.wait([ended], timeout=_LOOK)
        return None

    def _is_ready(self, part: Part) -> None:
        took = round(status.now() - self._told[part.name].since, 2)
        self._tell(part, State.READY, ready_seconds=took, problem=None)
        self._ready[part.name].set()
        if all(event.is_set() for event in self._ready.values()):
            self._all_ready.set()

    async def _end(self, part: Part, process: asyncio.subprocess.Process, ended: asyncio.Future[int]) -> None:
        """End a part, once those that need it have ended."""
        for other in self.parts:
            if part.name in other.needs:
                await self._gone[other.name].wait()
        self._tell(part, State.STOPPING)
        if not ended.done():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await asyncio.wait([ended], timeout=part.stop_seconds)
        await self._kill_group(process, ended)

    async def _kill_group(self, process: asyncio.subprocess.Process, ended: asyncio.Future[int]) -> None:
        """Whatever is left of the part's process group ends now."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await ended

    async def _unless_stopping(self, event: asyncio.Event, seconds: float | None = None) -> None:
        waits = [asyncio.ensure_future(event.wait()), asyncio.ensure_future(self._stopping.wait())]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    def _tell(self, part: Part, state: State, **more: object) -> None:
        told = self._told[part.name]
        since = told.since if told.state is state else status.now()
        self._told[part.name] = replace(told, state=state, since=since, **more)  # type: ignore[arg-type]
        self._save()
        self.watcher(self._told[part.name])

    def _save(self) -> None:
        status.save(self.layout, Status(os.getpid(), tuple(self._told.values())))

    def _log(self, part: Part) -> Path:
        return self.layout.logs / f"{part.name}.log"


def _words(code: int | None) -> str:
    if code is not None and code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"


def _user_of(port: int) -> str | None:
    """None if `port` is free; else who has it, as far as it can be known."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return ""
    return None


def _die_with_parent() -> None:
    """On Linux, ask the kernel to end this process when the supervisor ends, even by SIGKILL (prctl(2))."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
