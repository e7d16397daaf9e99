"""`python -m workspace operator WHO`: make somebody an operator, who then has the admin at `/admin/`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from workspace.accounts.models import User


class Command(BaseCommand):
    """See the module."""

    help = "Make somebody who has signed in before an operator, or no longer one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who, and which way."""
        parser.add_argument("who", help="their e-mail address, or their sub")
        parser.add_argument("--no-longer", action="store_true", help="take it away again")

    def handle(self, *_args: Any, who: str, no_longer: bool, **_options: Any) -> None:
        """Do it."""
        found = User.objects.filter(Q(email__iexact=who) | Q(sub=who))
        if not found:
            raise CommandError(f"Nobody has signed in as {who} yet: they must sign in once first.")
        if len(found) > 1:
            raise CommandError(f"Several people have the address {who}. Name one by their sub.")
        user = found[0]
        user.is_staff = user.is_superuser = not no_longer
        user.save(update_fields=["is_staff", "is_superuser"])
        self.stdout.write(f"{user.name} is {'no longer an' if no_longer else 'an'} operator.")
