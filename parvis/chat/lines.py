"""Lines of a script, as they come, in a way that can be broken off.

A thread that waits in `readline` cannot be: a chat whose session is lost would then never end.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from typing import TextIO

_CHUNK = 64 * 1024


async def lines_of(source: TextIO) -> AsyncIterator[str]:
    """Each line of `source` without its end; the last one needs none."""
    descriptor, begun = source.fileno(), b""
    while chunk := await _read(descriptor):
        *whole, begun = (begun + chunk).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace")
    if begun:
        yield begun.decode(errors="replace")


async def _read(descriptor: int) -> bytes:
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    try:
        loop.add_reader(descriptor, readable.set)
    except PermissionError:  # a file, which keeps nobody waiting
        return os.read(descriptor, _CHUNK)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(descriptor)
    return os.read(descriptor, _CHUNK)
