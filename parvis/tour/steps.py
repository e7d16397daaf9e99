"""The steps of a tour: each is done, timed, shown, and kept for who asked for JSON."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from bots.framework.errors import BotError
from parvis.errors import ParvisError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Done:
    """One step. `seen` is what somebody saw, in the words of whoever saw it, or what went wrong."""

    name: str
    ok: bool
    seconds: float
    seen: str


class Broken(ParvisError):
    """A step did not do what it should: the tour ends here."""


@dataclass
class Steps:
    """`begin` hears of each step when it begins (its title), `end` when it ends; `progress` how far a long one is."""

    begin: Callable[[str], None] = lambda _title: None
    end: Callable[[Done], None] = lambda _done: None
    progress: Callable[[str], None] = lambda _words: None
    done: list[Done] = field(default_factory=list)

    async def do(self, name: str, title: str, work: Awaitable[T], seen: Callable[[T], str] = str) -> T:
        """Do one. Raises `Broken`."""
        self.begin(title)
        began = time.monotonic()
        try:
            result = await work
        except asyncio.CancelledError:
            self._over(name, began, ok=False, seen="interrupted")
            raise
        except Exception as error:
            # Whatever it is, the step is told as one that failed, to programs too.
            known = isinstance(error, ParvisError | BotError)
            wrong = str(error) if known else f"{type(error).__name__}: {error}".removesuffix(": ")
            self._over(name, began, ok=False, seen=wrong)
            raise Broken(f"{title}: {wrong}", getattr(error, "advice", "")) from error
        self._over(name, began, ok=True, seen=seen(result))
        return result

    def _over(self, name: str, began: float, *, ok: bool, seen: str) -> None:
        done = Done(name, ok, round(time.monotonic() - began, 3), seen)
        self.done.append(done)
        self.end(done)

    def as_json(self, *, ok: bool) -> dict[str, Any]:
        """The whole tour."""
        return {"ok": ok, "steps": [asdict(one) for one in self.done]}
