"""`python -m workspace indexer`: keep the search index like the database, until SIGTERM.

It is the one process that there is once, with the store and time to spare: it also tidies the store now and then, and
the book of uses.
"""

from __future__ import annotations

import asyncio
from typing import Any

from django.core.management.base import BaseCommand

from contract.process import run_until_told
from workspace.drive import tidy
from workspace.drive.service import store
from workspace.find.indexer import Indexer
from workspace.find.service import engine
from workspace.grants import uses


class Command(BaseCommand):
    """See the module."""

    help = (
        "Keep the search index like the database, by the events of JetStream, and every hour do what `tidy` does. "
        "One process does it."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run until SIGTERM or SIGINT."""
        run_until_told(_run())


async def _run() -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(Indexer(engine(), store()).run(), name="indexer")
        tasks.create_task(tidy.now_and_then(store()), name="tidy")
        tasks.create_task(uses.now_and_then(), name="tidy uses")
