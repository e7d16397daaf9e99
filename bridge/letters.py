"""What a delivery says to those who are in its room now: the audience rule, and the card that follows from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import cards
from bridge import content
from bridge.audiences import Audiences
from bridge.store.deliveries import Deliveries
from bridge.store.delivery import Delivery, Happening
from cards import Card, Language
from contract.events import EventType
from contract.ids import MatrixId, Sub
from contract.resources import link

#: What an agent does again and again while writing: within the window it edits one card.
_MERGED = frozenset({EventType.DOCUMENT_UPDATED})
#: Of what is in the trash, those who could read it are told only this.
_TRASHING = frozenset({EventType.DOCUMENT_TRASHED, EventType.FILE_TRASHED, EventType.FOLDER_TRASHED})


@dataclass(frozen=True)
class Letter:
    """What is to be sent. `edits` is the delivery whose message it changes.

    `verdict` stands for everything that it was made of: what was sealed of another verdict is not sent any more.
    """

    content: Mapping[str, Any]
    edits: int | None
    verdict: str


class Letters:
    """Makes letters. `window` is within what time updates of one document edit one card."""

    def __init__(self, audiences: Audiences, deliveries: Deliveries, workspace_url: str, window: timedelta) -> None:
        self._audiences = audiences
        self._deliveries = deliveries
        self._workspace_url = workspace_url
        self._window = window

    async def make(self, delivery: Delivery, members: frozenset[MatrixId], language: Language) -> Letter:
        """The letter of `delivery` for `members`. Raises what the audience question raises."""
        first = await self._first(delivery)
        happenings = [*(await self._deliveries.told_with(first) if first else ()), delivery.happening]
        happened, actors = delivery.happening.type, [happening.actor for happening in happenings]
        audience, names = await self._audiences.named(
            members, delivery.resource.id, actors, trashing=happened in _TRASHING
        )
        if audience.facts is None:
            message = cards.render_bare(delivery.resource.kind, audience.cannot, happened, language)
        else:
            url = link(self._workspace_url, delivery.resource)
            message = cards.render(Card(delivery.resource, audience.facts, url, _shown(happenings, names)), language)
        to_send = content.edited(message, first.sent_event) if first and first.sent_event else content.said(message)
        return Letter(to_send, first.id if first else None, _verdict(members, to_send))

    async def _first(self, delivery: Delivery) -> Delivery | None:
        """The delivery whose message is to be changed, None for a message of its own. Once chosen it stays."""
        if delivery.sealed is not None:
            return await self._deliveries.get(delivery.edits) if delivery.edits is not None else None
        if delivery.happening.type not in _MERGED or not self._window:
            return None
        return await self._deliveries.card_to_edit(delivery, self._window)


def _shown(happenings: Sequence[Happening], names: Mapping[Sub, str]) -> tuple[cards.Happening, ...]:
    return tuple(
        cards.Happening(happening.type, names.get(happening.actor) if happening.actor else None, happening.at)
        for happening in happenings
    )


def _verdict(members: frozenset[MatrixId], to_send: Mapping[str, Any]) -> str:
    made_of = json.dumps([sorted(members), to_send], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(made_of.encode()).hexdigest()
