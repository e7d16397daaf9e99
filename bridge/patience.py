"""Work that tells the workspace something: tried until it is done, however long somebody is away."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from bridge.matrix.retrying import Backoff
from bridge.ports import RoomError
from contract.errors import Unavailable, WorkspaceError

log = logging.getLogger(__name__)


async def with_patience(work: Callable[[], Awaitable[None]]) -> None:
    """Until `work` ends without a `WorkspaceError` or a `RoomError`."""
    backoff = Backoff(longest=30.0)
    while True:
        try:
            await work()
        except Unavailable as error:
            log.warning("the workspace cannot be told of rooms yet: %s", error.code)
            await backoff.wait(at_least=error.retry_after)
        except RoomError as error:
            log.warning("rooms cannot be read yet: %s", error.reason)
            await backoff.wait()
        except WorkspaceError as error:
            log.error("the workspace refuses what it is told of rooms: %s", error.code)
            await backoff.wait(at_least=10.0)
        else:
            return
