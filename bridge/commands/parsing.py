"""Reads a command out of what somebody wrote. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bridge.commands.reading import bare, near_verb, verb_of, words_after

PREFIX = "!parvis"


class Verb(StrEnum):
    """What can be asked for."""

    HELP = "help"
    LINK = "link"
    UNLINK = "unlink"
    BIND = "bind"
    UNBIND = "unbind"
    BINDINGS = "bindings"
    ACCESS = "access"
    SETTINGS = "settings"
    LANGUAGE = "language"


#: French words for the same.
_ALIASES = {"aide": Verb.HELP, "langue": Verb.LANGUAGE, "accès": Verb.ACCESS, "réglages": Verb.SETTINGS}
#: How many words follow a verb at least and at most, none where it is not said.
_WANTS = {Verb.BIND: (1, 3), Verb.UNBIND: (1, 3), Verb.LANGUAGE: (1, 1), Verb.SETTINGS: (0, 2)}
#: What is said after the address where all rooms of a space are meant; after it may be the space's id.
SPACE_WORDS = frozenset({"space", "espace"})


@dataclass(frozen=True)
class Command:
    """A command with its one word, where it wants one; or with its words, a space between two."""

    verb: Verb
    word: str = ""


@dataclass(frozen=True)
class Misused:
    """A command with too few words or too many."""

    verb: Verb


@dataclass(frozen=True)
class Unknown:
    """A word that is no command, and the near one if there is one."""

    word: str
    near: Verb | None


def parse(body: str) -> Command | Misused | Unknown | None:
    """The command in `body`; None where it does not speak to the bridge."""
    words = words_after(PREFIX, body)
    if words is None:
        return None
    word, *rest = words or [Verb.HELP]
    verb = verb_of(word, Verb, _ALIASES)
    if verb is None:
        return Unknown(word, near_verb(word, Verb, _ALIASES))
    least, most = _WANTS.get(verb, (0, 0))
    if verb is not Verb.HELP and not least <= len(rest) <= most:
        return Misused(verb)
    if verb in (Verb.BIND, Verb.UNBIND) and len(rest) > 1 and rest[1].casefold() not in SPACE_WORDS:
        return Misused(verb)
    return Command(verb, " ".join(map(bare, rest[: max(most, 1)])))
