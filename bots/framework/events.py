"""The workspace's events, handled in their order, each until it is done; up to where is kept, whatever happens."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing

from bots.framework.errors import AudienceChanged, HomeserverUnavailable
from bots.framework.memory import Memory
from contract.errors import Unavailable
from contract.events import Event
from contract.stream import EventStream, Happened, Missed

logger = logging.getLogger(__name__)

#: Seconds between two tries of one event while somebody is away: at first, and at most.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0

OnEvent = Callable[[Event], Awaitable[None]]
OnMissed = Callable[[Missed], Awaitable[None]]


async def follow(stream: EventStream, memory: Memory, on_event: OnEvent, on_missed: OnMissed) -> None:
    """Handle what happens until cancelled, from where `memory` says. Raises what `EventStream.follow` does.

    What fails because somebody is away is tried again for as long as it takes, and later events wait: their order is
    kept. What fails otherwise is logged and left.
    """
    async with aclosing(stream.follow(memory.last_id)) as told:
        async for one in told:
            match one:
                case Happened(event=event):
                    await _until_done(lambda event=event: on_event(event), str(event.id))  # type: ignore[misc]
                case Missed():
                    logger.error("events are missing, since=%s until=%s", one.since, one.until)
                    await _until_done(lambda missed=one: on_missed(missed), "gap")  # type: ignore[misc]
            if one.last_id:
                memory.came_to(one.last_id)


async def _until_done(handle: Callable[[], Awaitable[None]], what: str) -> None:
    pause = FIRST_PAUSE
    while True:
        try:
            await handle()
        except (HomeserverUnavailable, Unavailable, AudienceChanged) as error:
            wait = max(pause, getattr(error, "retry_after", 0.0))
            logger.warning("event waits, event=%s seconds=%.0f error=%s", what, wait, type(error).__name__)
            await asyncio.sleep(wait)
            pause = min(2 * pause, LONGEST_PAUSE)
        except Exception as error:  # noqa: BLE001 - a bot's own; one event must not keep the others
            logger.error("event left, event=%s error=%s", what, type(error).__name__)
            return
        else:
            return
