"""`parvis bench deliver`, `parvis bench fanout` and `parvis bench rights`."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import click
import psutil
from rich.markup import escape

from bots.framework.errors import BotError
from contract.errors import ContractError
from parvis.bench.deliver import Size, deliver
from parvis.bench.fanout import Fan, fanout
from parvis.bench.rights import rights
from parvis.console import err, json_option, out
from parvis.errors import Exit, ParvisError
from synapse_config.errors import FederationError


@click.group("bench")
def command() -> None:
    """Measure on this machine, with parts of the bench's own on fresh data."""


@command.command("deliver")
@json_option("Say nothing but one JSON object at the end.")
@click.option("--rooms", default=Size.rooms, show_default=True, type=click.IntRange(1, 100), help="How many rooms.")
@click.option(
    "--events", default=Size.each_room, show_default=True, type=click.IntRange(2, 10_000), help="Events in each room."
)
def deliver_command(*, as_json: bool, rooms: int, events: int) -> int:
    """How fast events of the workspace become encrypted messages, beside a plain client on the same homeserver.

    Raw, unencrypted sends of a plain client (one request in flight a room) and the bridge's deliveries of as many
    events, with one room and with ten; then the time from the API call to decryption on the other homeserver. It needs
    no `parvis up`, and leaves nothing behind. Some minutes.
    """
    size = Size(rooms=rooms, each_room=events, one_room=events * 3, latency=min(events, Size.latency))
    figures = _measured(lambda say: deliver(size, say), as_json=as_json)
    if as_json:
        click.echo(json.dumps(figures, indent=2))
        return Exit.OK
    _show(figures)
    return Exit.OK


@command.command("fanout")
@json_option("Say nothing but one JSON object at the end.")
@click.option("--rooms", default=Fan.rooms, show_default=True, type=click.IntRange(2, 1_000), help="How many rooms.")
@click.option(
    "--events",
    default=Fan.events,
    show_default=True,
    type=click.IntRange(2, 1_000),
    help="Events, each for every room.",
)
def fanout_command(*, as_json: bool, rooms: int, events: int) -> int:
    """How fast one event becomes an encrypted message in each of many rooms, and how much memory the bridge takes.

    One folder is bound to many encrypted rooms of two agents of two homeservers; a plain client sends as many messages,
    unencrypted, to as many rooms. It needs no `parvis up`, and leaves nothing behind. Some ten minutes, most of which
    goes into making the rooms.
    """
    figures = _measured(lambda say: fanout(Fan(rooms=rooms, events=events), say), as_json=as_json)
    if as_json:
        click.echo(json.dumps(figures, indent=2))
        return Exit.OK
    out.print(
        f"\n  {figures['rooms']} rooms, {figures['events']} events each:"
        f" raw {figures['raw_events_per_s']:.0f} events/s,"
        f" bridge [bold]{figures['bridge_events_per_s']:.0f}[/] events/s,"
        f" efficiency [bold]{figures['efficiency']:.2f}[/]"
    )
    out.print(f"  the bridge took {figures['bridge_rss_mib']:.0f} MiB at most")
    out.print(f"  {figures['lost']} lost, {figures['duplicated']} duplicated, {figures['reordered']} reordered")
    return Exit.OK


@command.command("rights")
@json_option("Say nothing but one JSON object at the end.")
@click.option("--times", default=100, show_default=True, type=click.IntRange(2, 10_000), help="How often.")
def rights_command(*, as_json: bool, times: int) -> int:
    """How soon somebody who leaves a room on another homeserver is refused what they had by it.

    From the leave to the first refusal, over and over; and whether anything still tells of it then: listings, search,
    versions, comments, rooms. It needs no `parvis up`, and leaves nothing behind. Some minutes.
    """
    figures = _measured(lambda say: rights(times, say), as_json=as_json)
    if as_json:
        click.echo(json.dumps(figures, indent=2))
        return Exit.OK
    taken = figures["leave_to_refused_ms"]
    out.print(
        f"\n  from the leave to the refusal, {figures['times']} times: p50 [bold]{taken['p50']}[/] ms,"
        f" p95 [bold]{taken['p95']}[/], p99 {taken['p99']}; {figures['leaks']} leaks"
    )
    return Exit.OK


def _measured(
    measure: Callable[[Callable[[str], None]], Awaitable[dict[str, Any]]], *, as_json: bool
) -> dict[str, Any]:
    """What `measure` gives, which is told how to say what it does. Raises `ParvisError` where it breaks off."""
    logging.basicConfig(level=logging.ERROR)

    def say(line: str) -> None:
        if not as_json:
            err.print(f"[dim]{escape(line)}…[/]")

    async def run() -> dict[str, Any]:
        return await measure(say)

    try:
        return asyncio.run(run())
    except (BotError, ContractError, FederationError, TimeoutError, aiohttp.ClientError, psutil.Error) as error:
        what = str(error) or "something did not come within the time that it is given"
        raise ParvisError(
            f"The measurement broke off: {what}", "Nothing of it is left but its logs. Try with fewer events."
        ) from error


def _show(figures: dict[str, Any]) -> None:
    out.print(f"\n{figures['cores']} cores")
    for name, part in (("1 room", figures["one_room"]), (f"{figures['rooms']} rooms", figures)):
        out.print(
            f"  {name:>8}: raw {part['raw_events_per_s']:.0f} events/s,"
            f" bridge [bold]{part['bridge_events_per_s']:.0f}[/] events/s, efficiency [bold]{part['efficiency']:.2f}[/]"
        )
        out.print(
            f"            hub's processor: raw {part['raw_cpu_ms_per_event'].get('synapse-hub')} ms an event,"
            f" bridge {part['bridge_cpu_ms_per_event'].get('synapse-hub')} ms"
        )
        out.print(
            f"            {part['events']} events: {part['lost']} lost, {part['duplicated']} duplicated,"
            f" {part['reordered']} reordered"
        )
    latency = figures["latency_ms"]
    out.print(f"  from the API call to decryption: p50 {latency['p50']} ms, p95 {latency['p95']}, p99 {latency['p99']}")
