"""`python -m workspace relay`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contract.process import run_until_told
from workspace.events import relay


class Command(BaseCommand):
    """Publishes the outbox until it is stopped."""

    help = "Publish the outbox to NATS JetStream, until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the relay."""
        try:
            run_until_told(relay.run())
        except relay.AlreadyRunning as error:
            raise CommandError(str(error)) from error
