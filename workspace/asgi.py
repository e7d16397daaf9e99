"""The workspace as an ASGI application."""

from __future__ import annotations

import asyncio
import os

import django
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

#: Requests that are answered at a time. Each has a thread and a connection to the database; beyond a few a core, more
#: at a time is only slower for all. Whoever waits has been read already: a slow sender keeps nobody from their turn.
AT_ONCE = 32


class Handler(ASGIHandler):
    """Django's, which answers a few requests at a time and leaves no connection to the database behind.

    Django gives each request a thread of its own, so a connection that outlived its request would be nobody's.
    """

    def __init__(self) -> None:
        super().__init__()
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def run_get_response(self, request: HttpRequest) -> HttpResponseBase:
        """See `ASGIHandler.run_get_response`."""
        async with self._turns:
            try:
                return await super().run_get_response(request)
            finally:
                await sync_to_async(connections.close_all)()


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workspace.settings")
django.setup(set_prefix=False)
application = Handler()
