"""Cards of documents."""

from __future__ import annotations

from cards.kinds import Action, KindOfCard
from cards.message import Language
from contract.answers import CardFacts
from contract.events import EventType


def _facts(_facts: CardFacts, _language: Language) -> list[str]:
    return []


DOCUMENT = KindOfCard(
    icon="📄",
    nouns={"fr": "document", "en": "document"},
    actions={
        EventType.DOCUMENT_CREATED: Action.CREATED,
        EventType.DOCUMENT_UPDATED: Action.UPDATED,
        EventType.DOCUMENT_SHARED: Action.SHARED,
        EventType.DOCUMENT_TRASHED: Action.TRASHED,
        EventType.DOCUMENT_RESTORED: Action.RESTORED,
    },
    facts=_facts,
)
