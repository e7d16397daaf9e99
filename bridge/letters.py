"""What a delivery says to those who are in its room now: the audience rule, and the card that follows from it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import cards
from bridge import content
from bridge.audiences import Audiences
from bridge.floods import Counting, Flood
from bridge.store.deliveries import Choice, Deliveries
from bridge.store.delivery import Delivery, Happening
from cards import Card, Language, Message
from contract.events import EventType
from contract.ids import EventId, MatrixId, RoomId, Sub
from contract.resources import Resource, link

#: What an agent does again and again while writing: within the window it edits one card.
_MERGED = frozenset({EventType.DOCUMENT_UPDATED})
#: Of what is in the trash, those who could read it are told only this.
_TRASHING = frozenset({EventType.DOCUMENT_TRASHED, EventType.FILE_TRASHED, EventType.FOLDER_TRASHED})


@dataclass(frozen=True)
class Letter:
    """What is to be sent, and how that was chosen.

    `verdict` stands for everything that it was made of: what was sealed of another verdict is not sent any more.
    `shows`: it shows what it is about, and that alone.
    """

    content: Mapping[str, Any]
    verdict: str
    choice: Choice
    shows: bool


class Letters:
    """Makes letters. `window` is within what time updates of one document edit one card; `in_threads` says whether a
    room reads what comes after an item's first card in that card's thread.
    """

    def __init__(
        self,
        audiences: Audiences,
        deliveries: Deliveries,
        workspace_url: str,
        window: timedelta,
        floods: Counting | None = None,
        in_threads: Callable[[RoomId], bool] = lambda _room: False,
    ) -> None:
        self._audiences = audiences
        self._deliveries = deliveries
        self._workspace_url = workspace_url
        self._window = window
        self._floods = floods
        self._in_threads = in_threads

    async def make(self, delivery: Delivery, members: frozenset[MatrixId], language: Language) -> Letter:
        """The letter of `delivery` for `members`. Raises what the audience question raises, and `TooSoon`."""
        first = await self._first(delivery)
        flood = await self._floods.of(delivery, first) if self._floods else None
        if flood is not None:
            message, shows = await self._counting(delivery, flood, members, language), False
            first, thread = flood.card, None
            joins, since = flood.joins, flood.since if first is None else None
        else:
            message, shows = await self._single(delivery, first, members, language)
            thread = None if first else await self._thread(delivery)
            joins, since = (), None
        to_send = _content(message, first, thread)
        choice = Choice(first.id if first else None, thread, since, joins)
        return Letter(to_send, content.verdict(members, to_send), choice, shows)

    def sent(self, delivery: Delivery, letter: Letter) -> None:
        """The letter of `delivery` is in the room."""
        card = delivery.id if letter.choice.flood is not None else letter.choice.edits
        if self._floods and card is not None:
            self._floods.changed(card)

    async def _single(
        self, delivery: Delivery, first: Delivery | None, members: frozenset[MatrixId], language: Language
    ) -> tuple[Message, bool]:
        """The card, and whether it shows what it is about."""
        happenings = [*(await self._deliveries.told_with(first) if first else ()), delivery.happening]
        happened, actors = delivery.happening.type, [happening.actor for happening in happenings]
        audience, names = await self._audiences.named(
            members, delivery.resource.id, actors, trashing=happened in _TRASHING
        )
        if audience.facts is None:
            return cards.render_bare(delivery.resource.kind, audience.cannot, happened, language), False
        url = link(self._workspace_url, delivery.resource)
        return cards.render(Card(delivery.resource, audience.facts, url, _shown(happenings, names)), language), True

    async def _counting(
        self, delivery: Delivery, flood: Flood, members: frozenset[MatrixId], language: Language
    ) -> Message:
        """Each title, and that of what they hang under, is there only if all may read it. Who did it is told only to
        those who may all read the latter.
        """
        happening, parent = delivery.happening, delivery.parent
        if parent is None:
            raise ValueError("what hangs under nothing is no part of a flood")
        above, *answers = await asyncio.gather(
            self._audiences.of(members, parent, happening.actor),
            *(
                self._audiences.of(members, resource.id, trashing=happening.type in _TRASHING)
                for resource in flood.first
            ),
        )
        items = tuple(
            (audience.facts.title, link(self._workspace_url, resource))
            for audience, resource in zip(answers, flood.first, strict=True)
            if audience.facts is not None
        )
        kind = delivery.resource.kind
        if above.facts is None and not items:
            cannot = max([above.cannot, *(audience.cannot for audience in answers)])
            return cards.render_bare_flood(kind, flood.count, cannot, happening.type, language)
        folder = None
        if above.facts is not None:
            folder = (above.facts.title, link(self._workspace_url, Resource(above.facts.kind, parent)))
        actor = above.facts.actor if above.facts else None
        return cards.render_flood(cards.Flood(kind, happening.type, flood.count, actor, folder, items), language)

    async def _first(self, delivery: Delivery) -> Delivery | None:
        """The delivery whose message is to be changed, None for a message of its own. Once chosen it stays."""
        if delivery.sealed is not None:
            return await self._deliveries.get(delivery.edits) if delivery.edits is not None else None
        if delivery.happening.type not in _MERGED or not self._window:
            return None
        return await self._deliveries.card_to_edit(delivery, self._window)

    async def _thread(self, delivery: Delivery) -> EventId | None:
        """The root of the thread that a new card goes into, if it goes into one. Once chosen it stays."""
        if delivery.sealed is not None:
            return delivery.thread
        return await self._deliveries.thread_of(delivery) if self._in_threads(delivery.room) else None


def _content(message: Message, first: Delivery | None, thread: EventId | None) -> Mapping[str, Any]:
    if first is not None and first.sent_event is not None:
        return content.edited(message, first.sent_event)
    return content.said(message) if thread is None else content.threaded(message, thread)


def _shown(happenings: Sequence[Happening], names: Mapping[Sub, str]) -> tuple[cards.Happening, ...]:
    return tuple(
        cards.Happening(happening.type, names.get(happening.actor) if happening.actor else None, happening.at)
        for happening in happenings
    )
