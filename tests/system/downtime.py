"""One part that is really down for a while: its process is gone, its port refuses, and nobody starts it again."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import psutil

from parvis import status
from parvis.lock import holder
from parvis.part import State
from parvis.status import PartStatus
from parvis.tour.cast import PATIENCE
from tests.system.conftest import Stack


@asynccontextmanager
async def down(stack: Stack, part: str, by: signal.Signals = signal.SIGTERM) -> AsyncIterator[None]:
    """End `part`, as an operator or as a crash does; meanwhile the supervisor is held and starts nothing.

    (It is held by SIGSTOP: the other parts go on, for the seconds that their pipes have room.) At the end the part is
    ready again.
    """
    supervisor, pid = holder(stack.layout), _told(stack, part).pid
    assert supervisor is not None
    assert pid is not None
    os.kill(supervisor, signal.SIGSTOP)
    try:
        os.kill(pid, by)
        await _until(lambda: _is_gone(pid), f"{part} to end")
        yield
    finally:
        os.kill(supervisor, signal.SIGCONT)
    await _until(lambda: _is_ready_anew(stack, part, pid), f"{part} to be back")


def _told(stack: Stack, part: str) -> PartStatus:
    (told,) = [one for one in status.load(stack.layout).parts if one.name == part]
    return told


def _is_gone(pid: int) -> bool:
    """Whether the process has ended: a zombie holds neither ports nor files."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _is_ready_anew(stack: Stack, part: str, before: int) -> bool:
    told = _told(stack, part)
    return told.state is State.READY and told.pid != before


async def _until(condition: Callable[[], bool], what: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - processes announce nothing here
            await asyncio.sleep(0.1)
