"""`parvis chat`."""

from __future__ import annotations

from pathlib import Path

import click

from parvis.layout import Layout


@click.command("chat")
@click.argument("agent")
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object a line, for each event.")
@click.option(
    "--log-level",
    type=click.Choice(["INFO", "WARNING", "ERROR"]),
    default="ERROR",
    show_default=True,
    help="What the client itself has to say, on standard error.",
)
@click.pass_obj
def command(home: Path, agent: str, *, as_json: bool, log_level: str) -> int:
    """Read rooms and write as one of the demo's agents, end-to-end encrypted.

    Inside: /rooms, /join, /refuse, /leave, /members, /help. Without a terminal it does what is on its input, line by
    line, says each event on a line, and ends when nothing happens any more.

    \b
    parvis chat camille.martin     or only: parvis chat camille
    echo bonjour | parvis chat camille --json
    """
    from parvis import chat

    return chat.run(agent, Layout.of(home).home, as_json=as_json, log_level=log_level)
