"""`parvis accounts`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from parvis import accounts
from parvis.console import out
from parvis.errors import Exit
from parvis.layout import Layout
from parvis.setup import prepare


@click.command("accounts")
@click.pass_obj
def command(home: Path) -> int:
    """Make the accounts of the demo's agents and of the bot on homeservers that run. `parvis up` does it by itself.

    Done again, it makes only those that are missing.
    """
    asyncio.run(accounts.make(prepare(Layout.of(home))))
    out.print("The accounts are there.")
    return Exit.OK
