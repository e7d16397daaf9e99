"""Kills parts of the stack, and knows when the workspace answers again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal

from parvis.errors import ParvisError
from parvis.tour.cast import Actor
from tests.system.conftest import Stack


async def kill(stack: Stack, part: str, after: float) -> None:
    """SIGKILL `after` some seconds, in whatever it does then; when it is back, if it is on its way up just now."""
    await asyncio.sleep(after)
    async with asyncio.timeout(240):
        while not await asyncio.to_thread(_killed, stack, part):  # noqa: ASYNC110 - it announces nothing here
            await asyncio.sleep(0.2)


def _killed(stack: Stack, part: str) -> bool:
    for told in stack.status()["parts"]:
        if told["name"] == part and told["state"] == "ready":
            with contextlib.suppress(ProcessLookupError):
                os.kill(told["pid"], signal.SIGKILL)
                return True
    return False


async def back(actor: Actor) -> None:
    """Until the workspace answers."""
    while not await _answers(actor):  # noqa: ASYNC110 - what starts announces nothing here
        await asyncio.sleep(0.2)


async def _answers(actor: Actor) -> bool:
    try:
        await actor.browser.api("GET", "me/")
    except ParvisError:
        return False
    return True
