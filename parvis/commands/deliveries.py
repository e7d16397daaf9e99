"""`parvis deliveries list|show|replay`: what the bridge says in rooms, and what it gave up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.table import Table

from bridge.operators import Deliveries, NoDeliveries, deliveries
from bridge.store.delivery import Delivery, State
from parvis.console import json_option, out
from parvis.errors import Exit, ParvisError
from parvis.layout import Layout

T = TypeVar("T")


@click.group("deliveries")
def command() -> None:
    """What the bridge delivers to rooms: look at it, and have tried again what it gave up.

    No title or text is kept here: a delivery says what is said of which item in which room.
    """


@command.command("list")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in State]),
    help="Only these; given several times, any of them.  [default: waiting, dead]",
)
@click.option("-n", "--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="At most so many.")
@json_option("One JSON object, for programs.")
@click.pass_obj
def list_command(home: Path, *, states: tuple[str, ...], limit: int, as_json: bool) -> int:
    """The newest deliveries, and how many there are."""
    chosen = [State(state) for state in states] or [State.WAITING, State.DEAD]

    async def look(table: Deliveries) -> tuple[list[Delivery], dict[State, int]]:
        return await table.listed(chosen, limit), await table.counts()

    found, counts = _asked(home, look)
    if as_json:
        body = {"counts": {state.value: counts.get(state, 0) for state in State}, "deliveries": [*map(_facts, found)]}
        click.echo(json.dumps(body, indent=2))
        return Exit.OK
    if found:
        table = Table(box=None, pad_edge=False, header_style="dim")
        for heading in ("number", "state", "what", "room", "attempts", "problem"):
            table.add_column(heading, overflow="fold")
        for one in found:
            what = one.happening.type.value.removeprefix("fr.parvis.")
            table.add_row(str(one.id), one.state.value, what, one.room, str(one.attempts), one.problem or "")
        out.print(table)
    out.print(", ".join(f"{counts.get(state, 0)} {state.value}" for state in State))
    return Exit.OK


@command.command("show")
@click.argument("number", type=int)
@click.pass_obj
def show_command(home: Path, number: int) -> int:
    """Everything that is kept of one delivery, as JSON."""
    found = _asked(home, lambda table: table.get(number))
    if found is None:
        raise ParvisError(f"There is no delivery {number}.", "Which there are: parvis deliveries list")
    click.echo(json.dumps(_facts(found), indent=2))
    return Exit.OK


@command.command("replay")
@click.argument("numbers", type=int, nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that were given up.")
@click.pass_obj
def replay_command(home: Path, numbers: tuple[int, ...], *, everything: bool) -> int:
    """Have dead deliveries tried again. The bridge notices within seconds."""
    if bool(numbers) == everything:
        raise click.UsageError("Name the numbers of the deliveries, or say --all.")
    replayed = _asked(home, lambda table: table.replay(None if everything else numbers))
    out.print(f"{replayed} will be tried again.")
    if not everything and replayed < len(set(numbers)):
        raise ParvisError("The others are not dead, or not there.", "Which are: parvis deliveries list --state dead")
    return Exit.OK


def _asked(home: Path, question: Callable[[Deliveries], Awaitable[T]]) -> T:
    async def ask() -> T:
        async with deliveries(Layout.of(home).data("bridge")) as table:
            return await question(table)

    try:
        return asyncio.run(ask())
    except NoDeliveries as error:
        raise ParvisError(str(error), "Start Parvis first: parvis up") from error


def _facts(one: Delivery) -> dict[str, Any]:
    return {
        "number": one.id,
        "state": one.state.value,
        "room": one.room,
        "event": str(one.event_id),
        "type": one.happening.type.value,
        "resource": one.resource.name,
        "actor": one.happening.actor,
        "at": one.happening.at.isoformat(),
        "attempts": one.attempts,
        "failing_since": one.failing_since.isoformat() if one.failing_since else None,
        "problem": one.problem,
        "edits": one.edits,
        "txn_id": one.txn_id,
        "sent_event": one.sent_event,
    }
