"""Deliveries that are alike: of one kind of happening, by one person, to what hangs under one thing, in one room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from mautrix.util.async_db import Database

from bridge.store.delivery import Delivery, from_row, moment
from contract.ids import ItemId
from contract.resources import Kind, Resource

#: What is alike, as SQL: the first four values of a query.
_ALIKE = "room_id=$1 AND parent=$2 AND type=$3 AND actor=$4"
#: Nothing else happened to the item of `late` before it and waits: an item's happenings are said in their order.
_NEXT = (
    "NOT EXISTS (SELECT 1 FROM middle_delivery AS early WHERE early.room_id=late.room_id AND early.item=late.item"
    " AND early.state='waiting' AND early.id<late.id AND (early.type<>$3 OR COALESCE(early.actor, '')<>$4))"
)
#: What the card of the delivery $5 counts: what was said one by one from $6 on until it, what it said, and what is
#: about to be said, up to $7.
_COUNTED = (
    "id>=$6 AND ((state='sent' AND (edits=$5 OR id=$5 OR (edits IS NULL AND id<$5)))"
    f" OR (state='waiting' AND id<=$7 AND {_NEXT}))"
)


@dataclass(frozen=True)
class Waiting:
    """A delivery that may join another's message."""

    id: int
    at: datetime


class Floods:
    """Reads the table of deliveries for cards that count. Only of deliveries with a parent and an actor."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def card(self, delivery: Delivery) -> Delivery | None:
        """The newest card that counts what is alike, if there is one."""
        row = await self._database.fetchrow(
            f"SELECT * FROM middle_delivery WHERE {_ALIKE} AND id<$5 AND state='sent' AND flood IS NOT NULL"  # noqa: S608
            " AND sent_event IS NOT NULL ORDER BY id DESC LIMIT 1",
            *_alike(delivery),
            delivery.id,
        )
        return from_row(row) if row else None

    async def last_at(self, card: Delivery) -> datetime:
        """When the newest of what `card` counts happened."""
        last = await self._database.fetchval(
            "SELECT max(at) FROM middle_delivery WHERE edits=$1 AND state='sent'", card.id
        )
        return card.happening.at if last is None else max(card.happening.at, moment(last))

    async def alone(self, delivery: Delivery, limit: int) -> list[Waiting]:
        """The newest that are alike, of an item each, and were said before `delivery` by cards of their own; the newest
        first.
        """
        rows = await self._database.fetch(
            f"SELECT max(id) AS id, max(at) AS at FROM middle_delivery WHERE {_ALIKE} AND id<$5"  # noqa: S608
            " AND state='sent' AND edits IS NULL AND flood IS NULL GROUP BY item ORDER BY max(id) DESC LIMIT $6",
            *_alike(delivery),
            delivery.id,
            limit,
        )
        return [_waiting(row) for row in rows]

    async def behind(self, delivery: Delivery, limit: int) -> list[Waiting]:
        """What is alike, waits behind `delivery` and may be said now, the oldest first."""
        rows = await self._database.fetch(
            f"SELECT id, at FROM middle_delivery AS late WHERE {_ALIKE} AND id>$5 AND state='waiting'"  # noqa: S608
            f" AND joins IS NULL AND sealed IS NULL AND {_NEXT} ORDER BY id LIMIT $6",
            *_alike(delivery),
            delivery.id,
            limit,
        )
        return [_waiting(row) for row in rows]

    async def joined(self, delivery: Delivery) -> tuple[int, ...]:
        """What was chosen to be said together with `delivery`, which is not sent yet."""
        rows = await self._database.fetch(
            "SELECT id FROM middle_delivery WHERE joins=$1 AND state='waiting' ORDER BY id", delivery.id
        )
        return tuple(row["id"] for row in rows)

    async def count(self, delivery: Delivery, card: int, since: int, until: int) -> int:
        """To how many items what is alike happened, of what the delivery `card` counts (see `_COUNTED`)."""
        return int(
            await self._database.fetchval(
                f"SELECT count(DISTINCT item) FROM middle_delivery AS late WHERE {_ALIKE} AND {_COUNTED}",  # noqa: S608
                *_alike(delivery),
                card,
                since,
                until,
            )
        )

    async def first_items(self, delivery: Delivery, card: int, since: int, until: int, limit: int) -> list[Resource]:
        """The first of these items."""
        rows = await self._database.fetch(
            f"SELECT kind, item FROM middle_delivery AS late WHERE {_ALIKE} AND {_COUNTED}"  # noqa: S608 - constants
            " GROUP BY kind, item ORDER BY min(id) LIMIT $8",
            *_alike(delivery),
            card,
            since,
            until,
            limit,
        )
        return [Resource(Kind(row["kind"]), ItemId(UUID(row["item"]))) for row in rows]


def _alike(delivery: Delivery) -> tuple[object, ...]:
    return delivery.room, str(delivery.parent), delivery.happening.type.value, delivery.happening.actor


def _waiting(row: Mapping[str, Any]) -> Waiting:
    return Waiting(row["id"], moment(row["at"]))
