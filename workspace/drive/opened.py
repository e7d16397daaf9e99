"""A download that may begin: what the views answer, and `sending` serves once Django is done with the request."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.http import StreamingHttpResponse

from workspace.api.seats import Seat, Seats
from workspace.drive.errors import DownloadsFull, TooManyDownloads
from workspace.drive.ranges import Span
from workspace.drive.rights import Right

#: Downloads under way of one account, of whoever is not signed in together, and of one process of ours.
AN_ACCOUNT, IN_PUBLIC, IN_ALL = 16, 96, 256


class DownloadSeats(Seats):
    """Those of downloads: each has some memory while it is under way."""

    def check(self, account: UUID | None, theirs: int, in_all: int) -> None:
        """Raises `TooManyDownloads` or `DownloadsFull`."""
        if theirs >= (IN_PUBLIC if account is None else AN_ACCOUNT):
            raise DownloadsFull if account is None else TooManyDownloads
        if in_all >= IN_ALL:
            raise DownloadsFull


seats = DownloadSeats()


class Download(StreamingHttpResponse):
    """The bytes `span` of the object `key`, by a `right`. The view has read the first of them, `beginning`."""

    def __init__(
        self, key: str, span: Span, beginning: bytes, right: Right, seat: Seat, headers: Mapping[str, str], status: int
    ) -> None:
        self.seat = seat  # before all that may fail
        super().__init__(iter(()), headers=headers, status=status)
        self.key = key
        self.span = span
        self.beginning = beginning
        self.right = right

    def __del__(self) -> None:
        """Where it never began: nobody holds it any more."""
        self.seat.give_back()
