"""Somebody who downloads, at the ASGI application's edge: slowly, if they are to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.workspace.streaming.following import PATIENCE, Follower, asking, scope
from workspace.asgi import Handler
from workspace.drive.opened import Download
from workspace.drive.sending import Downloads


@dataclass
class Downloader(Follower):
    """Reads `most` bytes and then nothing, until it `reads` again."""

    most: int | None = None
    served: asyncio.Task[None] | None = None

    async def send(self, message: Mapping[str, Any]) -> None:
        if self.most is not None and len(self.body) >= self.most:
            self.reads.clear()
            self.most = None
        await super().send(message)

    async def finished(self) -> None:
        """Until nothing more is sent."""
        assert self.served is not None
        async with asyncio.timeout(PATIENCE):
            await asyncio.shield(self.served)

    @property
    def size(self) -> int:
        """How much was announced."""
        return int(self.headers["content-length"])


@asynccontextmanager
async def downloading(
    handler: Handler, path: str, query: str = "", *, method: str = "GET", most: int | None = None, **headers: str
) -> AsyncIterator[Downloader]:
    """They are there once something has come, or they wait with what they have."""
    one = Downloader(most=most)
    one.reads.set()
    async with asking(handler, one, scope(path, query, method, **headers)) as task:
        one.served = task
        await one.until(lambda: one.body or one.over)
        yield one


def sent_by(answer: Any) -> bytes:
    """What a view's answer sends, by a server that stands beside Django."""
    if not isinstance(answer, Download):
        return bytes(answer.content)
    one = Downloader()
    one.reads.set()
    asyncio.run(Downloads().serve(answer, _nothing, one.send))
    assert one.over
    assert len(one.body) == one.size
    return one.body


async def _nothing() -> Mapping[str, Any]:
    await asyncio.Event().wait()
    raise AssertionError
