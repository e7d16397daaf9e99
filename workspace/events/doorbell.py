"""A doorbell between processes of one machine: an empty datagram on a local socket says "look now".

It carries nothing and may get lost: whoever waits for it looks by itself after a while too.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from pathlib import Path

from django.conf import settings

logger = logging.getLogger(__name__)

#: The bell of the relay.
OUTBOX = "outbox"


def _path(name: str) -> Path:
    return Path(settings.PARVIS.run_dir) / f"{name}.bell"


def ring(name: str) -> None:
    """Ring `name`'s bell. Nobody there, or a full socket: they look by themselves."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
        bell.setblocking(False)
        try:
            bell.sendto(b"", str(_path(name)))
        except OSError as error:
            logger.debug("bell %s not heard: %s", name, error.strerror)


class Bell(asyncio.DatagramProtocol):
    """The side that waits. `await Bell.hang(name)`, then `await bell.wait(seconds)`."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._rung.set()

    @classmethod
    async def hang(cls, name: str) -> Bell:
        """Listen at `name`'s bell, in place of whoever did."""
        path = _path(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        bell_socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        bell_socket.bind(str(path))
        _transport, bell = await asyncio.get_running_loop().create_datagram_endpoint(cls, sock=bell_socket)
        return bell

    async def wait(self, seconds: float) -> None:
        """Until it rings, but at most `seconds`. A ring since the last wait counts."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), seconds)
        self._rung.clear()
