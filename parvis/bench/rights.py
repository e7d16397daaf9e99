"""`parvis bench rights`: how soon somebody who leaves a room, on another homeserver, is refused what they had by it."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from parvis.bench.deliver import enter, percentiles
from parvis.bench.world import running
from parvis.errors import ParvisError
from parvis.tour.cast import PATIENCE, Actor

#: Seconds between two requests of whoever leaves.
_AGAIN = 0.01
#: Seconds after a join in which Synapse joins the ends of the room's history. Who leaves within them leaves by an event
#: whose past the others cannot fetch any more (403: the leaver's server is out): they refuse it, and know of nothing.
_SETTLED = 0.5


@dataclass(frozen=True)
class _Had:
    """What somebody has by a room: a folder with a document in it, with a title that nothing else has."""

    room: str
    folder: str
    document: str
    title: str


async def rights(times: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure, so many times. The shape is that of `--json`."""
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(running(say))
        camille, ines, _client, _reader = await enter(stack, world, say)
        had = await _give(camille, ines, world.setup.bridge_id)
        taken: list[float] = []
        leaks = 0
        say(f"having somebody of another homeserver come and go {times} times")
        for number in range(times):
            await _come(camille, ines, had.room, first=number == 0)
            await _until(ines, had, allowed=True)
            await asyncio.sleep(_SETTLED)
            began = time.perf_counter()
            await ines.client.leave(had.room)
            await _until(ines, had, allowed=False)
            taken.append(time.perf_counter() - began)
            leaks += await _leaks(ines, had)
        return {
            "leave_to_refused_ms": percentiles(taken),
            "leaks": leaks,
            "times": times,
            "cores": os.cpu_count(),
        }


async def _give(camille: Actor, ines: Actor, parvis: str) -> _Had:
    room = await camille.client.create_room("Droits", invite=[ines.person.user_id, parvis])
    await camille.client.wait_joined(room, parvis, PATIENCE)
    folder = await camille.browser.create_folder("Droits")
    await camille.asks(room, f"!parvis bind {folder['url']}", parvis)
    await camille.browser.share_with_room(folder["id"], room)
    title = f"Mesure {secrets.token_hex(4)}"
    document = await camille.browser.create_document(title, "", folder["id"])
    return _Had(room, folder["id"], document["id"], title)


async def _come(camille: Actor, ines: Actor, room: str, *, first: bool) -> None:
    if not first:
        await camille.client.invite(room, ines.person.user_id)
    await ines.client.wait_invitation(room, PATIENCE)
    await ines.client.join(room)
    await camille.client.wait_joined(room, ines.person.user_id, PATIENCE)


async def _until(ines: Actor, had: _Had, *, allowed: bool) -> None:
    """Ask for the document again and again."""
    try:
        async with asyncio.timeout(PATIENCE):
            while await ines.browser.may(f"documents/{had.document}/") is not allowed:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(_AGAIN)
    except TimeoutError as error:
        raise ParvisError(f"The right did not {'come' if allowed else 'go'} within {PATIENCE:.0f} s.") from error


async def _leaks(ines: Actor, had: _Had) -> int:
    """By how many other ways the one who was refused the document is told of it, at once after that."""
    direct = [
        f"items/{had.document}/",
        f"items/{had.folder}/",
        f"items/?parent={had.folder}",
        f"documents/{had.document}/versions/",
        f"documents/{had.document}/threads/",
    ]
    told = sum([await ines.browser.may(path) for path in direct])
    for path in ("items/", "items/?recent=true", "rooms/mine/"):
        told += bool(
            re.search(f"{had.title}|{had.document}|{re.escape(had.room)}", str(await ines.browser.api("GET", path)))
        )
    return told
