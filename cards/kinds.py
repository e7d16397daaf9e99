"""What a card says of things of one kind. Each kind has a folder with one of these; `cards.card` lists them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from cards.message import Language
from contract.answers import CardFacts
from contract.events import EventType


class Action(Enum):
    """What can be done to a thing. The words follow “Inès Benali … this document” and “document …”."""

    CREATED = "created"
    UPLOADED = "uploaded"
    UPDATED = "updated"
    SHARED = "shared"
    TRASHED = "trashed"
    RESTORED = "restored"


@dataclass(frozen=True)
class Words:
    """`noun` is masculine in French: what is not needs words of its own."""

    by: Mapping[Action, str]
    alone: Mapping[Action, str]


WORDS: Mapping[Language, Words] = {
    "fr": Words(
        by={
            Action.CREATED: "{actor} a créé ce {noun}",
            Action.UPLOADED: "{actor} a déposé ce {noun}",
            Action.UPDATED: "{actor} a modifié ce {noun}",
            Action.SHARED: "{actor} a partagé ce {noun}",
            Action.TRASHED: "{actor} a mis ce {noun} à la corbeille",
            Action.RESTORED: "{actor} a sorti ce {noun} de la corbeille",
        },
        alone={
            Action.CREATED: "{noun} créé",
            Action.UPLOADED: "{noun} déposé",
            Action.UPDATED: "{noun} modifié",
            Action.SHARED: "{noun} partagé",
            Action.TRASHED: "{noun} mis à la corbeille",
            Action.RESTORED: "{noun} sorti de la corbeille",
        },
    ),
    "en": Words(
        by={
            Action.CREATED: "{actor} created this {noun}",
            Action.UPLOADED: "{actor} added this {noun}",
            Action.UPDATED: "{actor} changed this {noun}",
            Action.SHARED: "{actor} shared this {noun}",
            Action.TRASHED: "{actor} moved this {noun} to the trash",
            Action.RESTORED: "{actor} took this {noun} out of the trash",
        },
        alone={
            Action.CREATED: "{noun} created",
            Action.UPLOADED: "{noun} added",
            Action.UPDATED: "{noun} changed",
            Action.SHARED: "{noun} shared",
            Action.TRASHED: "{noun} moved to the trash",
            Action.RESTORED: "{noun} taken out of the trash",
        },
    ),
}


@dataclass(frozen=True)
class KindOfCard:
    """`facts` gives what is worth saying beside the title, already harmless."""

    icon: str
    nouns: Mapping[Language, str]
    actions: Mapping[EventType, Action]
    facts: Callable[[CardFacts, Language], list[str]]

    def action(self, type_: EventType) -> Action:
        """What was done. Raises `ValueError` for an event that is not of this kind of thing."""
        try:
            return self.actions[type_]
        except KeyError:
            raise ValueError(f"{type_} does not happen to a {self.nouns['en']}") from None
