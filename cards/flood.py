"""The card that counts: many things to which the same happened, under one thing and soon after each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cards.card import KINDS
from cards.kinds import Action, Words
from cards.message import Language, Message, paragraphs
from cards.text import anchor, escape, name, title
from contract.events import EventType
from contract.resources import Kind

#: As `cards.kinds.WORDS`, of several. The nouns are all masculine in French. `{where}` is the folder, with its word.
_WORDS: Mapping[Language, Words] = {
    "fr": Words(
        by={
            Action.CREATED: "{actor} a créé {things}{where}",
            Action.UPLOADED: "{actor} a déposé {things}{where}",
            Action.UPDATED: "{actor} a modifié {things}{where}",
            Action.SHARED: "{actor} a partagé {things}{where}",
            Action.TRASHED: "{actor} a mis à la corbeille {things}{where}",
            Action.RESTORED: "{actor} a sorti de la corbeille {things}{where}",
        },
        alone={
            Action.CREATED: "créés",
            Action.UPLOADED: "déposés",
            Action.UPDATED: "modifiés",
            Action.SHARED: "partagés",
            Action.TRASHED: "mis à la corbeille",
            Action.RESTORED: "sortis de la corbeille",
        },
    ),
    "en": Words(
        by={
            Action.CREATED: "{actor} created {things}{where}",
            Action.UPLOADED: "{actor} added {things}{where}",
            Action.UPDATED: "{actor} changed {things}{where}",
            Action.SHARED: "{actor} shared {things}{where}",
            Action.TRASHED: "{actor} moved {things}{where} to the trash",
            Action.RESTORED: "{actor} took {things}{where} out of the trash",
        },
        alone={
            Action.CREATED: "created",
            Action.UPLOADED: "added",
            Action.UPDATED: "changed",
            Action.SHARED: "shared",
            Action.TRASHED: "moved to the trash",
            Action.RESTORED: "taken out of the trash",
        },
    ),
}


@dataclass(frozen=True, slots=True)
class Flood:
    """`count` things of a kind to which `happened` happened. `actor` is a name, `folder` the title and the address of
    what they all hang under: None where not everybody may know. `items` are titles and addresses of the first of them
    that everybody may read.
    """

    kind: Kind
    happened: EventType
    count: int
    actor: str | None
    folder: tuple[str, str] | None
    items: tuple[tuple[str, str], ...]


def render_flood(flood: Flood, language: Language) -> Message:
    """The card for people who may all read what it names. Raises `ValueError` for what does not happen to its kind."""
    icon = KINDS[flood.kind].icon
    before, after = _head(flood, language)
    plain, marked = f"{icon} {before}{after}", f"{icon} {escape(before)}{escape(after)}"
    if flood.folder is not None:
        shown, url = title(flood.folder[0]), flood.folder[1]
        word, close = _where(flood, language)
        plain = f"{icon} {before}{word}{shown}{close}{after}\n{url}"
        marked = f"{icon} {escape(before)}{word}<strong>{anchor(url, shown)}</strong>{close}{escape(after)}"
    items = [(title(one), url) for one, url in flood.items]
    rest = _rest(flood.count - len(items), bool(items), language)
    lines = [f"• {shown}\n  {url}" for shown, url in items] + ([f"• {rest}"] if rest else [])
    marks = [anchor(url, shown) for shown, url in items] + ([rest] if rest else [])
    body = "\n".join([plain, *lines])
    return Message(
        body, f"<p>{marked}</p>" + (f"<ul>{''.join(f'<li>{one}</li>' for one in marks)}</ul>" if marks else "")
    )


def render_bare_flood(kind: Kind, count: int, cannot: int, happened: EventType, language: Language) -> Message:
    """The card where not everybody may read anything of it: how many, and what happened to them.

    `cannot` is how many of the room may not; 0 where the things are gone.
    """
    did, things = _WORDS[language].alone[KINDS[kind].action(happened)], _things(kind, count, language)
    if language == "fr":
        line = f"{things} que ce salon suit ont été {did}."
        members = "1 membre du salon n’y a" if cannot == 1 else f"{cannot} membres du salon n’y ont"
        reason = f"{members} pas accès\u00a0: je n’en montre rien." if cannot else "Ils ne sont plus accessibles."
    else:
        line = f"{things} that this room follows were {did}."
        members = "1 member of the room has" if cannot == 1 else f"{cannot} members of the room have"
        reason = (
            f"{members} no access to them: nothing of them is shown." if cannot else "They are not available any more."
        )
    return paragraphs((f"🔒 {line} {reason}", f"🔒 {line} {reason}"))


def _head(flood: Flood, language: Language) -> tuple[str, str]:
    """What is said before the folder and after it."""
    action, things = KINDS[flood.kind].action(flood.happened), _things(flood.kind, flood.count, language)
    if not flood.actor:
        return f"{things} {_WORDS[language].alone[action]}", ""
    before, after = _WORDS[language].by[action].split("{where}")
    return before.format(actor=name(flood.actor), things=things), after


def _where(flood: Flood, language: Language) -> tuple[str, str]:
    """What stands around the title of the folder: what is in the trash, or was, is not in the folder."""
    action = KINDS[flood.kind].action(flood.happened)
    gone = action in (Action.TRASHED, Action.RESTORED) and flood.actor
    if language == "fr":
        return (" de «\u00a0" if gone else " dans «\u00a0"), "\u00a0»"
    return (" of “" if gone else " to “" if action is Action.UPLOADED else " in “"), "”"


def _things(kind: Kind, count: int, language: Language) -> str:
    return f"{count} {KINDS[kind].nouns[language]}s"


def _rest(more: int, named: bool, language: Language) -> str | None:
    if more <= 0 or not named:
        return None
    if language == "fr":
        return f"et {more} autre{'s' if more > 1 else ''}"
    return f"and {more} more"
