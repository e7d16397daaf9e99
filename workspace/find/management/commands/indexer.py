"""`python -m workspace indexer`: keep the search index like the database, until SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import Any

from django.core.management.base import BaseCommand

from workspace.drive.service import store
from workspace.find.indexer import Indexer
from workspace.find.service import engine


class Command(BaseCommand):
    """See the module."""

    help = "Keep the search index like the database, by the events of JetStream. One process does it."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run until SIGTERM or SIGINT."""
        asyncio.run(_run())


async def _run() -> None:
    indexing = asyncio.create_task(Indexer(engine(), store()).run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, indexing.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await indexing
