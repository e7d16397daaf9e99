"""Offers to give a room access to something, each made to one person by one message, until they have answered it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from mautrix.util.async_db import Database

from bridge.store.delivery import milliseconds, moment
from contract.ids import EventId, ItemId, MatrixId, RoomId

#: For how long an offer is kept, to be told from what never was one.
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Offer:
    """`person` was asked in `chat`, by the message `event`, whether `room` is to have access to `item`."""

    chat: RoomId
    event: EventId
    person: MatrixId
    room: RoomId
    item: ItemId
    made_at: datetime


class OfferTable:
    """The table of offers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, offer: Offer) -> None:
        """It was made. Told twice it is one."""
        await self._database.execute(
            "INSERT INTO middle_offer (event_id, chat, person, room_id, item, made_at) VALUES ($1, $2, $3, $4, $5, $6)"
            " ON CONFLICT (event_id) DO NOTHING",
            offer.event,
            offer.chat,
            offer.person,
            offer.room,
            str(offer.item),
            milliseconds(offer.made_at),
        )

    async def open(self, event: EventId) -> Offer | None:
        """The offer that this message made, if it was not answered."""
        row = await self._database.fetchrow("SELECT * FROM middle_offer WHERE event_id=$1 AND NOT answered", event)
        if row is None:
            return None
        return Offer(
            chat=RoomId(row["chat"]),
            event=EventId(row["event_id"]),
            person=MatrixId(row["person"]),
            room=RoomId(row["room_id"]),
            item=ItemId(UUID(row["item"])),
            made_at=moment(row["made_at"]),
        )

    async def answered(self, offer: Offer) -> None:
        """Its person has said yes or no."""
        await self._database.execute("UPDATE middle_offer SET answered=true WHERE event_id=$1", offer.event)

    async def prune(self) -> None:
        """Forget what is old."""
        before = milliseconds(datetime.now(UTC) - KEPT)
        await self._database.execute("DELETE FROM middle_offer WHERE made_at<$1", before)
