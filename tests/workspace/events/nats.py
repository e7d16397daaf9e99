"""A real NATS with JetStream, for the tests of the relay."""

from __future__ import annotations

import asyncio
import shutil
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from dataclasses import dataclass
from pathlib import Path

#: Ports of the workspace's tests.
_PORTS = range(22_000, 22_100)
_READY_SECONDS = 15.0


@dataclass
class Nats:
    """One server, whose data outlives `kill` and `start`."""

    folder: Path
    port: int
    process: Process | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it, and wait until it listens."""
        program = Path(sys.executable).with_name("nats-server")
        self.process = await asyncio.create_subprocess_exec(
            str(program if program.exists() else shutil.which("nats-server")),
            *("-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", str(self.folder)),
            stdout=DEVNULL,
            stderr=DEVNULL,
        )
        async with asyncio.timeout(_READY_SECONDS):
            while not await self._listens():  # noqa: ASYNC110  # a process that starts tells nobody
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def _listens(self) -> bool:
        try:
            _reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True


def free_port() -> int:
    """A port of our range that nobody listens on."""
    for port in _PORTS:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise RuntimeError(f"no free port in {_PORTS}")
