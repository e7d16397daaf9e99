"""`python -m workspace reindex`: make the search index anew from the database, beside the old one, and swap."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from workspace.find import indexing
from workspace.find.models import FileText
from workspace.find.service import engine


class Command(BaseCommand):
    """See the module. The indexer may run meanwhile: it waits, and goes on with the new index."""

    help = "Make the search index anew from the database. The old one is searched until the new one is there."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--read-files`."""
        parser.add_argument("--read-files", action="store_true", help="also have the indexer read every file again")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it, and say how many items it has."""
        if options["read_files"]:
            FileText.objects.all().delete()
        self.stdout.write(f"{indexing.rebuild(engine())} items can be found.")
