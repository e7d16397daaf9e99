"""What becomes of an errand, and how the queue and those who do errands speak of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bridge.store.errands import Errand
from cards import Language, Message
from contract.ids import ItemId

Words = Callable[[Language], Message]


@dataclass(frozen=True)
class Outcome:
    """It is over: done (`good`) or refused for good.

    `words` are told to whoever asked; `saved` is the file of which the room is told instead, by its title where all may
    read it. With neither, nothing is said. `personal` words say something of the person who asked.
    """

    good: bool
    words: Words | None = None
    saved: ItemId | None = None
    personal: bool = False


class Again(Exception):
    """It did not work now, and may in so many seconds. `words` are told where it never does.

    `meanwhile` is told once where it is another's doing, and may take: whoever asks again then has it tried at once.
    """

    def __init__(self, words: Words, why: str, after: float = 0.0, *, meanwhile: Words | None = None) -> None:
        super().__init__(why)
        self.words = words
        self.after = after
        self.meanwhile = meanwhile


class Doer(Protocol):
    """Does errands of one kind."""

    async def do(self, errand: Errand) -> Outcome | None:
        """Do it, whether or not it was begun before. None where there turns out to be nothing to do.

        Raises `Again`, and what the workspace and the rooms raise.
        """
        ...
