"""From words to the content of a Matrix event."""

from __future__ import annotations

from typing import Any

from bridge.ports import RoomMessage
from cards import Message
from contract.ids import EventId

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
    relation: dict[str, Any] = {"m.in_reply_to": {"event_id": to.event_id}}
    if to.thread_root is not None:
        relation |= {"rel_type": "m.thread", "event_id": to.thread_root, "is_falling_back": False}
    return {**said(message), "m.mentions": {"user_ids": [to.sender]}, "m.relates_to": relation}
