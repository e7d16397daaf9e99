"""`parvis bench deliver`."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import aiohttp
import click
import psutil
from rich.markup import escape

from bots.framework.errors import BotError
from parvis.bench.deliver import Size, deliver
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
    logging.basicConfig(level=logging.ERROR)

    def say(line: str) -> None:
        if not as_json:
            err.print(f"[dim]{escape(line)}…[/]")

    size = Size(rooms=rooms, each_room=events, one_room=events * 3, latency=min(events, Size.latency))
    try:
        figures = asyncio.run(deliver(size, say))
    except (BotError, FederationError, TimeoutError, aiohttp.ClientError, psutil.Error) as error:
        what = str(error) or "something did not come within the time that it is given"
        raise ParvisError(
            f"The measurement broke off: {what}", "Nothing of it is left. Try with fewer events."
        ) from error
    if as_json:
        click.echo(json.dumps(figures, indent=2))
        return Exit.OK
    _show(figures)
    return Exit.OK


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
