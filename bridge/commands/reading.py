"""What the commands of the bridge have in common: a prefix, a verb in either language, words after it. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

V = TypeVar("V", bound=StrEnum)


def words_after(prefix: str, body: str) -> list[str] | None:
    """The words of `body` after `prefix`, in whatever case it is; None where it does not start with it."""
    first, *words = body.replace("\u00a0", " ").split() or [""]
    return words if first.casefold() == prefix else None


def verb_of(word: str, verbs: type[V], aliases: Mapping[str, V]) -> V | None:
    """The verb that `word` is, or that it stands for."""
    said = word.casefold()
    return verbs(said) if said in set(verbs) else aliases.get(said)


def near_verb(word: str, verbs: type[V], aliases: Mapping[str, V]) -> V | None:
    """The verb that `word`, which is none, is nearly."""
    near = difflib.get_close_matches(word.casefold(), [*verbs, *aliases], n=1, cutoff=0.5)
    return verb_of(near[0], verbs, aliases) if near else None


def bare(word: str) -> str:
    """`word` without the brackets that people put around addresses."""
    return word[1:-1] if word.startswith("<") and word.endswith(">") else word
