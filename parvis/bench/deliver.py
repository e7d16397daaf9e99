"""`parvis bench deliver`: how fast the bridge is, beside a plain client on the same homeserver in the same run."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from bridge import content, operators
from bridge.store.delivery import State
from cards import Card, Happening, render
from contract.answers import CardFacts
from contract.events import EventType
from contract.ids import ItemId
from contract.resources import Kind, Resource
from parvis.bench.measure import Arrivals, Bound, Rate, bridged, latencies, raw, title
from parvis.bench.people import PlainClient
from parvis.bench.world import World, running
from parvis.tour.cast import PATIENCE, Actor


@dataclass(frozen=True)
class Size:
    """How much is measured: events a room with one room and with many, and samples of latency."""

    rooms: int = 10
    one_room: int = 300
    each_room: int = 100
    latency: int = 100


async def deliver(size: Size, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure. The shape is that of `--json`."""
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(running(say))
        camille, ines, client, reader = await enter(stack, world, say)
        say(f"making {size.rooms} encrypted rooms, bound to a folder each, and {size.rooms} plain ones")
        bound = [await _bound_room(world, camille, ines, number) for number in range(size.rooms)]
        plain = [await plain_room(client, camille, ines) for _ in range(size.rooms)]
        message = message_like_a_card(camille.person.name)
        say("warming up")
        await raw(world, client, plain, 5, message)
        await bridged(world, camille, bound, 5, "échauffement", reader)
        one = await _compare(world, client, camille, reader, plain[:1], bound[:1], size.one_room, "un", message, say)
        many = await _compare(world, client, camille, reader, plain, bound, size.each_room, "dix", message, say)
        say(f"timing {size.latency} events from the API to decryption")
        times = await latencies(camille, bound[0], reader, size.latency)
        return {
            **many,
            "latency_ms": percentiles(times),
            "one_room": one,
            "cores": os.cpu_count(),
            "rooms": size.rooms,
        }


async def enter(
    stack: AsyncExitStack, world: World, say: Callable[[str], None]
) -> tuple[Actor, Actor, PlainClient, Arrivals]:
    """An agent who writes, one of another homeserver who reads, both linked; a plain client; and what is read."""
    layout = world.setup.layout
    camille = await Actor.enter(layout, "camille.martin")
    stack.push_async_callback(camille.leave)
    ines = await Actor.enter(layout, "ines.benali")
    stack.push_async_callback(ines.leave)
    client = await PlainClient.sign_up(world.setup)
    stack.push_async_callback(client.close)
    deliveries = await stack.enter_async_context(operators.deliveries(layout.data("bridge")))

    async def sent() -> int:
        return (await deliveries.counts()).get(State.SENT, 0)

    parvis = world.setup.bridge_id
    reader = Arrivals(ines, parvis, sent)
    say("linking two agents of two homeservers")
    for actor in (camille, ines):
        await actor.link(parvis)
    return camille, ines, client, reader


async def _compare(
    world: World,
    client: PlainClient,
    camille: Actor,
    reader: Arrivals,
    plain: list[str],
    bound: list[Bound],
    each: int,
    prefix: str,
    message: dict[str, Any],
    say: Callable[[str], None],
) -> dict[str, Any]:
    """The same number of events by both, in as many rooms; the raw sends before and after, for machines drift."""
    say(f"{len(plain)} room(s), {each} events each: raw sends, deliveries, raw sends")
    before = await raw(world, client, plain, each // 2, message)
    ours = await bridged(world, camille, bound, each, prefix, reader)
    rooms = [one.room for one in bound]
    await reader.until_read(rooms, prefix, each)
    after = await raw(world, client, plain, each // 2, message)
    theirs = Rate(before.events + after.events, before.seconds + after.seconds, after.cpu_ms)
    return {
        "raw_events_per_s": round(theirs.per_second, 1),
        "bridge_events_per_s": round(ours.per_second, 1),
        "efficiency": round(ours.per_second / theirs.per_second, 3),
        "events": ours.events,
        "raw_cpu_ms_per_event": theirs.cpu_ms,
        "bridge_cpu_ms_per_event": ours.cpu_ms,
        **reader.mistakes(rooms, prefix, each),
    }


async def _bound_room(world: World, camille: Actor, ines: Actor, number: int) -> Bound:
    parvis = world.setup.bridge_id
    room = await camille.client.create_room(f"Mesure {number}", invite=[ines.person.user_id, parvis])
    await ines.client.wait_invitation(room, PATIENCE)
    await ines.client.join(room)
    for user in (ines.person.user_id, parvis):
        await camille.client.wait_joined(room, user, PATIENCE)
    folder = await camille.browser.create_folder(f"Mesure {number}")
    await camille.asks(room, f"!parvis bind {folder['url']}", parvis)
    await camille.browser.share_with_room(folder["id"], room)
    return Bound(room, folder["id"])


async def plain_room(client: PlainClient, camille: Actor, ines: Actor) -> str:
    """An unencrypted room of the plain client's, with the two agents."""
    room = await client.make_room([camille.person.user_id, ines.person.user_id])
    for actor in (camille, ines):
        await actor.client.wait_invitation(room, PATIENCE)
        await actor.client.join(room)
    return room


def message_like_a_card(actor: str) -> dict[str, Any]:
    """What a card says, unencrypted: as large as what the bridge encrypts."""
    item = ItemId(UUID(int=1))
    resource = Resource(Kind.DOCUMENT, item)
    facts = CardFacts(Kind.DOCUMENT, title("dix", 1), actor, folder="Mesure 1")
    happened = Happening(EventType.DOCUMENT_CREATED, actor, datetime.now(UTC))
    return content.said(render(Card(resource, facts, f"http://127.0.0.1:8400/docs/{item}/", (happened,)), "fr"))


def percentiles(times: list[float]) -> dict[str, float]:
    """Of times in seconds, in milliseconds."""
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return {name: round(cuts[number - 1] * 1000, 1) for name, number in (("p50", 50), ("p95", 95), ("p99", 99))}
