"""How many streams there may be, for one account and in this process."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from workspace.api.seats import Seats
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


class StreamSeats(Seats):
    """Those of streams."""

    def check(self, account: UUID | None, theirs: int, in_all: int) -> None:
        """Raises `TooManyStreams` or `StreamsFull`."""
        if theirs >= AN_ACCOUNT:
            raise TooManyStreams
        if in_all >= IN_ALL:
            raise StreamsFull


seats = StreamSeats()
