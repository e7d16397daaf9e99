"""How many streams there may be, for one account and in this process."""

from __future__ import annotations

import threading
from collections import Counter
from uuid import UUID

from django.utils.translation import gettext as _

from workspace.errors import Refusal, TooMany

#: Streams of one account: a bot has one, a person one for each window.
AN_ACCOUNT = 4
#: Streams of one process of ours.
IN_ALL = 256


class TooManyStreams(TooMany):
    """The account has as many streams as it may have."""

    code = "too_many_streams"

    @property
    def message(self) -> str:
        return _("You have %(most)d streams open, which is the most. Close one first.") % {"most": AN_ACCOUNT}


class StreamsFull(Refusal):
    """There are as many streams as this process serves."""

    code = "streams_full"
    status = 503

    @property
    def message(self) -> str:
        return _("There are as many streams as can be served. Try again in a moment.")


class Seat:
    """A stream's place. It is given back once, however often that is said."""

    def __init__(self, seats: Seats, account: UUID) -> None:
        self._seats = seats
        self._account = account
        self._given_back = False

    def give_back(self) -> None:
        """The stream has ended, or never began."""
        if not self._given_back:
            self._given_back = True
            self._seats.given_back(self._account)


class Seats:
    """The places of one process. Views take them in their threads, the server gives them back in its own."""

    def __init__(self) -> None:
        self._taken: Counter[UUID] = Counter()
        self._lock = threading.Lock()

    def take(self, account: UUID) -> Seat:
        """A place. Raises `TooManyStreams` or `StreamsFull`."""
        with self._lock:
            if self._taken[account] >= AN_ACCOUNT:
                raise TooManyStreams
            if self._taken.total() >= IN_ALL:
                raise StreamsFull
            self._taken[account] += 1
        return Seat(self, account)

    def given_back(self, account: UUID) -> None:
        """Said by a `Seat`."""
        with self._lock:
            self._taken[account] -= 1
            if not self._taken[account]:
                del self._taken[account]

    def taken(self) -> int:
        """How many there are."""
        with self._lock:
            return self._taken.total()


seats = Seats()
