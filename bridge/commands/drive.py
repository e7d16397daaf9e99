"""Reads `!drive …` out of what somebody wrote. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bridge.commands.reading import near_verb, verb_of, words_after

PREFIX = "!drive"


class DriveVerb(StrEnum):
    """What can be asked for of files."""

    SAVE = "save"
    SEND = "send"
    OPEN = "open"
    HELP = "help"


_ALIASES = {
    "enregistrer": DriveVerb.SAVE,
    "enregistre": DriveVerb.SAVE,
    "envoyer": DriveVerb.SEND,
    "envoie": DriveVerb.SEND,
    "ouvrir": DriveVerb.OPEN,
    "ouvre": DriveVerb.OPEN,
    "aide": DriveVerb.HELP,
}
#: Whether words follow a verb; where nothing is said, as people like.
_WANTS = {DriveVerb.SAVE: False, DriveVerb.SEND: True}


@dataclass(frozen=True)
class DriveCommand:
    """A command, with the words that follow it where it wants some."""

    verb: DriveVerb
    words: str = ""


@dataclass(frozen=True)
class DriveMisused:
    """A command without the words that it wants, or with some that it does not."""

    verb: DriveVerb


@dataclass(frozen=True)
class DriveUnknown:
    """A word that is no command, and the near one if there is one."""

    word: str
    near: DriveVerb | None


DriveAsked = DriveCommand | DriveMisused | DriveUnknown


def parse_drive(body: str) -> DriveAsked | None:
    """What `body` asks of files; None where it asks nothing."""
    words = words_after(PREFIX, body)
    if words is None:
        return None
    word, *rest = words or [DriveVerb.HELP]
    verb = verb_of(word, DriveVerb, _ALIASES)
    if verb is None:
        return DriveUnknown(word, near_verb(word, DriveVerb, _ALIASES))
    if bool(rest) != _WANTS.get(verb, bool(rest)):
        return DriveMisused(verb)
    return DriveCommand(verb, " ".join(rest))
