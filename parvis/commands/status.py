"""`parvis status`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click
from rich.markup import escape

from parvis import status
from parvis.console import json_option, out, part_line
from parvis.errors import Exit
from parvis.layout import Layout


@click.command("status")
@json_option("One JSON object, for programs.")
@click.pass_obj
def command(home: Path, *, as_json: bool) -> int:
    """What runs, and how it does.

    The exit code is 0 if everything does its work, 3 if nothing runs, 4 if something does not do its work.
    """
    layout = Layout.of(home)
    told = status.load(layout)
    if as_json:
        click.echo(json.dumps({**asdict(told), "ready": told.ready, "home": str(layout.home)}, indent=2))
    elif told.pid is None:
        out.print("Nothing runs here. Start it with: parvis up")
        if told.failure:
            out.print(f"The last start was given up: [red]{escape(told.failure)}[/] {escape(told.advice)}")
    else:
        out.print(f"Parvis is {told.phase.value} in {escape(str(layout.home))} (process {told.pid}).")
        for part in told.parts:
            out.print(part_line(part))
    return Exit.NOT_NOW if told.pid is None else Exit.OK if told.ready else Exit.DEGRADED
