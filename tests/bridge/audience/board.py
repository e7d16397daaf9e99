"""The comments of the workspace of the property: who may read them changes with who may read their document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx

from contract.events import Event, EventType
from contract.ids import EventId, ItemId, MatrixId, RoomId
from contract.talk import RoomAct
from tests.bridge.audience.oracle import AUTHOR, PASSAGE, TEXT, mark
from tests.bridge.fakes import event, item, problem

if TYPE_CHECKING:
    from tests.bridge.audience.moving import MovingWorkspace

EMOJIS = ("👍", "🎉")


@dataclass
class Remark:
    """One comment. `origin` is the room and the event of it that it was written as."""

    id: UUID
    document: ItemId
    thread: UUID
    number: int
    guest: MatrixId | None = None
    origin: tuple[RoomId, EventId] | None = None
    version: int = 1
    deleted: bool = False
    reactions: Counter[str] = field(default_factory=Counter)


class Board:
    """All of them, and the `events` that are not yet told of them."""

    def __init__(self, workspace: MovingWorkspace) -> None:
        self._workspace = workspace
        self._remarks: dict[UUID, Remark] = {}
        self._resolved: set[UUID] = set()
        self.events: list[Event] = []

    # -- what the bridge asks and brings

    def told(self, asked: Any) -> dict[str, Any]:
        """The answer to questions about comments."""
        return {"answers": [self._tell(asked["audiences"][one["audience"]], one) for one in asked["questions"]]}

    def _tell(self, members: list[MatrixId], question: Any) -> dict[str, Any]:
        remark = self._remarks[UUID(question["comment"])]
        cannot = sum(not self._workspace.reads(who, remark.document) for who in members)
        return {"cannot": cannot, "comment": None if cannot or not members else self._comment(remark)}

    def _comment(self, remark: Remark) -> dict[str, Any]:
        is_resolved = remark.thread in self._resolved
        room, source = remark.origin or (None, None)
        return {
            "id": str(remark.id),
            "document": str(remark.document),
            "thread": str(remark.thread),
            "number": remark.number,
            "version": remark.version,
            "author": mark(AUTHOR, remark.id),
            "guest": remark.guest,
            "text": "" if remark.deleted else f"{mark(TEXT, remark.id)} ({remark.version})",
            "quote": mark(PASSAGE, remark.id),
            "created_at": "2026-11-23T10:00:00+00:00",
            "edited_at": None,
            "deleted": remark.deleted,
            "resolved": is_resolved,
            "resolved_by": mark(AUTHOR, remark.id) if is_resolved else None,
            "reactions": dict(+remark.reactions),
            "origin_room": room,
            "origin_event": source,
        }

    def taken_in(self, room: RoomId, who: MatrixId, said: Any, *, is_guest: bool) -> httpx.Response:
        """What the event of a room does."""
        document, by = ItemId(UUID(said["document"])), (room, EventId(said["event_id"]))
        if is_guest and who in self._workspace.linked:
            return problem(409, "guest_is_linked")
        if not is_guest and not self._workspace.reads(who, document):
            return problem(404, "not_found")
        remark = self._done(RoomAct(said["act"]), document, said, by, who if is_guest else None)
        both = (
            {"thread": str(remark.thread), "comment": str(remark.id)} if remark else {"thread": None, "comment": None}
        )
        return httpx.Response(200, json=both)

    def _done(
        self, act: RoomAct, document: ItemId, said: Any, by: tuple[RoomId, EventId], guest: MatrixId | None
    ) -> Remark | None:
        written_as = {remark.origin: remark for remark in self._remarks.values() if remark.origin}
        match act:
            case RoomAct.REPLY:
                return written_as.get(by) or self.add(document, UUID(said["thread"]), guest, by)
            case RoomAct.EDIT | RoomAct.REDACT:
                target = written_as.get((by[0], EventId(said["target"])))
                if target is not None:
                    (self.edit if act is RoomAct.EDIT else self.delete)(target, by)
                return target
            case RoomAct.REACT:
                target = self._remarks[UUID(said["comment"])]
                self.react(target, said["key"], by)
                return target
            case _:
                first = next(one for one in self._remarks.values() if str(one.thread) == said["thread"])
                self.resolve(first, by)
                return first

    # -- what happens to comments

    def anything(self, chance: Random, documents: list[ItemId], somebody: Callable[[], Sequence[str]]) -> None:
        """One thing that somebody does on the page; `somebody` says the `sub`s of those whom they mention."""
        if not self._remarks or chance.random() < 0.15:
            self.add(chance.choice(documents), item())
            return
        remark = chance.choice(list(self._remarks.values())[-12:])
        match chance.randrange(12):
            case 0 | 1:
                self.add(remark.document, remark.thread)
            case 2 | 3 | 4:
                self.edit(remark)
            case 5:
                self.delete(remark)
            case 6:
                self.react(remark, chance.choice(EMOJIS))
            case 7:
                self.resolve(remark)
            case _:
                for who in somebody():
                    self._happens(EventType.COMMENT_MENTIONED, remark, None, user=who)

    def add(
        self,
        document: ItemId,
        thread: UUID,
        guest: MatrixId | None = None,
        by: tuple[RoomId, EventId] | None = None,
    ) -> Remark:
        number = 1 + sum(one.thread == thread for one in self._remarks.values())
        remark = Remark(item(), document, thread, number, guest, by)
        self._remarks[remark.id] = remark
        self._happens(EventType.COMMENT_CREATED, remark, by)
        return remark

    def edit(self, remark: Remark, by: tuple[RoomId, EventId] | None = None) -> None:
        remark.version += 1
        self._happens(EventType.COMMENT_UPDATED, remark, by)

    def delete(self, remark: Remark, by: tuple[RoomId, EventId] | None = None) -> None:
        remark.deleted = True
        self._happens(EventType.COMMENT_DELETED, remark, by)

    def react(self, remark: Remark, key: str, by: tuple[RoomId, EventId] | None = None) -> None:
        """One more like that, or on the page sometimes one less."""
        is_less = by is None and remark.reactions[key] > 1
        remark.reactions[key] += -1 if is_less else 1
        self._happens(EventType.REACTION_REMOVED if is_less else EventType.REACTION_ADDED, remark, by, key=key)

    def resolve(self, remark: Remark, by: tuple[RoomId, EventId] | None = None) -> None:
        """Close its thread, or open it again."""
        self._resolved ^= {remark.thread}
        is_closed = remark.thread in self._resolved
        self._happens(EventType.THREAD_RESOLVED if is_closed else EventType.THREAD_REOPENED, remark, by)

    def _happens(self, type_: EventType, remark: Remark, by: tuple[RoomId, EventId] | None, **more: str) -> None:
        where = {"origin_room": by[0], "origin_event": by[1]} if by else {}
        about = {"thread": str(remark.thread), "comment": str(remark.id), "version": remark.version}
        self.events.append(replace(event(type_, remark.document), extra={**about, **where, **more}))
