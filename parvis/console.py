"""How `parvis` speaks to people: plain lines, and colour where a terminal shows it."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from parvis.errors import ParvisError
from parvis.part import State
from parvis.status import PartStatus

#: What is said, and what is said of errors.
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

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


def failed(error: ParvisError) -> None:
    """What went wrong, and what to do."""
    err.print(f"[red]{escape(str(error))}[/]", soft_wrap=True)
    if error.advice:
        err.print(escape(error.advice), soft_wrap=True)
