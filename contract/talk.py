"""What is done in rooms to comments, as values: one event of a room is one act, taken in once.

A member's act is brought with a scenario token of theirs (`Act.COMMENT`, naming document and room); that of a member
without a linked account with the service's own credential, as a guest's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote
from uuid import UUID

from contract.comments import CommentId, ThreadId
from contract.grants import Act, Scenario, ScenarioToken
from contract.ids import EventId, ItemId, MatrixId, RoomId, Sub, matrix_id, room_id

#: Characters of a name that a homeserver gives somebody, as far as it is of interest.
MAX_GUEST_NAME = 255


class RoomAct(StrEnum):
    """What an event of a room does."""

    START = "start"  # a new thread on the document, with `text`
    REPLY = "reply"  # `text` in `thread`
    EDIT = "edit"  # `text` in the place of what the event `target` said
    REDACT = "redact"  # takes back what the event `target` did
    REACT = "react"  # `key`, an emoji, on `comment`
    RESOLVE = "resolve"  # `thread`
    REOPEN = "reopen"  # `thread`


#: What each act says beside the event.
NEEDS: Mapping[RoomAct, tuple[str, ...]] = {
    RoomAct.START: ("text",),
    RoomAct.REPLY: ("thread", "text"),
    RoomAct.EDIT: ("target", "text"),
    RoomAct.REDACT: ("target",),
    RoomAct.REACT: ("comment", "key"),
    RoomAct.RESOLVE: ("thread",),
    RoomAct.REOPEN: ("thread",),
}


@dataclass(frozen=True)
class Done:
    """That `event` of `room` does something to a comment on `document`; `NEEDS` says which of the others it has."""

    act: RoomAct
    room: RoomId
    event: EventId
    document: ItemId
    thread: ThreadId | None = None
    comment: CommentId | None = None
    target: EventId | None = None
    text: str | None = None
    key: str | None = None

    def to_json(self) -> dict[str, Any]:
        fields: dict[str, Any] = {name: getattr(self, name) for name in NEEDS[self.act]}
        said = {name: str(value) for name, value in fields.items()}
        return {"act": self.act.value, "event_id": self.event, "document": str(self.document), **said}


@dataclass(frozen=True)
class TakenIn:
    """What an act was about. Both None: it took back what was never taken in, and did nothing."""

    thread: ThreadId | None
    comment: CommentId | None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        thread, comment = value["thread"], value["comment"]
        return cls(
            thread=None if thread is None else ThreadId(UUID(thread)),
            comment=None if comment is None else CommentId(UUID(comment)),
        )


class TalkCalls:
    """The calls of `WorkspaceClient` that bring what is done in rooms to comments."""

    if TYPE_CHECKING:
        _call: Callable[..., Awaitable[Any]]
        trade: Callable[..., Awaitable[ScenarioToken]]

    async def comment_as(self, person: MatrixId, done: Done, *, said_in: str | None = None) -> TakenIn:
        """Take in what `person` did: one trade, one act; told of the same event again, nothing happens twice.

        Raises what acts for people raise, and `Refused` for what comments refuse (`comment_deleted`, `not_yours`,
        `not_an_emoji`…); `Conflict` (`not_a_member`) where they are not joined.
        """
        token = await self.trade(Scenario(Act.COMMENT, person, done.document, done.room), said_in=said_in)
        where = f"rooms/{quote(done.room, safe='')}/talk/"
        taken: TakenIn = await self._call("POST", where, TakenIn.from_json, done.to_json(), said_in, token=token)
        return taken

    async def comment_as_guest(self, guest: MatrixId, name: str, done: Done, *, said_in: str | None = None) -> TakenIn:
        """Take in what a joined member without a linked account did, whom their homeserver calls `name`.

        Raises `Refused` (`guests_not_taken`: the document's owner did not allow it), `Conflict` (`guest_is_linked`,
        `not_a_member`) and `NotFound` where the room is not bound to the document.
        """
        body = done.to_json() | {"matrix_id": guest, "name": name[:MAX_GUEST_NAME]}
        where = f"rooms/{quote(done.room, safe='')}/talk/guests/"
        taken: TakenIn = await self._call("POST", where, TakenIn.from_json, body, said_in)
        return taken

    async def said_by(self, room: RoomId, event: EventId) -> TakenIn:
        """The comment that a message of a room of ours became. Raises `NotFound`."""
        where = f"rooms/{quote(room, safe='')}/talk/said/"
        taken: TakenIn = await self._call("POST", where, TakenIn.from_json, {"event_id": event})
        return taken

    async def hears(self, room: RoomId, document: ItemId) -> bool:
        """Whether `room`, one of ours, is bound to `document` or to what that is in."""
        where = f"rooms/{quote(room, safe='')}/talk/hears/"
        hears: bool = await self._call("POST", where, lambda answer: bool(answer["hears"]), {"document": str(document)})
        return hears

    async def rooms_of_person(self, sub: Sub) -> dict[RoomId, tuple[MatrixId, ...]]:
        """The rooms of ours in which the person `sub` is joined, and as whom: their linked Matrix ids in each."""
        found: dict[RoomId, tuple[MatrixId, ...]] = await self._call("POST", "rooms/people/", _people, {"sub": sub})
        return found


def _people(answer: Any) -> dict[RoomId, tuple[MatrixId, ...]]:
    return {room_id(one["room_id"]): tuple(matrix_id(each) for each in one["matrix_ids"]) for one in answer["rooms"]}
