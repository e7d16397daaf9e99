"""A card: what happened to one thing, for people who may all read it; and the bare card, for the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cards.document import DOCUMENT
from cards.file import FILE
from cards.folder import FOLDER
from cards.kinds import WORDS, Action, KindOfCard
from cards.message import Language, Message, paragraphs
from cards.text import anchor, escape, name, title
from contract.answers import CardFacts
from contract.events import EventType
from contract.resources import Kind, Resource

_KINDS: Mapping[Kind, KindOfCard] = {Kind.DOCUMENT: DOCUMENT, Kind.FILE: FILE, Kind.FOLDER: FOLDER}
#: People who are named where several did something.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Happening:
    """One event. `actor` is a name that may be shown, None where it is not known; `at` knows its time zone."""

    type: EventType
    actor: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Card:
    """What is said of one thing at `url`. `happenings` is the oldest first, at least one."""

    resource: Resource
    facts: CardFacts
    url: str
    happenings: tuple[Happening, ...]


def render(card: Card, language: Language) -> Message:
    """The card for people who may all read it. Raises `ValueError` for what does not happen to things of its kind."""
    kind = _KINDS[card.resource.kind]
    shown = title(card.facts.title)
    happened = _happened(card.happenings, kind, language)
    facts = [*kind.facts(card.facts, language), *_folder(card.facts, language)]
    line = " · ".join([happened, *facts])
    return paragraphs(
        (f"{kind.icon} {shown}", f"{kind.icon} <strong>{anchor(card.url, shown)}</strong>"),
        (f"{line}\n{card.url}", escape(line)),
    )


def render_bare(kind: Kind, cannot: int, happened: EventType, language: Language) -> Message:
    """The card where not everybody may read: what it says holds for anything of that kind.

    `cannot` is how many of the room may not; 0 where the thing is gone.
    """
    words = _KINDS[kind]
    noun, did = words.nouns[language], _alone(words.action(happened), "", language).strip()
    if language == "fr":
        line = f"Un {noun} que ce salon suit a été {did}."
        members = "1 membre du salon n’y a" if cannot == 1 else f"{cannot} membres du salon n’y ont"
        reason = f"{members} pas accès\u00a0: je n’en montre rien." if cannot else "Il n’est plus accessible."
    else:
        line = f"A {noun} that this room follows was {did}."
        members = "1 member of the room has" if cannot == 1 else f"{cannot} members of the room have"
        reason = f"{members} no access to it: nothing of it is shown." if cannot else "It is not available any more."
    return paragraphs((f"🔒 {line} {reason}", f"🔒 {line} {reason}"))


def _happened(happenings: Sequence[Happening], kind: KindOfCard, language: Language) -> str:
    noun, last = kind.nouns[language], happenings[-1]
    actors = [name(actor) for actor in dict.fromkeys(one.actor for one in happenings) if actor]
    if len(happenings) > 1:
        return _several(len(happenings), actors, language)
    action = kind.action(last.type)
    if not actors:
        return _alone(action, noun, language).capitalize()
    return WORDS[language].by[action].format(actor=actors[0], noun=noun)


def _alone(action: Action, noun: str, language: Language) -> str:
    return WORDS[language].alone[action].format(noun=noun)


def _several(count: int, actors: Sequence[str], language: Language) -> str:
    said = f"{count} modifications" if language == "fr" else f"{count} changes"
    if not actors:
        return said
    return f"{said} {'par' if language == 'fr' else 'by'} {_list(actors, language)}"


def _list(names: Sequence[str], language: Language) -> str:
    shown, more = list(names[:_NAMED]), len(names) - _NAMED
    if more > 0:
        autres = "autre" if more == 1 else "autres"
        shown.append(f"{more} {autres}" if language == "fr" else f"{more} more")
    if len(shown) == 1:
        return shown[0]
    return f"{', '.join(shown[:-1])} {'et' if language == 'fr' else 'and'} {shown[-1]}"


def _folder(facts: CardFacts, language: Language) -> list[str]:
    if not facts.folder:
        return []
    folder = title(facts.folder)
    return [f"dans «\u00a0{folder}\u00a0»" if language == "fr" else f"in “{folder}”"]
