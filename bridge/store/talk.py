"""Which events of a room are which comments: ids, whose they are, and emojis; never a word of what was said."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from mautrix.util.async_db import Database

from bridge.database import transaction
from bridge.store.delivery import SAID_IN, Delivery, Statement, milliseconds
from contract.comments import CommentId, ThreadId
from contract.ids import EventId, ItemId, MatrixId, RoomId

#: What is decided of a delivery while the card is sent that its comment replies to, by whether it shows the document.
SENDING_CARD = {True: "card", False: "bare card"}


class What(StrEnum):
    """What an event of a room is."""

    CARD = "card"  # a card of a document, to which the roots of its threads reply, or which is itself the root of one
    BEGINS = "begins"  # what somebody wrote under a card, brought to begin a discussion; not known yet whether it did
    SAID = "said"  # a comment
    MARK = "mark"  # our reaction to what began a discussion, which says that it did
    EDIT = "edit"  # our edit of a message of ours
    NOTE = "note"  # in words, that somebody's message was changed or deleted elsewhere
    REACTION = "reaction"


@dataclass(frozen=True)
class Spoken:
    """One event. `root` is the root of the Matrix thread that shows the thread: the event itself for a root, a card
    where it was begun under one. The `thread` of a card is that which was begun under it. `shows`: a card shows its
    document, as far as that is certain.

    `sender` is None for what the bridge wrote, and empty until it is known who did. `version` is that of the comment
    which it showed last, None where it showed none, or it is not certain which. `gone`: it was taken back. `key` is the
    emoji of a reaction.
    """

    room: RoomId
    event: EventId
    what: What
    item: ItemId
    thread: ThreadId | None = None
    comment: CommentId | None = None
    root: EventId | None = None
    sender: MatrixId | None = None
    version: int | None = None
    key: str | None = None
    gone: bool = False
    shows: bool = False

    @property
    def there(self) -> EventId:
        """The root of the Matrix thread that it is in."""
        return self.root or self.event


def card_said(room: RoomId, event: EventId, item: ItemId, *, shows: bool) -> Statement:
    """What keeps that a card of a document is in a room, as a part of somebody's transaction."""
    query = (
        "INSERT INTO middle_talk (room_id, event_id, what, item, shows, at) VALUES ($1, $2, 'card', $3, $4, $5)"
        " ON CONFLICT (room_id, event_id) DO NOTHING"
    )
    return query, (room, event, str(item), shows, milliseconds(datetime.now(UTC)))


def card_changed(delivery: int, *, shows: bool) -> Statement:
    """What keeps that the card of that delivery says something else now."""
    query = (
        "UPDATE middle_talk SET shows=$2 WHERE what='card' AND (room_id, event_id) ="
        " (SELECT room_id, sent_event FROM middle_delivery WHERE id=$1)"
    )
    return query, (delivery, shows)


def nothing_came(before: datetime) -> Statement:
    """What forgets cards, and words under them, from `before` of which no discussion came."""
    query = "DELETE FROM middle_talk WHERE what IN ('card', 'begins') AND thread IS NULL AND at<$1"
    return query, (milliseconds(before),)


