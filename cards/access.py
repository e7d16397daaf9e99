"""Who of a room may read what it follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cards.message import Language, Message, fitting
from cards.text import anchor, clean, escape, title

#: People who are named with each role.
_NAMED = 10
#: What is said of one, and of several.
_ROLES: Mapping[Language, Mapping[str, tuple[str, str]]] = {
    "fr": {
        "reader": ("peut lire", "peuvent lire"),
        "commenter": ("peut commenter", "peuvent commenter"),
        "editor": ("peut modifier", "peuvent modifier"),
        "owner": ("en est responsable", "en sont responsables"),
    },
    "en": {
        "reader": ("may read", "may read"),
        "commenter": ("may comment", "may comment"),
        "editor": ("may edit", "may edit"),
        "owner": ("owns it", "own it"),
    },
}
_NONE: Mapping[Language, tuple[str, str]] = {
    "fr": ("n’y a pas accès", "n’y ont pas accès"),
    "en": ("has no access", "have no access"),
}


@dataclass(frozen=True, slots=True)
class Access:
    """One thing that the room follows. `title` is None where not everybody may read it; people are Matrix ids, `roles`
    with one of `reader`, `commenter`, `editor` and `owner`, `without` with none.
    """

    title: str | None
    url: str
    roles: Mapping[str, str]
    without: Sequence[str]


def access(items: Sequence[Access], language: Language) -> Message:
    """For each thing that the room follows, who here may do what; of a long list, as much as one message carries."""
    intro = (
        "Ce que ce salon suit, et qui peut le lire\u00a0:"
        if language == "fr"
        else "What this room follows, and who may read it:"
    )
    return fitting(intro, [_one(item, language) for item in items], language)


def _one(item: Access, language: Language) -> tuple[str, str]:
    lines = _lines(item, language)
    people = "".join(f"\n  {line}" for line in lines)
    marked = "".join(f"<br>{escape(line)}" for line in lines)
    if item.title is None:
        hidden = (
            "un élément que certaines personnes ici ne peuvent pas lire"
            if language == "fr"
            else "something that some people here may not read"
        )
        return f"{hidden}{people}", f"{hidden}{marked}"
    shown = title(item.title)
    return f"{shown}\n  {item.url}{people}", f"{anchor(item.url, shown)}{marked}"


def _lines(item: Access, language: Language) -> list[str]:
    colon = "\u00a0:" if language == "fr" else ":"
    said = [
        (words, sorted(who for who, theirs in item.roles.items() if theirs == role))
        for role, words in _ROLES[language].items()
    ]
    said.append((_NONE[language], sorted(item.without)))
    return [f"{several if len(who) > 1 else one}{colon} {_names(who, language)}" for (one, several), who in said if who]


def _names(people: Sequence[str], language: Language) -> str:
    names, rest = [clean(who, 255) for who in people[:_NAMED]], len(people) - _NAMED
    if rest <= 0:
        return ", ".join(names)
    others = f"et {rest} autre{'s' if rest > 1 else ''}" if language == "fr" else f"and {rest} more"
    return f"{', '.join(names)} {others}"
