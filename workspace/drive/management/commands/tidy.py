"""`python -m workspace tidy`: empty the old trash, and end the uploads that never came to an end, now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workspace.drive.service import store
from workspace.drive.store import StoreUnavailable
from workspace.drive.tidy import tidy


class Command(BaseCommand):
    """See the module."""

    help = "Remove what was in the trash for 30 days and uploads that did not end within a day, as the indexer does."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Do it, and say how much went."""
        try:
            gone = tidy(store())
        except StoreUnavailable as error:
            raise CommandError(f"{error}. What is left to delete is written down; run this again.") from error
        self.stdout.write(f"Removed {gone.items} items, {gone.uploads} uploads and {gone.objects} objects.")
