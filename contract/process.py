"""How a process of ours runs: its logs, and its clean end."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import time
from collections.abc import Coroutine
from typing import Any

#: Their chatter has addresses, tokens or texts in it.
_QUIET = ("aiohttp.access", "aiosqlite", "httpcore", "httpx", "mau", "nats", "nio", "peewee")


class LogLine(logging.Formatter):
    """One line an event, its time in UTC: a process may have a time zone of its own, as Django's does."""

    converter = staticmethod(time.gmtime)
    default_msec_format = "%s,%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")


def configure_logs(level: str) -> None:
    """One line an event on stderr; the libraries' own chatter only from warnings on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogLine())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for library in _QUIET:
        logging.getLogger(library).setLevel(logging.WARNING)


def heed_cancellation() -> None:
    """To be called in a loop that uses a library which swallows cancellations. Raises `asyncio.CancelledError`.

    nats-py does while it writes, and so does what uses `asyncio.wait_for` before Python 3.12 (CPython issue 86296):
    the loop would go on, and whoever waits for its end would wait forever.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


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
