"""How long to wait before something is tried again."""

from __future__ import annotations

import asyncio
import random


class Backoff:
    """Waits that double from `first` seconds to `longest`, each a little random so that many do not come at once."""

    def __init__(self, first: float = 0.5, longest: float = 60.0) -> None:
        self._first = first
        self._longest = longest
        self._next = first

    def reset(self) -> None:
        """It worked: the next wait is the first one again."""
        self._next = self._first

    def seconds(self) -> float:
        """How long to wait now; longer each time."""
        wait, self._next = self._next, min(self._next * 2, self._longest)
        return wait * random.uniform(0.8, 1.2)  # noqa: S311 - no secret

    async def wait(self, at_least: float = 0.0) -> None:
        """Wait."""
        await asyncio.sleep(max(self.seconds(), at_least))
