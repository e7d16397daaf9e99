"""`parvis agents`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from parvis import welcome
from parvis.console import json_option
from parvis.errors import Exit, NotRunning
from parvis.files import read_json
from parvis.layout import Layout
from parvis.setup import load


@click.command("agents")
@json_option("One JSON object, for programs; without passwords.")
@click.pass_obj
def command(home: Path, *, as_json: bool) -> int:
    """The demo's agents, where they sign in, and with what."""
    layout = Layout.of(home)
    known = read_json(layout.agents)
    if known is None:
        raise NotRunning("No agents are known here yet.", "Start Parvis first: parvis up")
    if as_json:
        click.echo(json.dumps(known, indent=2, ensure_ascii=False))
    else:
        welcome.show(load(layout), foreground=False)
    return Exit.OK
