"""An excerpt: a piece of text around what was found, as HTML in which only `<mark>` is markup. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

#: Characters of an excerpt.
LENGTH = 200


def marked(fragment: str, ranges: Iterable[tuple[int, int]]) -> str:
    """`fragment` escaped, with the `ranges` marked. They are byte offsets in UTF-8, ascending and apart."""
    raw = fragment.encode()
    pieces: list[str] = []
    done = 0
    for start, end in ranges:
        if start < done:
            continue
        pieces += (_escaped(raw[done:start]), "<mark>", _escaped(raw[start:end]), "</mark>")
        done = end
    pieces.append(_escaped(raw[done:]))
    return " ".join("".join(pieces).split())


def beginning(body: str) -> str:
    """The first words of `body`, escaped, for what was found by its title alone."""
    text = " ".join(body[: 2 * LENGTH].split())
    if len(text) <= LENGTH:
        return escape(text)
    return escape(text[:LENGTH].rsplit(" ", 1)[0]) + "…"


def _escaped(raw: bytes) -> str:
    return escape(raw.decode(errors="replace"))
