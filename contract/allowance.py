"""How much one person may ask of the bridge or of a bot: enough for anybody, too little to drown others."""

from __future__ import annotations

import time
from collections.abc import Callable

from contract.ids import MatrixId

#: Commands at once, and how many more a second.
_AT_ONCE, _A_SECOND = 40.0, 0.5
#: People who are remembered; more only after those who have asked for nothing lately are forgotten.
_REMEMBERED = 10_000


class Allowance:
    """A token bucket a person. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left: dict[MatrixId, tuple[float, float]] = {}

    def take(self, user: MatrixId) -> bool:
        """Whether `user` may ask for one thing more now."""
        now = self._clock()
        tokens, since = self._left.pop(user, (_AT_ONCE, now))
        tokens = min(_AT_ONCE, tokens + (now - since) * _A_SECOND)
        allowed = tokens >= 1
        self._left[user] = (tokens - 1 if allowed else tokens, now)
        if len(self._left) > _REMEMBERED:
            del self._left[next(iter(self._left))]  # who asked longest ago
        return allowed
