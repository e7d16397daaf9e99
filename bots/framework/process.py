"""A bot as a process: its patience while the homeserver starts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bots.framework.errors import HomeserverUnavailable

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

#: Seconds between two tries to sign in while the homeserver is away.
_PAUSE_SECONDS = 5.0


async def opened(open_: Callable[[], Awaitable[_T]]) -> _T:
    """What `open_` opens, tried again as long as the homeserver is away."""
    while True:
        try:
            return await open_()
        except HomeserverUnavailable as error:
            logger.warning("homeserver away: %s", error)
            await asyncio.sleep(_PAUSE_SECONDS)
