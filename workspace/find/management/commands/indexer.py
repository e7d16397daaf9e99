"""`python -m workspace indexer`: keep the search index like the database, until SIGTERM."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from contract.process import run_until_told
from workspace.drive.service import store
from workspace.find.indexer import Indexer
from workspace.find.service import engine


class Command(BaseCommand):
    """See the module."""

    help = "Keep the search index like the database, by the events of JetStream. One process does it."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run until SIGTERM or SIGINT."""
        run_until_told(Indexer(engine(), store()).run())
