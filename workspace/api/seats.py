"""How many there may be at a time of what lasts (streams, downloads), for one account and in this process."""

from __future__ import annotations

import threading
from collections import Counter
from uuid import UUID


class Seat:
    """The place of one. It is given back once, however often that is said."""

    def __init__(self, seats: Seats, account: UUID | None) -> None:
        self._seats = seats
        self._account = account
        self._given_back = False

    def give_back(self) -> None:
        """It has ended, or never began."""
        if not self._given_back:
            self._given_back = True
            self._seats.given_back(self._account)


class Seats:
    """The places of one process. Views take them in their threads, the server gives them back in its own."""

    def __init__(self) -> None:
        self._taken: Counter[UUID | None] = Counter()
        self._lock = threading.Lock()

    def check(self, account: UUID | None, theirs: int, in_all: int) -> None:
        """Raise a `Refusal` where there are that many already, and none may be added."""
        raise NotImplementedError

    def take(self, account: UUID | None) -> Seat:
        """A place for `account` (None: whoever is not signed in, together). Raises what `check` does."""
        with self._lock:
            self.check(account, self._taken[account], self._taken.total())
            self._taken[account] += 1
        return Seat(self, account)

    def given_back(self, account: UUID | None) -> None:
        """Said by a `Seat`."""
        with self._lock:
            self._taken[account] -= 1
            if not self._taken[account]:
                del self._taken[account]

    def taken(self) -> int:
        """How many there are."""
        with self._lock:
            return self._taken.total()
