"""`parvis doctor`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click
from rich.markup import escape

from parvis import health
from parvis.console import json_option, out
from parvis.errors import Exit
from parvis.layout import Layout


@click.command("doctor")
@json_option("One JSON object, for programs.")
@click.pass_obj
def command(home: Path, *, as_json: bool) -> int:
    """Look for what is wrong, and say what to do.

    The exit code is 0 only if nothing is.
    """
    findings = list(health.look(Layout.of(home)))
    wrong = [finding for finding in findings if not finding.ok]
    if as_json:
        click.echo(json.dumps({"ok": not wrong, "findings": [*map(asdict, findings)]}, indent=2, ensure_ascii=False))
    else:
        for finding in findings:
            out.print(f" {'[green]✓[/]' if finding.ok else '[red]✗[/]'} {escape(finding.what)}", soft_wrap=True)
            if finding.advice and (not finding.ok or finding is findings[-1]):
                out.print(f"     {escape(finding.advice)}", soft_wrap=True)
        out.print("[red]Not all is well.[/]" if wrong else "[green]All is well.[/]")
    return Exit.FAILED if wrong else Exit.OK
