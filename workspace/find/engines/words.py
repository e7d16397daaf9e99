"""What a person typed, as terms: words, "phrases in quotes", and -words that must not be there. Pure.

This is all the syntax there is: an engine's own query language never sees what a person typed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MAX_CHARACTERS = 400
MAX_TERMS = 32
#: Control characters but the end of a line, and halves of a surrogate pair.
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_TERM = re.compile(r'(?P<minus>(?<!\S)-)?(?:["«“](?P<phrase>[^"»”]*)(?:["»”]|$)|(?P<word>[^\s"«»“”]+))')


class TooManyWords(ValueError):
    """What was typed is too long to be a search."""


@dataclass(frozen=True)
class Term:
    """A word, or several that must follow each other. An excluded one must not be there."""

    text: str
    excluded: bool = False


def normalise(text: str) -> str:
    """`text` in the one form that is indexed and searched: composed letters, no ligatures, no control characters."""
    return _CONTROL.sub(" ", unicodedata.normalize("NFKC", text))


def parse(typed: str) -> tuple[Term, ...]:
    """The terms of what was typed. Raises `TooManyWords`."""
    if len(typed) > MAX_CHARACTERS:
        raise TooManyWords
    found: list[Term] = []
    for match in _TERM.finditer(normalise(typed)):
        text = (match["phrase"] if match["phrase"] is not None else match["word"]).strip()
        if any(char.isalnum() for char in text):
            found.append(Term(text, excluded=match["minus"] is not None))
    if len(found) > MAX_TERMS:
        raise TooManyWords
    return tuple(found)
