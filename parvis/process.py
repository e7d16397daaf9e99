"""One process of a part: started in a group of its own, its output kept, ended within bounds."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections import deque
from pathlib import Path

from parvis import launch
from parvis.logfile import LogFile
from parvis.part import Part

_CHUNK = 64 * 1024
#: Lines of its end that are kept to say why it ended.
_LAST_LINES = 40
#: Seconds that what is left of a killed group may keep its output open.
_DRAIN_SECONDS = 2.0


class Process:
    """A part that runs. `ended` is done when its process has ended."""

    def __init__(self, process: asyncio.subprocess.Process, log: LogFile) -> None:
        self._process = process
        self._log = log
        self._last: deque[str] = deque(maxlen=_LAST_LINES)
        self.ended = asyncio.ensure_future(process.wait())
        self._output = asyncio.ensure_future(self._keep_output())

    @classmethod
    async def start(cls, part: Part, log: Path, folder: Path) -> Process:
        """Start the part. Raises `OSError` where that cannot be done."""
        file = LogFile(log)
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", launch.__file__, str(os.getpid())),
                *part.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=dict(part.environment),
                cwd=part.folder or folder,
                start_new_session=True,  # Ctrl-C is ours; the parts end in their order
            )
        except BaseException:
            file.close()
            raise
        return cls(process, file)

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
        await self.ended
        await asyncio.wait([self._output], timeout=_DRAIN_SECONDS)
        self._output.cancel()
        await asyncio.gather(self._output, return_exceptions=True)
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
        stream = self._process.stdout
        assert stream is not None  # noqa: S101 - it is a pipe, see start
        while chunk := await stream.read(_CHUNK):
            self._log.write(chunk)
            self._last.extend(chunk.decode(errors="replace").splitlines())
