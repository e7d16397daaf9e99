"""How `parvis` speaks to people: plain lines, and colour where a terminal shows it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.markup import escape

from parvis.errors import ParvisError
from parvis.part import State
from parvis.status import PartStatus

#: What is said, and what is said of errors.
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

_Command = TypeVar("_Command", bound=Callable[..., Any])
#: Where it is kept that a program asked (`click.Context.meta`).
_FOR_A_PROGRAM = "parvis.json"

_MARKS = {
    State.WAITING: "[dim]·[/]",
    State.STARTING: "[yellow]…[/]",
    State.READY: "[green]✓[/]",
    State.RESTARTING: "[red]![/]",
    State.STOPPING: "[yellow]…[/]",
    State.STOPPED: "[dim]-[/]",
}


def part_line(part: PartStatus, width: int = 18) -> str:
    """One part on one line, as markup."""
    took = f"[dim]{part.ready_seconds:5.1f} s[/]" if part.ready_seconds is not None else " " * 7
    line = f" {_MARKS[part.state]} {escape(part.name):<{width}} {took}  {escape(part.title)}"
    if part.restarts:
        line += f" [yellow](started again {part.restarts} times)[/]"
    if part.warning:
        line += f"\n     [yellow]{escape(part.warning)}[/]"
    if part.problem and part.state is not State.READY:
        line += f"\n     [red]{escape(part.problem)}[/]"
    return line


def json_option(help_: str) -> Callable[[_Command], _Command]:
    """`--json` of a command (`as_json`): one JSON object on standard output, whatever happens (`failed_in_json`)."""

    def remember(context: click.Context, _: click.Parameter, value: bool) -> bool:
        context.meta[_FOR_A_PROGRAM] = value
        return value

    return click.option("--json", "as_json", is_flag=True, help=help_, callback=remember)


def failed_in_json(context: click.Context, error: ParvisError) -> None:
    """What went wrong, for the program that asked with `--json`, if one did."""
    if context.meta.get(_FOR_A_PROGRAM):
        click.echo(json.dumps({"ok": False, "error": str(error), "advice": error.advice}, indent=2, ensure_ascii=False))


def failed(error: ParvisError) -> None:
    """What went wrong, and what to do."""
    err.print(f"[red]{escape(str(error))}[/]", soft_wrap=True)
    if error.advice:
        err.print(escape(error.advice), soft_wrap=True)
