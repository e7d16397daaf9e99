"""`parvis federation render|check`."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click
from rich.markup import escape

from parvis.console import json_option, out
from parvis.errors import Exit, NotRunning, ParvisError
from parvis.layout import Layout
from parvis.lock import holder
from parvis.setup import federation_of, rendered
from synapse_config.check import Check, check

_FILE = click.option("--federation", "file", type=click.Path(path_type=Path), help="Another federation.toml.")


@click.group("federation")
def command() -> None:
    """The homeservers: render their configuration, prove from outside that they are closed."""


@command.command("render")
@_FILE
@click.option("--dry", is_flag=True, help="Say what would change, and change nothing.")
@click.pass_obj
def render_command(home: Path, *, file: Path | None, dry: bool) -> int:
    """Make from federation.toml everything that each homeserver needs. No key is ever lost.

    Homeservers that run take it up when they are started again.
    """
    layout = Layout.of(home)
    federation = federation_of(layout, file)
    changes = rendered(layout, federation, dry=dry).changes
    out.print(f"By {escape(str(federation.source))}:", soft_wrap=True)
    for change in changes:
        out.print(f"  {escape(change)}")
    out.print("Nothing changes." if not changes else "Would be done." if dry else "Done.")
    return Exit.OK


class _Progress:
    """Says what is tried and what was found."""

    def trying(self, name: str, tried: str) -> None:
        """See `synapse_config.check.Progress`."""

    def checked(self, one: Check) -> None:
        """See `synapse_config.check.Progress`."""
        mark = "[green]✓[/]" if one.ok else "[red]✗[/]"
        out.print(f" {mark} {escape(one.tried)}" + ("" if one.ok else f"\n     [red]{escape(one.seen)}[/]"))
        if not one.ok and one.advice:
            out.print(f"     {escape(one.advice)}")


class _Quiet(_Progress):
    def checked(self, one: Check) -> None:
        """Nothing."""


@command.command("check")
@_FILE
@json_option("One JSON object, for programs.")
@click.pass_obj
def check_command(home: Path, *, file: Path | None, as_json: bool) -> int:
    """Prove from outside that the homeservers that run here reach each other and nobody else.

    A stranger with the same software is started on loopback; invitations, joins, profiles and key queries are tried
    both ways. The exit code is 0 only if all is as it should be.
    """
    layout = Layout.of(home)
    if holder(layout) is None:
        raise NotRunning("The homeservers do not run.", "Start them first: parvis up")
    federation = federation_of(layout, file)
    there = rendered(layout, federation, dry=True)
    if there.changes:
        what = f"{layout.federation} is not what {federation.source} says."
        raise ParvisError(what, "parvis down and parvis up render it and restart everything.")
    report = asyncio.run(check(federation, there, progress=_Quiet() if as_json else _Progress()))
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2, ensure_ascii=False))
    else:
        wrong = sum(not one.ok for one in report.checks)
        said = (
            f"[red]{wrong} of {len(report.checks)} are not as they should be.[/]" if wrong else "[green]All is well.[/]"
        )
        out.print(said)
    return Exit.OK if report.ok else Exit.FAILED
