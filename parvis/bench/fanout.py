"""`parvis bench fanout`: one event to many rooms, beside a plain client that writes in as many, in the same run."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from contract.client import WorkspaceClient
from contract.ids import MatrixId, RoomId
from parvis.bench.deliver import enter, message_like_a_card, plain_room
from parvis.bench.measure import Arrivals, Memory, Rate, held_back, raw, title
from parvis.bench.world import World, running
from parvis.errors import ParvisError
from parvis.many import many
from parvis.tour.cast import PATIENCE, Actor

#: Rooms that are made at the same time.
_AT_ONCE = 8
#: Seconds that one message may take, on a slow machine.
_EACH = 0.5
#: Nobody makes hundreds of rooms at work in some minutes, but a measurement.
_LIMITS = """
[limits]
joins = { per_second = 100, burst = 2000 }
invites = { per_second = 100, burst = 4000 }
rooms = { per_second = 100, burst = 2000 }
"""
#: How the titles of the events that warm up, and of those that are measured, are told apart.
_WARM, _MEASURED = "échauffement", "éventail"


@dataclass(frozen=True)
class Fan:
    """How much is measured: rooms, and events that are each for every room."""

    rooms: int = 300
    events: int = 10


async def fanout(fan: Fan, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure. The shape is that of `--json`."""
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(running(say, _LIMITS))
        memory = Memory(world, "bridge")
        watching = asyncio.create_task(memory.watch())
        stack.callback(watching.cancel)
        camille, ines, client, reader = await enter(stack, world, say)
        token = world.setup.secrets.value("services/bridge")
        service = await stack.enter_async_context(WorkspaceClient(world.setup.layout.workspace_url, token))
        folder = await camille.browser.create_folder("Éventail")
        reader_id = (await ines.browser.api("GET", "me/"))["id"]
        await camille.browser.api("POST", f"items/{folder['id']}/accesses/", {"user": reader_id, "role": "reader"})
        say(f"making {fan.rooms} encrypted rooms, bound to one folder")
        rooms = await many(
            fan.rooms, _AT_ONCE, lambda number: _bound_room(world, service, camille, ines, folder["url"], number)
        )
        say(f"making {fan.rooms} plain rooms")
        plain = await many(fan.rooms, _AT_ONCE, lambda _number: plain_room(client, camille, ines))
        message = message_like_a_card(camille.person.name)
        patience = fan.rooms * fan.events * _EACH
        say("warming up")
        await raw(world, client, plain, 1, message, patience)
        await _warm_up(camille, folder["id"], rooms, reader, patience)
        say(f"{fan.rooms} rooms, {fan.events} events each: raw sends, deliveries, raw sends")
        before = await raw(world, client, plain, fan.events // 2, message, patience)
        ours = await held_back(
            world, lambda: _documents(camille, folder["id"], fan.events), fan.rooms * fan.events, reader, patience
        )
        await reader.until_read(rooms, _MEASURED, fan.events)
        after = await raw(world, client, plain, fan.events - fan.events // 2, message, patience)
        memory.look()
        return figures(fan, before, after, ours, memory.peak_mib, reader.mistakes(rooms, _MEASURED, fan.events))


def figures(
    fan: Fan, before: Rate, after: Rate, ours: Rate, rss_mib: float, mistakes: dict[str, int]
) -> dict[str, Any]:
    """What is told of it: the raw sends before and after count together, for machines drift."""
    theirs = (before.events + after.events) / (before.seconds + after.seconds)
    return {
        "rooms": fan.rooms,
        "raw_events_per_s": round(theirs, 1),
        "bridge_events_per_s": round(ours.per_second, 1),
        "efficiency": round(ours.per_second / theirs, 3),
        "bridge_rss_mib": rss_mib,
        **mistakes,
        "events": fan.events,
        "raw_cpu_ms_per_event": after.cpu_ms,
        "bridge_cpu_ms_per_event": ours.cpu_ms,
        "cores": os.cpu_count(),
    }


async def _bound_room(
    world: World, service: WorkspaceClient, camille: Actor, ines: Actor, url: str, number: int
) -> str:
    """An encrypted room of both and the bridge, bound as the bridge would bind it if it were asked there.

    It is not asked: it lets nobody ask hundreds of times in some minutes.
    """
    parvis, agents = world.setup.bridge_id, [camille.person.user_id, ines.person.user_id]
    room = await camille.client.create_room(f"Éventail {number}", invite=[ines.person.user_id, parvis])
    await ines.client.wait_invitation(room, PATIENCE)
    await ines.client.join(room)
    for user in (ines.person.user_id, parvis):
        await camille.client.wait_joined(room, user, PATIENCE)
    await service.put_room(RoomId(room), [MatrixId(agent) for agent in sorted(agents)])
    await service.bind(RoomId(room), url, MatrixId(camille.person.user_id))
    return room


async def _warm_up(camille: Actor, folder: str, rooms: list[str], reader: Arrivals, patience: float) -> None:
    """One event, which every room must hear of: the keys of all rooms are shared then, which may take long before the
    first is sent.
    """
    await camille.browser.create_document(title(_WARM, 0), "", folder)
    try:
        async with asyncio.timeout(patience):
            await reader.until_sent(len(rooms))
    except TimeoutError:
        missing = len(rooms) - await reader.sent()
        raise ParvisError(f"The bridge has not written in {missing} of {len(rooms)} rooms to warm them up.") from None
    await reader.until_read(rooms, _WARM, 1)
    if silent := reader.mistakes(rooms, _WARM, 1)["lost"]:
        raise ParvisError(f"In {silent} of {len(rooms)} rooms the reader did not read what was to warm them up.")


async def _documents(camille: Actor, folder: str, count: int) -> None:
    for number in range(count):
        await camille.browser.create_document(title(_MEASURED, number), "", folder)