class Talks:
    """The table of such events."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, room: RoomId, event: EventId) -> Spoken | None:
        """What this event is."""
        row = await self._database.fetchrow("SELECT * FROM middle_talk WHERE room_id=$1 AND event_id=$2", room, event)
        return _spoken(row) if row else None

    async def about(self, room: RoomId, comment: CommentId) -> list[Spoken]:
        """All that is there of a comment and was not taken back, the oldest first."""
        rows = await self._database.fetch(
            "SELECT * FROM middle_talk WHERE room_id=$1 AND comment=$2 AND NOT gone ORDER BY id", room, str(comment)
        )
        return [_spoken(row) for row in rows]

    async def said(self, room: RoomId, comment: CommentId) -> Spoken | None:
        """The message that a comment is, whether or not it was taken back."""
        row = await self._database.fetchrow(
            "SELECT * FROM middle_talk WHERE room_id=$1 AND comment=$2 AND what='said' ORDER BY id LIMIT 1",
            room,
            str(comment),
        )
        return _spoken(row) if row else None

    async def root(self, room: RoomId, thread: ThreadId) -> Spoken | None:
        """The first message of a thread in this room, which is the root of its Matrix thread."""
        row = await self._database.fetchrow(
            "SELECT * FROM middle_talk WHERE room_id=$1 AND thread=$2 AND what='said' ORDER BY id LIMIT 1",
            room,
            str(thread),
        )
        return _spoken(row) if row else None

    async def card(self, room: RoomId, item: ItemId) -> EventId | None:
        """The first card of `item` in this room that nobody has hidden, if one is known."""
        known = await self._database.fetchval(
            "SELECT event_id FROM middle_talk WHERE room_id=$1 AND item=$2 AND what='card' AND NOT gone"
            " ORDER BY id LIMIT 1",
            room,
            str(item),
        )
        return EventId(known) if known else None

    async def keep(self, *spoken: Spoken) -> None:
        """These are there. What is known already stays as it is, but what was brought to begin a discussion, and did.

        The first that is said under a card begins the discussion of that card.
        """
        async with transaction(self._database):
            await self._keep(spoken)

    async def take_back(self, room: RoomId, event: EventId) -> None:
        """It was taken back by whoever wrote it."""
        await self._database.execute("UPDATE middle_talk SET gone=true WHERE room_id=$1 AND event_id=$2", room, event)

    async def sending(self, room: RoomId) -> bool:
        """Whether something of comments may have been sent to `room` of which it is not known yet as what event."""
        row = await self._database.fetchval(
            "SELECT id FROM middle_delivery WHERE room_id=$1 AND state='waiting' AND extra IS NOT NULL"
            " AND sealed IS NOT NULL LIMIT 1",
            room,
        )
        return row is not None

    async def sending_root(self, room: RoomId) -> bool:
        """Whether a card of a document, or of comments what may be a root, may have been sent to `room` of which it is
        not known yet as what event.
        """
        row = await self._database.fetchval(
            "SELECT id FROM middle_delivery WHERE room_id=$1 AND state='waiting' AND kind='document'"
            " AND edits IS NULL AND thread IS NULL AND (sealed IS NOT NULL OR verdict IN ($2, $3)) LIMIT 1",
            room,
            *SENDING_CARD.values(),
        )
        return row is not None

    async def done(
        self,
        delivery: Delivery,
        keep: Sequence[Spoken] = (),
        *,
        shown: tuple[EventId, int | None] | None = None,
        gone: Sequence[EventId] = (),
    ) -> None:
        """`delivery` is over: these are there, that message shows that version now, and those were taken back."""
        async with transaction(self._database):
            await self._keep(keep)
            if shown is not None:
                await self._database.execute(
                    "UPDATE middle_talk SET version=$3 WHERE room_id=$1 AND event_id=$2", delivery.room, *shown
                )
            for event in gone:
                await self.take_back(delivery.room, event)
            await self._database.execute(
                "UPDATE middle_delivery SET state='sent', sealed=NULL, verdict=NULL, problem=NULL, failing_at=NULL"
                " WHERE id=$1 AND room_id=$2",
                delivery.id,
                delivery.room,
            )

    async def decided(self, delivery: Delivery, verdict: str) -> None:
        """`delivery` will be done like this, whatever comes: written before it is done, as `Deliveries.sealed` is."""
        await self._database.execute(
            "UPDATE middle_delivery SET verdict=$2 WHERE id=$1 AND room_id=$3", delivery.id, verdict, delivery.room
        )

    async def rooms_of(self, event: UUID) -> list[RoomId]:
        """The rooms in which an event is a delivery, always in the same order."""
        rows = await self._database.fetch(
            "SELECT room_id FROM middle_delivery WHERE event_id=$1 ORDER BY room_id", str(event)
        )
        return [RoomId(row["room_id"]) for row in rows]

    async def chosen(self, delivery: Delivery) -> str | None:
        """Where the event of `delivery` is said, if that was chosen."""
        extra = await self._database.fetchval("SELECT extra FROM middle_delivery WHERE id=$1", delivery.id)
        chosen = json.loads(extra).get(SAID_IN)
        return None if chosen is None else str(chosen)

    async def choose(self, delivery: Delivery, where: str) -> str:
        """The event of `delivery` is said there, if no other place was chosen meanwhile: where it is said."""
        before = json.dumps(delivery.extra)
        await self._database.execute(
            "UPDATE middle_delivery SET extra=$2 WHERE event_id=$1 AND extra=$3",
            str(delivery.event_id),
            json.dumps({**(delivery.extra or {}), SAID_IN: where}),
            before,
        )
        return await self.chosen(delivery) or ""

    async def _keep(self, spoken: Sequence[Spoken]) -> None:
        now = milliseconds(datetime.now(UTC))
        await self._database.executemany(
            "INSERT INTO middle_talk (room_id, event_id, what, item, thread, comment, root, sender, version, key, gone,"
            " shows, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
            " ON CONFLICT (room_id, event_id) DO UPDATE SET what=excluded.what, thread=excluded.thread,"
            " comment=excluded.comment, sender=CASE WHEN excluded.sender='' THEN middle_talk.sender"
            " ELSE excluded.sender END WHERE middle_talk.what='begins' OR"
            " (middle_talk.sender='' AND excluded.sender<>'')",
            [
                (
                    *(one.room, one.event, one.what.value, str(one.item)),
                    *(_text(one.thread), _text(one.comment), one.root, one.sender, one.version, one.key, one.gone),
                    *(one.shows, now),
                )
                for one in spoken
            ],
        )
        await self._database.executemany(
            "UPDATE middle_talk SET thread=$3 WHERE room_id=$1 AND event_id=$2 AND what='card' AND thread IS NULL",
            [(one.room, one.there, _text(one.thread)) for one in spoken if one.what is What.SAID],
        )


def _text(id_: UUID | None) -> str | None:
    return None if id_ is None else str(id_)


def _spoken(row: Mapping[str, Any]) -> Spoken:
    return Spoken(
        room=RoomId(row["room_id"]),
        event=EventId(row["event_id"]),
        what=What(row["what"]),
        item=ItemId(UUID(row["item"])),
        thread=ThreadId(UUID(row["thread"])) if row["thread"] else None,
        comment=CommentId(UUID(row["comment"])) if row["comment"] else None,
        root=EventId(row["root"]) if row["root"] else None,
        sender=MatrixId(row["sender"]) if row["sender"] else None,
        version=row["version"],
        key=row["key"],
        gone=bool(row["gone"]),
        shows=bool(row["shows"]),
    )
