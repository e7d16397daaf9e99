"""From an event's content to the port's `RoomMessage` and `Reaction`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.attachments import Attachment
from bridge.matrix.events import MESSAGE, REACTION, Written, checked_event_id, relates_to
from bridge.ports import Reaction, RoomMessage, Trust
from contract.errors import InvalidValue
from contract.ids import EventId

#: Characters of a reaction that are of interest: it is an emoji, with its variants, or a word.
_MAX_KEY = 64


def to_reaction(event: Written, type_: str, content: Mapping[str, Any], trust: Trust) -> Reaction | None:
    """The reaction, or None where this is none (specification, "Event annotations and reactions")."""
    relation = relates_to(content)
    target, key = _event_id(relation.get("event_id")), relation.get("key")
    if type_ != REACTION or relation.get("rel_type") != "m.annotation" or target is None or not isinstance(key, str):
        return None
    return Reaction(event.room, event.event_id, event.sender, target, _text(key)[:_MAX_KEY], trust)


def to_message(event: Written, type_: str, content: Mapping[str, Any], trust: Trust) -> RoomMessage | None:
    """The message, or None where this is none that the middle is told of (a poll, a call…)."""
    msgtype = content.get("msgtype")
    if type_ != MESSAGE or not isinstance(msgtype, str):
        return None
    relation = relates_to(content)
    kind, target = relation.get("rel_type"), _event_id(relation.get("event_id"))
    replaces = target if kind == "m.replace" else None
    thread = target if kind == "m.thread" else None
    reply = None if thread and relation.get("is_falling_back") is True else _reply(relation)
    new = content.get("m.new_content")
    body = (new if replaces and isinstance(new, Mapping) else content).get("body")
    if not isinstance(body, str):
        return None
    return RoomMessage(
        room=event.room,
        event_id=event.event_id,
        sender=event.sender,
        body=_own_words(_text(body), reply is not None),
        msgtype=_text(msgtype),
        trust=trust,
        origin_ts=event.origin_ts,
        reply_to=reply,
        thread_root=thread,
        replaces=replaces,
        attachment=None if replaces else Attachment.parse(content),
    )


def _reply(relation: Mapping[str, Any]) -> EventId | None:
    target = relation.get("m.in_reply_to")
    return _event_id(target.get("event_id")) if isinstance(target, Mapping) else None


def _event_id(value: object) -> EventId | None:
    try:
        return checked_event_id(value)
    except InvalidValue:
        return None


def _text(value: str) -> str:
    """JSON can hold halves of characters, which no database and no terminal takes."""
    return value.encode("utf-8", "replace").decode()


def _own_words(body: str, is_reply: bool) -> str:
    """`body` without the quotation of what it answers, which older clients put before it (until Matrix 1.13)."""
    if not is_reply or not body.startswith("> <"):
        return body
    lines = body.split("\n")
    while lines and lines[0].startswith("> "):
        del lines[0]
    return "\n".join(lines).lstrip("\n")
