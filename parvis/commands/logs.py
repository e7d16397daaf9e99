"""`parvis logs`."""

from __future__ import annotations

import difflib
from pathlib import Path

import click

from parvis import logfile
from parvis.errors import Exit, ParvisError
from parvis.layout import Layout


@click.command("logs")
@click.argument("part", required=False)
@click.option(
    "-n", "--lines", default=40, show_default=True, type=click.IntRange(0), help="How many of the last lines."
)
@click.option("-f", "--follow", is_flag=True, help="Go on showing what is written.")
@click.pass_obj
def command(home: Path, part: str | None, *, lines: int, follow: bool) -> int:
    """The last lines of a part's log, or of all.

    \b
    parvis logs                    all of them, a few lines each
    parvis logs bridge -f          the bridge's, as it writes
    """
    layout = Layout.of(home)
    there = sorted(path.stem for path in layout.logs.glob("*.log"))
    if not there:
        raise ParvisError("There are no logs here.", "Nothing has run in this home yet: parvis up")
    if part is not None and part not in there:
        near = difflib.get_close_matches(part, there, n=1)
        advice = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(there)}."
        raise ParvisError(f"There is no log of “{part}”.", advice)
    chosen = [part] if part else there
    for name in chosen:
        if len(chosen) > 1:
            click.secho(f"== {name}", bold=True)
        for line in logfile.tail(layout.log(name), lines if part else min(lines, 8)):
            click.echo(line)
    if follow:
        logfile.follow([layout.log(name) for name in chosen], click.echo)
    return Exit.OK
