"""From words to the content of a Matrix event."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from bridge.ports import RoomMessage
from cards import Message
from contract.ids import EventId, MatrixId

MESSAGE = "m.room.message"


def said(message: Message) -> dict[str, Any]:
    """A notice (no bot answers notices) that mentions nobody, whatever a title has in it."""
    return {
        "msgtype": "m.notice",
        "body": message.body,
        "format": "org.matrix.custom.html",
        "formatted_body": message.html,
        "m.mentions": {},
    }


def edited(message: Message, target: EventId) -> dict[str, Any]:
    """The same in the place of `target` (specification, "Event replacements")."""
    content = said(message)
    return {
        **content,
        "body": f"* {message.body}",
        "formatted_body": f"* {message.html}",
        "m.new_content": content,
        "m.relates_to": {"rel_type": "m.replace", "event_id": target},
    }


def threaded(message: Message, root: EventId) -> dict[str, Any]:
    """The same in the thread of `root`; a reply to it for clients that show no threads (specification, "Threads")."""
    relation = {
        "rel_type": "m.thread",
        "event_id": root,
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": root},
    }
    return {**said(message), "m.relates_to": relation}


def answer(message: Message, to: RoomMessage) -> dict[str, Any]:
    """The same as a reply to what somebody wrote, in its thread if it is in one."""
    return reply(message, to.event_id, to.thread_root, to.sender)


def reply(message: Message, to: EventId, thread: EventId | None, mentioned: MatrixId) -> dict[str, Any]:
    """The same as a reply to an event, in a thread if its root is given, for `mentioned` to see."""
    return {**said(message), "m.mentions": {"user_ids": [mentioned]}, "m.relates_to": relation(to, thread)}


def relation(to: EventId, thread: EventId | None) -> dict[str, Any]:
    """What says that something replies to an event; to a thread's root, that it is in that thread."""
    replied: dict[str, Any] = {"m.in_reply_to": {"event_id": to}}
    if thread is None:
        return replied
    return replied | {"rel_type": "m.thread", "event_id": thread, "is_falling_back": thread == to}


def verdict(readers: frozenset[MatrixId], to_send: Mapping[str, Any]) -> str:
    """What stands for a content and those for whom it was made: what was sealed of another verdict is not sent."""
    made_of = json.dumps([sorted(readers), to_send], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(made_of.encode()).hexdigest()
