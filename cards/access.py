"""Who of a room may read what it follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cards.message import Language, Message, fitting
from cards.text import anchor, clean, escape, title

#: People who are named with each role.
_NAMED = 10
_ROLES: Mapping[Language, Mapping[str, str]] = {
    "fr": {
        "reader": "peuvent lire",
        "commenter": "peuvent commenter",
        "editor": "peuvent modifier",
        "owner": "en sont responsables",
    },
    "en": {"reader": "may read", "commenter": "may comment", "editor": "may edit", "owner": "own it"},
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
            "un élément que tout le monde ici ne peut pas lire"
            if language == "fr"
            else "something that not everybody here may read"
        )
        return f"{hidden}{people}", f"{hidden}{marked}"
    shown = title(item.title)
    return f"{shown}\n  {item.url}{people}", f"{anchor(item.url, shown)}{marked}"


def _lines(item: Access, language: Language) -> list[str]:
    colon = "\u00a0:" if language == "fr" else ":"
    lines = []
    for role, words in _ROLES[language].items():
        if people := sorted(who for who, theirs in item.roles.items() if theirs == role):
            lines.append(f"{words}{colon} {_names(people, language)}")
    if item.without:
        none = "n’y ont pas accès" if language == "fr" else "have no access"
        lines.append(f"{none}{colon} {_names(sorted(item.without), language)}")
    return lines


def _names(people: Sequence[str], language: Language) -> str:
    names, rest = [clean(who, 255) for who in people[:_NAMED]], len(people) - _NAMED
    if rest > 0:
        others = ("autre" if rest == 1 else "autres") if language == "fr" else "more"
        names.append(f"{rest} {others}")
    return ", ".join(names)
