"""A client of the stream at the ASGI application's edge: what it sends, and what it has read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.db import OperationalError, transaction
from django.test import Client

from workspace.accounts.models import User
from workspace.asgi import Handler

PATIENCE = 20.0
T = TypeVar("T")


@dataclass
class Told:
    """One block of the stream."""

    event: str = ""
    id: str = ""
    data: Any = None


@dataclass
class Follower:
    """What a client has read. It `leaves` by itself at its end."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    over: bool = False
    left: asyncio.Event = field(default_factory=asyncio.Event)
    #: While it is clear, the client reads nothing.
    reads: asyncio.Event = field(default_factory=asyncio.Event)
    #: Something was sent that the client does not read.
    waits: asyncio.Event = field(default_factory=asyncio.Event)
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)
    _asked: bool = False

    async def receive(self) -> Mapping[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Mapping[str, Any]) -> None:
        if not self.reads.is_set():
            self.waits.set()
        await self.reads.wait()
        async with self._came:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                self.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
            else:
                self.body += message.get("body", b"")
                self.over = not message.get("more_body", False)
            self._came.notify_all()

    def blocks(self) -> list[Told]:
        """What was told: events and gaps, and nothing that only moves the position."""
        return [told for told in map(_block, self.body.decode().split("\n\n")) if told.data is not None]

    @property
    def types(self) -> list[str]:
        """The last words of the events' types (`document.updated`)."""
        return [".".join(told.data["type"].split(".")[-2:]) for told in self.blocks() if not told.event]

    @property
    def position(self) -> str:
        """The last id that it was given."""
        return [told.id for told in map(_block, self.body.decode().split("\n\n")) if told.id][-1]

    def problem(self) -> dict[str, Any]:
        """What it was refused with."""
        problem: dict[str, Any] = json.loads(self.body)
        return problem

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(PATIENCE), self._came:
            await self._came.wait_for(condition)

    async def told(self, count: int) -> list[Told]:
        """The first so many blocks that were told."""
        await self.until(lambda: len(self.blocks()) >= count)
        return self.blocks()


def _block(text: str) -> Told:
    told = Told()
    for line in text.split("\n"):
        name, _, value = line.partition(": ")
        if name in ("event", "id"):
            setattr(told, name, value)
        elif name == "data":
            told.data = json.loads(value)
    return told


@asynccontextmanager
async def following(handler: Handler, query: str = "", **headers: str) -> AsyncIterator[Follower]:
    """Somebody who follows; they are there once they were let in or refused. `headers` by their names, `_` for `-`."""
    follower = Follower()
    follower.reads.set()
    headers = {"accept": "text/event-stream", **headers}
    async with asking(handler, follower, scope("/api/v1.0/events/stream", query, **headers)):
        await follower.until(lambda: follower.body or follower.over)
        yield follower


def scope(path: str, query: str = "", method: str = "GET", **headers: str) -> dict[str, Any]:
    """A request as a server hands it to an application. `headers` by their names, `_` for `-`."""
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [
            (b"host", b"localhost"),
            *((name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()),
        ],
        "server": ("localhost", 80),
        "client": ("127.0.0.1", 1),
        "scheme": "http",
        "http_version": "1.1",
    }


@asynccontextmanager
async def asking(handler: Handler, follower: Follower, asked: dict[str, Any]) -> AsyncIterator[asyncio.Task[None]]:
    """What `follower` asks is served inside the `with`; at its end they leave."""
    task = asyncio.create_task(handler(asked, follower.receive, follower.send))
    try:
        yield task
    finally:
        follower.left.set()
        follower.reads.set()
        async with asyncio.timeout(PATIENCE):
            await task


async def db(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """`function`, in one transaction. The tests' SQLite is in memory, where a table that is read cannot be written."""

    def call() -> T:
        with transaction.atomic():
            return function(*args, **kwargs)

    async with asyncio.timeout(20):
        while True:
            try:
                return await sync_to_async(call)()
            except OperationalError:
                await asyncio.sleep(0.01)


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return f"parvis_session={client.cookies['parvis_session'].value}"
