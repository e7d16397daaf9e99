"""`parvis chat`."""

from __future__ import annotations

from pathlib import Path

import click

from parvis.layout import Layout


@click.command("chat")
@click.argument("agent")
@click.pass_obj
def command(home: Path, agent: str) -> int:
    """Read rooms and write as one of the demo's agents, end-to-end encrypted.

    Inside: /rooms, /join, /leave, /members, /help.

    \b
    parvis chat camille.martin     or only: parvis chat camille
    """
    from parvis import chat

    return chat.run(agent, Layout.of(home).home)
