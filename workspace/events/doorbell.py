"""A doorbell between processes of one machine: an empty datagram on a local socket says "look now".

It carries nothing and may get lost: whoever waits for it looks by itself after a while too.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator
from pathlib import Path

from django.conf import settings

logger = logging.getLogger(__name__)

#: The bell of the relay.
OUTBOX = "outbox"


def ring(name: str) -> None:
    """Ring `name`'s bell, and those of others who listen beside it. Nobody there, or a full socket: they look by
    themselves.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
        bell.setblocking(False)
        beside = _beside(name)
        for path in (_path(name), *beside):
            try:
                bell.sendto(b"", str(path))
            except ConnectionRefusedError:
                if path in beside:
                    path.unlink(missing_ok=True)  # whoever hung it died, and nobody else hangs one in its place
            except OSError as error:
                logger.debug("doorbell.unheard bell=%s error=%s", path.stem, error)


class Bell(asyncio.DatagramProtocol):
    """The side that waits: `async with hung(name) as bell`, then `await bell.wait(seconds)`."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def datagram_received(self, data: bytes, addr: object) -> None:
        """It rang."""
        self._rung.set()

    async def wait(self, seconds: float) -> None:
        """Until it rings, but at most `seconds`. A ring since the last wait counts."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        self._rung.clear()

    async def rung(self) -> None:
        """Until it rings. A ring since the last time counts."""
        await self._rung.wait()
        self._rung.clear()


@contextlib.asynccontextmanager
async def hung(name: str, beside: str = "") -> AsyncIterator[Bell]:
    """`name`'s bell, in place of whoever listened there. One that cannot be hung never rings, and says so once.

    With `beside`, a word of one's own, it is another bell that rings when `name`'s does.
    """
    path = _path(f"{name}.{beside}" if beside else name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        try:
            path.unlink(missing_ok=True)
            listening.bind(str(path))
        except OSError as error:
            # A socket's path has at most 107 bytes (Linux).
            logger.warning("doorbell.not_hung bell=%s error=%s", name, error)
            yield Bell()
            return
        path.chmod(0o600)
        transport, bell = await asyncio.get_running_loop().create_datagram_endpoint(Bell, sock=listening)
        try:
            yield bell
        finally:
            transport.close()
            path.unlink(missing_ok=True)


def _beside(name: str) -> list[Path]:
    return list(_path(name).parent.glob(f"{name}.*.bell"))


def _path(name: str) -> Path:
    return settings.PARVIS.run_dir.absolute() / f"{name}.bell"
