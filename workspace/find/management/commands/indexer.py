"""`python -m workspace indexer`: keep the search index like the database, until SIGTERM."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import nats
from django.conf import settings
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
    parvis = settings.PARVIS
    connection = await nats.connect(
        parvis.nats_url,
        user=parvis.nats_user,
        password=parvis.secret("nats_password"),
        name="find-indexer",
        max_reconnect_attempts=-1,
    )
    indexing = asyncio.create_task(Indexer(connection.jetstream(), engine(), store()).run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, indexing.cancel)
    try:
        await indexing
    except asyncio.CancelledError:
        pass
    finally:
        await connection.close()
