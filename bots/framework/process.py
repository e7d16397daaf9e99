"""A bot as a process: its logs, its patience while the homeserver starts, its clean end."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from bots.framework.errors import HomeserverUnavailable

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

#: Seconds between two tries to sign in while the homeserver is away.
_PAUSE_SECONDS = 5.0


def configure_logs(level: str) -> None:
    """One line an event on stderr; the libraries' own chatter only from warnings on (httpx logs every address)."""
    logging.basicConfig(
        level=level.upper(), stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )
    for library in ("httpx", "httpcore", "nio", "peewee"):
        logging.getLogger(library).setLevel(logging.WARNING)


async def opened(open_: Callable[[], Awaitable[_T]]) -> _T:
    """What `open_` opens, tried again as long as the homeserver is away."""
    while True:
        try:
            return await open_()
        except HomeserverUnavailable as error:
            logger.warning("homeserver away: %s", error)
            await asyncio.sleep(_PAUSE_SECONDS)


def run_until_told(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` until it ends, or until SIGTERM or SIGINT cancels it: then its own cleaning up is awaited."""

    async def main() -> None:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        told = False

        def stop() -> None:
            nonlocal told
            told = True
            task.cancel()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        try:
            await task
        except asyncio.CancelledError:
            if not told:
                raise

    asyncio.run(main())
