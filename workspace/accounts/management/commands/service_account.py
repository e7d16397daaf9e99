"""`python -m workspace service-account NAME`: make an account for a program, or give it a new token."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workspace.accounts import service_accounts


class Command(BaseCommand):
    """See the module. The token goes to standard output, alone on its line, and is shown nowhere else ever."""

    help = "Make an account for a program, a ministry's bot say. Owners then share with it as with a person."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which, and what is done with it."""
        parser.add_argument("name", help="small letters, digits and hyphens: courier-culture")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--rotate", action="store_true", help="a new token; the old one is worth nothing any more")
        what.add_argument(
            "--token-file", type=Path, help="a token (pvs_…) that was made elsewhere; made again, the same"
        )
        what.add_argument("--disable", action="store_true", help="let it in no more; --rotate lets it in again")

    def handle(
        self, *_args: Any, name: str, rotate: bool, disable: bool, token_file: Path | None = None, **_options: Any
    ) -> None:
        """Do it."""
        try:
            if token_file is not None:
                service_accounts.let_in(name, token_file.read_text(encoding="utf-8").strip())
                self.stderr.write(f"{name} is let in by the token in {token_file}.")
                return
            if disable:
                service_accounts.disable(name)
                self.stderr.write(f"{name} is let in no more.")
                return
            token = service_accounts.rotate(name) if rotate else service_accounts.make(name)
        except service_accounts.BadName as error:
            raise CommandError("A name has 3 to 40 small letters, digits and hyphens, a letter first.") from error
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{token_file} cannot be read.") from error
        except service_accounts.BadToken as error:
            raise CommandError(f"A token is {service_accounts.PREFIX} and at least 40 characters.") from error
        except service_accounts.NameTaken as error:
            raise CommandError(f"There is {name} already. For a new token: --rotate") from error
        except service_accounts.NoSuchAccount as error:
            raise CommandError(f"There is no service account {name}. Make it: leave the option out.") from error
        self.stderr.write(f"{name} is shared with as {name}@{service_accounts.DOMAIN}. Its token, shown only now:")
        self.stdout.write(token)
