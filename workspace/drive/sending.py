"""Sends downloads: each waits for its client without a thread, a turn or a connection to the database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing

from workspace.api.afterwards import Receive, Send, begin, end, gone, put, until_one_ends
from workspace.drive import service
from workspace.drive.opened import Download
from workspace.drive.store import StoreError
from workspace.drive.watching import Held, Watch

logger = logging.getLogger(__name__)

#: Parts that are read from the store at a time, whoever they are for.
READERS = 8
#: Bytes of a part that is read at once, at least and at most. Of each download two are in memory at most, so a client
#: that reads slowly has half a MiB here and one that reads fast eight. (SeaweedFS keeps objects in pieces of 4 MiB, and
#: to read one by halves costs it, and us, twice as much.)
_LEAST, _MOST = 1 << 18, 1 << 22
#: Seconds in which a client reads a part before the next ones are larger, or smaller.
_FAST, _SLOW = 0.25, 1.0
#: Bytes that are handed to the server at once. What it has cannot be taken back when a right is lost.
_PIECE = 1 << 17


class Downloads:
    """Those of one process."""

    def __init__(self) -> None:
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="downloads")
        self._watch = Watch()

    async def serve(self, download: Download, receive: Receive, send: Send) -> None:
        """Send it, until the client goes or the right to it is lost. The seat is given back whatever happens."""
        try:
            with self._watch.over(download.right) as held:
                await self._serve(download, held, receive, send)
        finally:
            download.seat.give_back()

    async def _serve(self, download: Download, held: Held, receive: Receive, send: Send) -> None:
        """Where it breaks off, it is left incomplete: the server then closes the connection (RFC 9112, section 8), and
        the client sees that bytes are missing.
        """
        await begin(send, download)
        why = await until_one_ends(self._send(download, held, send), gone(receive), _lost(held))
        if held.lost.is_set():
            logger.warning("drive.download_ended object=%s why=right_lost", download.key)
            return
        match why:
            case None:
                await end(send)
            case StoreError() | TimeoutError() | OSError() as error:
                logger.warning("drive.download_ended object=%s why=%s", download.key, type(error).__name__)
            case Exception() as error:
                raise error

    async def _send(self, download: Download, held: Held, send: Send) -> None:
        async with aclosing(self._parts(download)) as parts:
            async for part in parts:
                for piece in _pieces(part):
                    await held.counts()
                    await put(send, piece)

    async def _parts(self, download: Download) -> AsyncGenerator[bytes]:
        """What is to be sent, a part being read while the one before it is sent."""
        part, length = download.beginning, _LEAST
        at, clock = download.span.first + len(part), asyncio.get_running_loop().time
        while part:
            length = min(length, download.span.last + 1 - at)
            coming = self._read(download.key, at, length) if length else None
            began = clock()
            try:
                yield part
            except BaseException:
                if coming is not None and not coming.cancel():
                    coming.exception()  # nobody will ask for it
                raise
            if coming is None:
                return
            length = _paced(length, clock() - began)
            part = await coming
            at += len(part)

    def _read(self, key: str, first: int, length: int) -> asyncio.Future[bytes]:
        """A part, by a thread: the store's client knows no other way."""
        return asyncio.get_running_loop().run_in_executor(self._readers, service.store().part, key, first, length)


def _paced(length: int, seconds: float) -> int:
    """How much to read next, after a part of that length was sent in so many seconds."""
    if seconds < _FAST:
        return min(_MOST, 2 * length)
    return max(_LEAST, length // 2) if seconds > _SLOW else length


def _pieces(part: bytes) -> Iterator[bytes]:
    return (part[at : at + _PIECE] for at in range(0, len(part), _PIECE))


async def _lost(held: Held) -> None:
    await held.lost.wait()


downloads = Downloads()
