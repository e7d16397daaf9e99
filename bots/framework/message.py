"""What a bot is given: events of a room, and messages made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bots.framework.trust import Trust

MAX_BODY = 16_384


@dataclass(frozen=True)
class RoomEvent:
    """One event as we could read it. `history`: it was there before we were, or before we first started.

    `timestamp` is in milliseconds and is the sending server's word; `encrypted` is how it travelled.
    """

    room_id: str
    event_id: str
    sender: str
    type: str
    content: Mapping[str, Any]
    timestamp: int
    encrypted: bool
    trust: Trust
    history: bool
    state_key: str | None = None
    relation_sealed: bool = True
    """Whether what it relates to was encrypted with it: in the clear a server can change it."""


@dataclass(frozen=True)
class Relation:
    """How a message stands to others: `replaces` it edits, `thread` its thread's root, `reply_to` what it answers."""

    replaces: str | None = None
    thread: str | None = None
    reply_to: str | None = None

    @classmethod
    def parse(cls, content: Mapping[str, Any]) -> Relation:
        """The relation in a message's content."""
        relation = content.get("m.relates_to")
        if not isinstance(relation, dict):
            return cls()
        target, answered = relation.get("event_id"), relation.get("m.in_reply_to")
        answered_id = answered.get("event_id") if isinstance(answered, dict) else None
        kind = relation.get("rel_type")
        return cls(
            replaces=target if kind == "m.replace" and isinstance(target, str) else None,
            thread=target if kind == "m.thread" and isinstance(target, str) else None,
            reply_to=answered_id if isinstance(answered_id, str) else None,
        )


@dataclass(frozen=True)
class Message:
    """A text that somebody wrote in a room. `direct`: nobody else is there but them and us."""

    room: str
    sender: str
    event_id: str
    body: str
    trust: Trust
    direct: bool
    relation: Relation = Relation()

    @classmethod
    def of(cls, event: RoomEvent, *, direct: bool) -> Message | None:
        """The message in `event`, or None where it holds none that a bot should answer.

        Edits, notices (bots write them) and history are none.
        """
        content = event.content
        body = content.get("body")
        if event.history or event.type != "m.room.message" or content.get("msgtype") != "m.text":
            return None
        relation = Relation.parse(content)
        if not isinstance(body, str) or relation.replaces is not None:
            return None
        if relation.reply_to is not None:
            body = without_quote(body)
        return cls(event.room_id, event.sender, event.event_id, body[:MAX_BODY], event.trust, direct, relation)


def without_quote(body: str) -> str:
    """The body of a reply without the quoted lines that older clients put before it."""
    lines = body.split("\n")
    while lines and lines[0].startswith("> "):
        lines.pop(0)
    if len(lines) < body.count("\n") + 1 and lines and not lines[0]:
        lines.pop(0)
    return "\n".join(lines)
