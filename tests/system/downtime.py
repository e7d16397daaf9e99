"""One part that is really down for a while: its process is gone, its port refuses, and nobody starts it again."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import psutil

from parvis.lock import holder
from parvis.tour.cast import PATIENCE
from tests.system.conftest import Stack


@asynccontextmanager
async def down(stack: Stack, part: str) -> AsyncIterator[None]:
    """End `part` as an operator would (SIGTERM); while the block runs, the supervisor is held and starts nothing.

    (It is held by SIGSTOP: the other parts go on, for the seconds that their pipes have room.) At the end the part is
    ready again.
    """
    told = await asyncio.to_thread(_told, stack, part)
    supervisor, pid = holder(stack.layout), int(told["pid"])
    assert supervisor is not None
    os.kill(supervisor, signal.SIGSTOP)
    try:
        os.kill(pid, signal.SIGTERM)
        await _until(lambda: _is_gone(pid), f"{part} to end")
        yield
    finally:
        os.kill(supervisor, signal.SIGCONT)
    await _until(lambda: _is_ready_anew(stack, part, pid), f"{part} to be back")


def _told(stack: Stack, part: str) -> dict[str, Any]:
    (told,) = [one for one in stack.status()["parts"] if one["name"] == part]
    return dict(told)


def _is_gone(pid: int) -> bool:
    """Whether the process has ended: a zombie holds neither ports nor files."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _is_ready_anew(stack: Stack, part: str, before: int) -> bool:
    told = _told(stack, part)
    return told["state"] == "ready" and told["pid"] != before


async def _until(condition: Callable[[], bool], what: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - processes announce nothing here
            await asyncio.sleep(0.1)
