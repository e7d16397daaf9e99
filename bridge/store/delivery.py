"""One delivery: that something happened to an item, to be said in one room."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from bridge.ports import Sealed
from contract.events import EventType
from contract.ids import EventId, ItemId, RoomId, Sub
from contract.resources import Kind, Resource

#: In the `extra` of a delivery: the room in which its event is said, empty for a direct chat.
SAID_IN = "said_in"
#: A query, and its values.
Statement = tuple[str, tuple[object, ...]]


class State(StrEnum):
    """Where a delivery is."""

    WAITING = "waiting"  # for its turn, or to be tried again
    SENT = "sent"
    DEAD = "dead"  # given up; an operator can replay it
    VOID = "void"  # there was nobody to say it to


@dataclass(frozen=True)
class Happening:
    """What happened, by whom and when: a delivery as the cards need it."""

    type: EventType
    actor: Sub | None
    at: datetime


@dataclass(frozen=True)
class Delivery:
    """`edits` is the delivery whose message this one changes. `sealed` was, or was about to be, sent, and `verdict`
    says of what it was made: both are None until then. `problem` is why it last failed, for operators. `parent` is what
    the item hangs under. Where the card counts, `flood` is the first delivery that it counts. `thread` is the root of
    the thread that the card is in. `extra` is what the event of a comment says, and None for all others.
    """

    id: int
    room: RoomId
    event_id: UUID
    resource: Resource
    happening: Happening
    state: State
    attempts: int = 0
    failing_since: datetime | None = None
    problem: str | None = None
    edits: int | None = None
    sealed: Sealed | None = None
    verdict: str | None = None
    sent_event: EventId | None = None
    parent: ItemId | None = None
    flood: int | None = None
    thread: EventId | None = None
    extra: Mapping[str, str | int | bool] | None = None

    @property
    def txn_id(self) -> str:
        """The transaction id of its message, the same at every attempt. There is one delivery an event and room."""
        return f"parvis.{'card' if self.extra is None else 'talk'}.{self.event_id}"


def from_row(row: Mapping[str, Any]) -> Delivery:
    """The delivery in a row of `middle_delivery`."""
    sealed = json.loads(row["sealed"]) if row["sealed"] else None
    room = RoomId(row["room_id"])
    return Delivery(
        id=row["id"],
        room=room,
        event_id=UUID(row["event_id"]),
        resource=Resource(Kind(row["kind"]), ItemId(UUID(row["item"]))),
        happening=happening(row),
        state=State(row["state"]),
        attempts=row["attempts"],
        failing_since=moment(row["failing_at"]) if row["failing_at"] else None,
        problem=row["problem"],
        edits=row["edits"],
        sealed=Sealed(room, sealed["type"], sealed["content"]) if sealed else None,
        verdict=row["verdict"],
        sent_event=EventId(row["sent_event"]) if row["sent_event"] else None,
        parent=ItemId(UUID(row["parent"])) if row["parent"] else None,
        flood=row["flood"],
        thread=EventId(row["thread"]) if row["thread"] else None,
        extra=json.loads(row["extra"]) if row["extra"] else None,
    )


def happening(row: Mapping[str, Any]) -> Happening:
    """What happened, from a row."""
    return Happening(EventType(row["type"]), Sub(row["actor"]) if row["actor"] else None, moment(row["at"]))


def to_text(sealed: Sealed) -> str:
    """A sealed event as it is kept."""
    return json.dumps({"type": sealed.event_type, "content": sealed.content}, separators=(",", ":"))


def moment(milliseconds: int) -> datetime:
    """A time as it is kept, as a time."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def milliseconds(moment: datetime) -> int:
    """A time as it is kept."""
    return round(moment.timestamp() * 1000)
