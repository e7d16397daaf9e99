"""Which part of a file is asked for: `Range` and `If-Range` (RFC 9110, sections 13.1.5 and 14). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: One range of bytes: from one to another, from one on, or so many last ones. Several at once are sent as the whole.
_RANGE = re.compile(r"bytes=[ \t]*(\d{0,19})-(\d{0,19})[ \t]*", re.ASCII | re.IGNORECASE)


class Unsatisfiable(Exception):
    """There are no such bytes in the file."""


@dataclass(frozen=True)
class Span:
    """The bytes from `first` to `last`, both included, of `size`."""

    first: int
    last: int
    size: int

    @property
    def length(self) -> int:
        """How many there are."""
        return self.last - self.first + 1

    @property
    def content_range(self) -> str:
        """As a header says it (RFC 9110, section 14.4)."""
        return f"bytes {self.first}-{self.last}/{self.size}"


def asked(wanted: str, only_of: str, size: int, etag: str) -> Span | None:
    """What the headers `Range` and `If-Range` (empty: not sent) ask of a file of `size` bytes that is `etag` now.

    None is the whole: where nothing is asked, where it is not understood, which is to be ignored, and where the client
    has the beginning of another version. Raises `Unsatisfiable`.
    """
    found = _RANGE.fullmatch(wanted)
    if found is None or (only_of and only_of != etag):
        return None
    begins, ends = found.groups()
    if begins:
        first, last = int(begins), int(ends) if ends else size - 1
        if ends and last < first:
            return None
    elif ends:
        first, last = max(0, size - int(ends)), size - 1
    else:
        return None
    if first >= size or not size:
        raise Unsatisfiable
    return Span(first, min(last, size - 1), size)
