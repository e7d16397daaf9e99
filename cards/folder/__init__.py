"""Cards of folders."""

from __future__ import annotations

from cards.kinds import Action, KindOfCard
from cards.message import Language
from contract.answers import CardFacts
from contract.events import EventType


def _facts(_facts: CardFacts, _language: Language) -> list[str]:
    return []


FOLDER = KindOfCard(
    icon="📁",
    nouns={"fr": "dossier", "en": "folder"},
    actions={
        EventType.FOLDER_CREATED: Action.CREATED,
        EventType.FOLDER_UPDATED: Action.UPDATED,
        EventType.FOLDER_SHARED: Action.SHARED,
        EventType.FOLDER_TRASHED: Action.TRASHED,
        EventType.FOLDER_RESTORED: Action.RESTORED,
    },
    facts=_facts,
)
