"""Floods: what one person does to many things under one thing, soon after each other, becomes a card that counts.

The first few are said one by one, as always. The next opens a card that counts them all; what comes after changes that
card, and what waits meanwhile joins the change: 300 files are some cards and some edits. Nothing of this is kept beside
the deliveries themselves, so a crash loses none of it (`bridge.store.floods`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.store.delivery import Delivery
from bridge.store.floods import Floods, Waiting
from contract.events import EventType
from contract.ids import RoomId
from contract.resources import Resource

#: Updates of a document have a card of their own to change.
_NEVER = frozenset({EventType.DOCUMENT_UPDATED})


@dataclass(frozen=True)
class Rules:
    """So many are said one by one: `few`; what comes at most `within` after all of them begins a flood, and what comes
    at most `within` after the last of it goes on with it, but for no longer than `longest`. A card is changed at most
    every `pause` seconds, at most `most` join a change, and so many are named: `named`.
    """

    few: int = 3
    within: timedelta = timedelta(seconds=30)
    longest: timedelta = timedelta(minutes=10)
    pause: float = 3.0
    most: int = 1_000
    named: int = 5


@dataclass(frozen=True)
class Flood:
    """What a card counts: `count` items from the delivery `since` on, of which `first` are the first.

    `card` is the delivery whose message is changed, None where the card is a new one; `joins` is told with this one.
    """

    card: Delivery | None
    since: int
    joins: tuple[int, ...]
    count: int
    first: tuple[Resource, ...]


class TooSoon(Exception):
    """The card was changed just now: it is changed again in `seconds`, with what has come by then."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds:.1f} s")
        self.seconds = seconds


def alike(delivery: Delivery) -> tuple[object, ...]:
    """What one card of a room counts has the same."""
    return delivery.parent, delivery.happening.type, delivery.happening.actor


class Counting:
    """Says what is part of a flood. `wanted` says whether a room wants its floods counted. `clock` gives seconds."""

    def __init__(
        self,
        table: Floods,
        wanted: Callable[[RoomId], bool],
        rules: Rules | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._table = table
        self._wanted = wanted
        self._rules = rules or Rules()
        self._clock = clock
        self._changed: dict[int, float] = {}

    async def of(self, delivery: Delivery, card_of_edit: Delivery | None) -> Flood | None:
        """The flood that `delivery` is part of, None where it is said by a card of its own. Once chosen it stays.

        `card_of_edit` is the delivery whose message was chosen to be changed, if one was. Raises `TooSoon`.
        """
        if delivery.sealed is not None:
            return await self._chosen(delivery, card_of_edit)
        if delivery.parent is None or delivery.happening.actor is None or delivery.happening.type in _NEVER:
            return None
        if not self._wanted(delivery.room):
            return None
        card = await self._card(delivery)
        since = card.flood if card is not None else await self._since(delivery)
        if since is None:
            return None
        if card is not None:
            self._pace(card)
        began = (card or delivery).happening.at
        joins = self._chain(delivery, await self._table.behind(delivery, self._rules.most), began)
        return await self._flood(delivery, card, since, joins)

    def changed(self, card: int) -> None:
        """The message of the delivery `card` says something new since now."""
        now = self._clock()
        self._changed = {one: at for one, at in self._changed.items() if now - at < self._rules.pause}
        self._changed[card] = now

    async def _chosen(self, delivery: Delivery, card: Delivery | None) -> Flood | None:
        since = delivery.flood if card is None else card.flood
        if since is None:
            return None
        return await self._flood(delivery, card, since, await self._table.joined(delivery))

    async def _card(self, delivery: Delivery) -> Delivery | None:
        """The card that counts and goes on counting with `delivery`."""
        card, at = await self._table.card(delivery), delivery.happening.at
        if card is None or at - card.happening.at > self._rules.longest:
            return None
        return card if at - await self._table.last_at(card) <= self._rules.within else None

    async def _since(self, delivery: Delivery) -> int | None:
        """The first of the few that were just said one by one, None where they were not so many."""
        alone = await self._table.alone(delivery, self._rules.few)
        if len(alone) < self._rules.few or delivery.happening.at - alone[-1].at > self._rules.within:
            return None
        return alone[-1].id

    def _pace(self, card: Delivery) -> None:
        left = self._changed.get(card.id, float("-inf")) + self._rules.pause - self._clock()
        if left > 0:
            raise TooSoon(left)

    def _chain(self, delivery: Delivery, behind: list[Waiting], began: datetime) -> tuple[int, ...]:
        chain, last = [], delivery.happening.at
        for one in behind:
            if one.at - last > self._rules.within or one.at - began > self._rules.longest:
                break
            chain.append(one.id)
            last = one.at
        return tuple(chain)

    async def _flood(self, delivery: Delivery, card: Delivery | None, since: int, joins: tuple[int, ...]) -> Flood:
        which = (card or delivery).id, since, joins[-1] if joins else delivery.id
        count = await self._table.count(delivery, *which)
        first = await self._table.first_items(delivery, *which, self._rules.named)
        return Flood(card, since, joins, count, tuple(first))
