"""Comments as the workspace tells them to a room, as values: asked for like cards, with the audience that would read.

The events that say when to ask are `EventType.COMMENT_*`, `THREAD_*` and `REACTION_*`. Their `extra` has `thread`;
`comment` and its `version` (not those of `THREAD_*`); `key` for a reaction (the emoji, without variation selectors);
`user` (a `sub`) for a mention; and `origin_room` and `origin_event` where it was done by an event of a room.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NewType, Self
from uuid import UUID

from contract.ids import EventId, ItemId, MatrixId, RoomId, item_id, matrix_id, room_id

ThreadId = NewType("ThreadId", UUID)
CommentId = NewType("CommentId", UUID)


@dataclass(frozen=True)
class CommentQuestion:
    """May everyone of the audience of this name read this comment, and if so, what is it?"""

    audience: str
    comment: CommentId

    def to_json(self) -> dict[str, Any]:
        return {"audience": self.audience, "comment": str(self.comment)}


@dataclass(frozen=True)
class Comment:
    """A comment as it is now. `number` is its place in its thread, from 1; `version` grows with each change of `text`.

    `text` is Markdown, hostile like all that people write; empty where it is `deleted`. `author` is a name, None where
    the account is gone; `guest` is the Matrix id of an author who has no linked account, whose name is their
    homeserver's word. `quote` is how the passage began that the thread is on, None for the whole document. `reactions`
    says how many there are of each emoji. `origin_room` and `origin_event` are the message that it was written as.
    """

    id: CommentId
    document: ItemId
    thread: ThreadId
    number: int
    version: int
    author: str | None
    guest: MatrixId | None
    text: str
    quote: str | None
    created_at: datetime
    edited_at: datetime | None
    deleted: bool
    resolved: bool
    resolved_by: str | None
    reactions: Mapping[str, int]
    origin_room: RoomId | None
    origin_event: EventId | None

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        guest, edited, room, event = (value[key] for key in ("guest", "edited_at", "origin_room", "origin_event"))
        return cls(
            id=CommentId(UUID(value["id"])),
            document=item_id(value["document"]),
            thread=ThreadId(UUID(value["thread"])),
            number=int(value["number"]),
            version=int(value["version"]),
            author=value["author"],
            guest=None if guest is None else matrix_id(guest),
            text=value["text"],
            quote=value["quote"],
            created_at=datetime.fromisoformat(value["created_at"]),
            edited_at=None if edited is None else datetime.fromisoformat(edited),
            deleted=bool(value["deleted"]),
            resolved=bool(value["resolved"]),
            resolved_by=value["resolved_by"],
            reactions={str(key): int(count) for key, count in value["reactions"].items()},
            origin_room=None if room is None else room_id(room),
            origin_event=None if event is None else EventId(event),
        )


@dataclass(frozen=True)
class CommentTold:
    """The answer to a `CommentQuestion`: how many of the audience cannot read it, and the comment where none is.

    One that does not exist is answered as one that nobody may read: the two are not told apart.
    """

    cannot: int
    comment: Comment | None

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        told = value.get("comment")
        return cls(cannot=int(value["cannot"]), comment=Comment.from_json(told) if told else None)
