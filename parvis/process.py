"""One process of a part: started in a group of its own, its output kept, ended within bounds; or of a step."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from parvis import launch
from parvis.errors import NotStarted
from parvis.logfile import LogFile
from parvis.part import Part

_CHUNK = 64 * 1024
#: Lines of its end that are kept to say why it ended.
_LAST_LINES = 40
#: Seconds that what was killed may take to be gone, and that what is left of it may keep its output open.
_DRAIN_SECONDS = 2.0

#: Told why the log cannot be written, in words, once; and None when it can be again.
LogWatcher = Callable[[str | None], None]


def launched(command: Sequence[str]) -> tuple[str, ...]:
    """The command that runs `command` and ends it when we are gone, however that comes about."""
    return (sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), *command)


async def run(command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run a command to its end. Raises `NotStarted` with its last words."""
    process = await asyncio.create_subprocess_exec(
        *launched(command),
        env=dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        lines = said.decode(errors="replace").strip().splitlines()
        raise NotStarted(f"{' '.join(command[1:])} ended with code {process.returncode}: {lines[-1] if lines else ''}")


@dataclass(frozen=True)
class Pipe:
    """Where a part writes, and what it has written.

    Of our own, because asyncio's would not tell that a process has ended before everybody has let go of its output, and
    what a part has started may hold it for long.
    """

    writer: int
    output: asyncio.StreamReader
    transport: asyncio.ReadTransport

    @classmethod
    async def open(cls) -> Pipe:
        """A new one. Whoever has given `writer` to a process closes it here."""
        reader, writer = os.pipe()
        output = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(output), os.fdopen(reader, "rb", buffering=0)
        )
        return cls(writer, output, transport)

    def close(self) -> None:
        """Read no more."""
        self.transport.close()


class Process:
    """A part that runs. `ended` is done when its process has ended."""

    def __init__(self, process: asyncio.subprocess.Process, pipe: Pipe, log: LogFile, watcher: LogWatcher) -> None:
        self._process = process
        self._pipe = pipe
        self._log = log
        self._log_watcher = watcher
        self._last: deque[str] = deque(maxlen=_LAST_LINES)
        self.ended = asyncio.ensure_future(process.wait())
        self._output = asyncio.ensure_future(self._keep_output())

    @classmethod
    async def start(cls, part: Part, log: Path, folder: Path, watcher: LogWatcher = lambda _: None) -> Process:
        """Start the part. Raises `OSError` where that cannot be done."""
        with contextlib.ExitStack() as undo:
            file = LogFile(log)
            undo.callback(file.close)
            pipe = await Pipe.open()
            undo.callback(pipe.close)
            try:
                process = await asyncio.create_subprocess_exec(
                    *launched(part.command),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=pipe.writer,
                    stderr=pipe.writer,
                    env=dict(part.environment),
                    cwd=part.folder or folder,
                    start_new_session=True,  # Ctrl-C is ours; the parts end in their order
                )
            finally:
                os.close(pipe.writer)
            undo.pop_all()
        return cls(process, pipe, file, watcher)

    @property
    def pid(self) -> int:
        """Its process id, which is its group's too."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """How it ended, None while it runs."""
        return self._process.returncode

    def tell(self, number: int) -> None:
        """Send it a signal, if it is still there."""
        if not self.ended.done():
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def finish(self) -> None:
        """End what is left of its group at once, and let go of the log."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        await asyncio.wait([self.ended, self._output], timeout=_DRAIN_SECONDS)
        self._output.cancel()
        await asyncio.gather(self._output, return_exceptions=True)
        self._pipe.close()
        self._log.close()

    def last_words(self) -> str:
        """The last line that it wrote that says something, at most 300 characters."""
        lines = [line.strip() for line in self._last]
        return next((line[:300] for line in reversed(lines) if line), "")

    def how_it_ended(self) -> str:
        """In words."""
        code = self.returncode
        if code is not None and code < 0:
            return f"it was killed by {signal.Signals(-code).name}"
        return f"it ended by itself with code {code}"

    async def _keep_output(self) -> None:
        """Read it to its end: a part that nobody reads stands still. What the disk does not take is lost."""
        problem: str | None = None
        while chunk := await self._pipe.output.read(_CHUNK):
            self._last.extend(chunk.decode(errors="replace").splitlines())
            before = problem
            try:
                self._log.write(chunk)
                problem = None
            except OSError as error:
                problem = f"its log cannot be written ({error.strerror})"
            if problem != before:
                self._log_watcher(problem)
