"""Words to look for in the tour: a given file may be called anything."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

#: What the bot takes for a question about itself, and what the search's index leaves out of a title.
_NOT_SEARCHED = frozenset({"aide", "help"})
_SHORTEST, _LONGEST_BYTES = 3, 60


def worth_looking_for(title: str) -> list[str]:
    """The words of a title, the most telling first: whole, as the index has them, with letters before digits alone."""
    words = dict.fromkeys(_words(title))
    return sorted(words, key=lambda word: (word.isdecimal(), -len(word)))


def _words(title: str) -> Iterator[str]:
    stem, dot, extension = title.rpartition(".")
    name = stem if dot and stem and extension.isalnum() and len(extension) <= len("markdown") else title
    for word in re.findall(r"[^\W_]+", unicodedata.normalize("NFC", name).casefold()):
        if word not in _NOT_SEARCHED and len(word) >= _SHORTEST and len(word.encode()) <= _LONGEST_BYTES:
            yield word
