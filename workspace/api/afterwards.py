"""What is served once Django's request is over (`workspace.asgi`): a stream of events, a download.

Django keeps a thread for each request until its answer was sent; what takes minutes must not hold one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from django.http.response import HttpResponseBase

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

#: Seconds that a client may take to read what is sent before it is given up.
_SLOWEST = 60.0


async def begin(send: Send, response: HttpResponseBase) -> None:
    """Status and headers of an answer whose body follows."""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.items()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})


async def put(send: Send, body: bytes) -> None:
    """A piece of the body. Raises `TimeoutError` where the client does not read."""
    async with asyncio.timeout(_SLOWEST):
        await send({"type": "http.response.body", "body": body, "more_body": True})


async def end(send: Send) -> None:
    """That was all."""
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def until_one_ends(*works: Coroutine[Any, Any, None]) -> BaseException | None:
    """Work on all of them until one ends, and cancel the others. How the first of them ended: what it raised (where it
    was cancelled, that), or None.
    """
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        first, *_ = await asyncio.gather(*tasks, return_exceptions=True)
    return first


async def gone(receive: Receive) -> None:
    """Until the client has gone. What it may still send is of no interest."""
    while (await receive())["type"] != "http.disconnect":
        pass
