"""Names of files: what keeps both where two have the same, and how a browser is told one. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

from django.utils.http import content_disposition_header

_LONGEST = 255
#: `free` leaves at least so much of a stem.
_SHORTEST_STEM = 200
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
#: An ending longer than this is part of the name.
_LONGEST_ENDING = 12
#: What no file is called: controls, and what would leave the folder.
_NEVER = dict.fromkeys([*range(0x20), 0x7F, ord("/"), ord("\\")], "_")


def free(name: str, taken: Collection[str]) -> str:
    """`name`, or `name (2)`, `name (3)`… where it is taken; the ending stays what it is. Case does not tell apart."""
    lowered = {one.casefold() for one in taken}
    if name.casefold() not in lowered:
        return name
    stem, ending = _split(name)
    number = 2
    while True:
        mark = f" ({number})"
        candidate = stem[: _LONGEST - len(mark) - len(ending)] + mark + ending
        if candidate.casefold() not in lowered:
            return candidate
        number += 1


def beginning(name: str) -> str:
    """How every name begins that stands in the way of `name`, in any case. SQLite knows the case of ASCII only."""
    stem, _ending = _split(name)
    return _NOT_ASCII.split(stem[:_SHORTEST_STEM], maxsplit=1)[0]


def attachment(name: str) -> str:
    """The `Content-Disposition` of a download (RFC 6266): no name can end the header, or leave the folder."""
    safe = name.translate(_NEVER)
    return content_disposition_header(as_attachment=True, filename=safe) or "attachment"


def _split(name: str) -> tuple[str, str]:
    stem, dot, ending = name.rpartition(".")
    if not dot or not stem or len(ending) > _LONGEST_ENDING:
        return name, ""
    return stem, dot + ending
