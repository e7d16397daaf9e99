"""The workspace as an ASGI application: Django's, within bounds."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from functools import partial
from typing import IO, Any

import django
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.db import connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workspace.settings")
django.setup(set_prefix=False)

from workspace.api.afterwards import Receive, Send  # noqa: E402  # needs the applications
from workspace.drive.opened import Download  # noqa: E402
from workspace.drive.sending import downloads  # noqa: E402
from workspace.streaming.api import Opened  # noqa: E402
from workspace.streaming.serving import streams  # noqa: E402

#: Requests that are answered at a time. Each has a thread and a connection to the database; beyond a few a core, more
#: at a time is only slower for all. Whoever waits has been read already: a slow sender keeps nobody from their turn.
AT_ONCE = 32


#: Where the request of this task puts what is served after it.
_afterwards: ContextVar[list[Callable[[Receive, Send], Awaitable[None]]]] = ContextVar("afterwards")


class Handler(ASGIHandler):
    """Django's, which keeps no more of a request than may be in one, answers a few at a time and leaves no connection
    to the database behind.

    Django gives each request a thread of its own, so a connection that outlived its request would be nobody's. A stream
    of events is told, and a download sent, once its request is over: it has no turn, no thread and no connection.
    """

    def __init__(self) -> None:
        super().__init__()
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """See `ASGIHandler.__call__`."""
        afterwards: list[Callable[[Receive, Send], Awaitable[None]]] = []
        _afterwards.set(afterwards)
        await super().__call__(scope, receive, send)
        for serve in afterwards:
            await serve(receive, send)

    async def send_response(self, response: HttpResponseBase, send: Send) -> None:
        """See `ASGIHandler.send_response`. What lasts is kept for after the request."""
        match response:
            case Opened():
                _afterwards.get().append(partial(streams.serve, response))
            case Download():
                _afterwards.get().append(partial(downloads.serve, response))
            case _:
                await super().send_response(response, send)

    async def read_body(self, receive: Callable[[], Awaitable[Mapping[str, Any]]]) -> IO[bytes]:
        """See `ASGIHandler.read_body`. What is beyond the most that a request may hold is read, and thrown away."""
        left = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1

        async def bounded() -> Mapping[str, Any]:
            nonlocal left
            message = await receive()
            body = message.get("body", b"")[:left]
            left -= len(body)
            return {**message, "body": body}

        return await super().read_body(bounded)

    def create_request(
        self, scope: Mapping[str, Any], body_file: IO[bytes]
    ) -> tuple[ASGIRequest, None] | tuple[None, HttpResponseBase]:
        """See `ASGIHandler.create_request`. Django bounds a body by its header, which one that came in pieces lacks."""
        if not any(name.lower() == b"content-length" for name, _value in scope["headers"]):
            length = body_file.seek(0, os.SEEK_END)
            body_file.seek(0)
            scope = {**scope, "headers": [*scope["headers"], (b"content-length", str(length).encode())]}
        return super().create_request(scope, body_file)

    async def run_get_response(self, request: HttpRequest) -> HttpResponseBase:
        """See `ASGIHandler.run_get_response`."""
        async with self._turns:
            try:
                return await super().run_get_response(request)
            finally:
                await sync_to_async(connections.close_all)()


application = Handler()
