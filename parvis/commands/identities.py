"""`parvis identities forget`: for people who had to begin a new cross-signing identity."""

from __future__ import annotations

from pathlib import Path

import click

from bots.framework.operators import NoStore, forget_identity
from parvis.console import out
from parvis.errors import Exit, ParvisError
from parvis.layout import Layout
from parvis.setup import BOT, COURIER


@click.group("identities")
def command() -> None:
    """The cross-signing identities with which a bot first saw people.

    Where its PARVIS_…_MIN_TRUST is cross-signed, it obeys no other one, nor does another one read its answers.
    """


@command.command("forget")
@click.argument("user")
@click.option("--bot", type=click.Choice([BOT, COURIER]), default=BOT, show_default=True, help="Which one.")
@click.pass_obj
def forget_command(home: Path, *, user: str, bot: str) -> int:
    """Have the bot take the identity that USER (@name:server) has now for theirs.

    Make sure first, in person, that they reset it themselves: their homeserver could have done so too.
    """
    try:
        known = forget_identity(Layout.of(home).data("bots") / bot, user)
    except NoStore as error:
        raise ParvisError(str(error), "Start Parvis first: parvis up") from error
    if not known:
        raise ParvisError(f"The bot has seen no identity of {user}.", "Matrix ids are written @name:server.")
    out.print(f"The identity that {user} has now counts as theirs.", markup=False)
    return Exit.OK
