"""What the homeserver brings, as values: untrusted JSON is parsed here, once, and what does not concern us is dropped.

Only what the middle of the bridge will be told of is kept. Our own messages, receipts, names and topics are not: of a
transaction that holds nothing else, nothing is stored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from bridge.ports import SPACE_CHILD, SPACE_PARENT
from contract.errors import InvalidValue
from contract.ids import EventId, MatrixId, RoomId, matrix_id, room_id

MESSAGE, ENCRYPTED, MEMBER, ENCRYPTION = "m.room.message", "m.room.encrypted", "m.room.member", "m.room.encryption"
REACTION, REDACTION, TOMBSTONE = "m.reaction", "m.room.redaction", "m.room.tombstone"
MEGOLM = "m.megolm.v1.aes-sha2"
_MEMBERSHIPS = frozenset({"join", "leave", "invite", "ban", "knock"})
_OURS = frozenset({MESSAGE, ENCRYPTED, REACTION, REDACTION, MEMBER, ENCRYPTION, TOMBSTONE, SPACE_CHILD, SPACE_PARENT})
_MAX_EVENT_ID_BYTES = 255


@dataclass(frozen=True)
class Written:
    """Somebody else's message, as it came: encrypted or not."""

    room: RoomId
    event_id: EventId
    sender: MatrixId
    origin_ts: int
    type: str
    content: dict[str, Any]


@dataclass(frozen=True)
class Redacted:
    """Somebody else took an event back, or a moderator did."""

    room: RoomId
    event_id: EventId
    sender: MatrixId
    target: EventId


@dataclass(frozen=True)
class Replaced:
    """The room was upgraded (specification, "Room upgrades"): its people are to go on in `successor`."""

    room: RoomId
    event_id: EventId
    sender: MatrixId
    successor: RoomId


@dataclass(frozen=True)
class Invited:
    """The bridge is invited."""

    room: RoomId
    event_id: EventId
    sender: MatrixId
    is_direct: bool
    encrypted: bool
    is_space: bool = False


@dataclass(frozen=True)
class Left:
    """The bridge is out of the room, however that came."""

    room: RoomId
    event_id: EventId


@dataclass(frozen=True)
class MemberChanged:
    """Somebody's membership is another than before (also the bridge's own, when it arrives)."""

    room: RoomId
    event_id: EventId
    user: MatrixId
    membership: str


@dataclass(frozen=True)
class EncryptionSet:
    """The room's encryption is set, not always to what we can do."""

    room: RoomId
    event_id: EventId
    content: dict[str, Any]


@dataclass(frozen=True)
class Arranged:
    """What is in `space` may be other than before: it names a room, or no longer, or `room` says that it is in it."""

    room: RoomId
    event_id: EventId
    space: RoomId


Event = Written | Redacted | Replaced | Invited | Left | MemberChanged | EncryptionSet | Arranged
_KINDS: dict[str, type[Event]] = {
    kind.__name__: kind for kind in (Written, Redacted, Replaced, Invited, Left, MemberChanged, EncryptionSet, Arranged)
}


def to_json(event: Event) -> str:
    """For the database."""
    return json.dumps({"kind": type(event).__name__, **asdict(event)}, separators=(",", ":"))


def from_json(text: str) -> Event:
    """From the database."""
    fields = json.loads(text)
    return _KINDS[fields.pop("kind")](**fields)


def parse(raw: object, me: MatrixId) -> Event | None:
    """What `raw`, an event as the homeserver sends it, says to the bridge `me`; None where that is nothing.

    Raises `InvalidValue` where it is no event.
    """
    if not isinstance(raw, dict):
        raise InvalidValue("event", "an event is an object")
    type_, content = raw.get("type"), raw.get("content")
    if type_ not in _OURS:
        return None
    room, event_id, sender = room_id(_text(raw, "room_id")), _event_id(raw), matrix_id(_text(raw, "sender"))
    if not isinstance(content, dict):
        raise InvalidValue("content", "the content of an event is an object")
    if type_ == MEMBER:
        return _member(raw, content, room, event_id, sender, me)
    if type_ in (SPACE_CHILD, SPACE_PARENT):
        return _arranged(raw, type_, room, event_id)
    if type_ in (ENCRYPTION, TOMBSTONE):
        return _of_the_room(raw, type_, content, room, event_id, sender)
    if sender == me or "state_key" in raw:
        return None
    if type_ == REDACTION:
        return _redaction(raw, content, room, event_id, sender)
    if not content:
        return None  # redacted: nothing is left to read
    return Written(room, event_id, sender, _timestamp(raw), type_, content)


def _member(
    raw: Mapping[str, Any],
    content: Mapping[str, Any],
    room: RoomId,
    event_id: EventId,
    sender: MatrixId,
    me: MatrixId,
) -> Event | None:
    user, membership = matrix_id(_text(raw, "state_key")), content.get("membership")
    if membership not in _MEMBERSHIPS:
        raise InvalidValue("membership", "a membership is join, leave, invite, ban or knock")
    if user == me and membership == "invite":
        encryption, creation = _stripped(raw, ENCRYPTION), _stripped(raw, "m.room.create")
        encrypted, is_space = encryption.get("algorithm") == MEGOLM, creation.get("type") == "m.space"
        return Invited(room, event_id, sender, content.get("is_direct") is True, encrypted, is_space)
    if user == me and membership in ("leave", "ban"):
        return Left(room, event_id)
    if _membership_before(raw) == membership:
        return None  # a new name or picture
    return MemberChanged(room, event_id, user, str(membership))


def _of_the_room(
    raw: Mapping[str, Any], type_: str, content: dict[str, Any], room: RoomId, event_id: EventId, sender: MatrixId
) -> Event | None:
    """State of which a room has one: its encryption, and what came after it."""
    if raw.get("state_key") != "":
        return None
    if type_ == ENCRYPTION:
        return EncryptionSet(room, event_id, content)
    successor = content.get("replacement_room")
    if not isinstance(successor, str) or successor == room:
        return None
    return Replaced(room, event_id, sender, room_id(successor))


def _arranged(raw: Mapping[str, Any], type_: str, room: RoomId, event_id: EventId) -> Event | None:
    """Both are state, by the id of the room at the other end."""
    try:
        other = room_id(_text(raw, "state_key"))
    except (InvalidValue, UnicodeEncodeError):
        return None
    return Arranged(room, event_id, room if type_ == SPACE_CHILD else other)


def _redaction(
    raw: Mapping[str, Any], content: Mapping[str, Any], room: RoomId, event_id: EventId, sender: MatrixId
) -> Event | None:
    """What is taken back is said in the content since room version 11, before that beside it."""
    target = content.get("redacts", raw.get("redacts"))
    return Redacted(room, event_id, sender, checked_event_id(target)) if target is not None else None


def _membership_before(raw: Mapping[str, Any]) -> object:
    unsigned = raw.get("unsigned")
    before = unsigned.get("prev_content") if isinstance(unsigned, dict) else None
    return before.get("membership") if isinstance(before, dict) else None


def _stripped(raw: Mapping[str, Any], type_: str) -> dict[str, Any]:
    """What the state that comes with an invitation says of that type, nothing where it does not."""
    unsigned = raw.get("unsigned")
    state = unsigned.get("invite_room_state") if isinstance(unsigned, dict) else None
    for event in state if isinstance(state, list) else ():
        if isinstance(event, dict) and event.get("type") == type_ and isinstance(event.get("content"), dict):
            return dict(event["content"])
    return {}


def _text(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str):
        raise InvalidValue(key, f"an event has a {key}")
    return value


def _event_id(raw: Mapping[str, Any]) -> EventId:
    return checked_event_id(_text(raw, "event_id"))


def checked_event_id(value: object) -> EventId:
    """`value`, if it can be the id of an event. Raises `InvalidValue`."""
    if (
        not isinstance(value, str)
        or not value.startswith("$")
        or not value.isascii()
        or len(value) > _MAX_EVENT_ID_BYTES
    ):
        raise InvalidValue("event_id", "an event id starts with “$”")
    return EventId(value)


def _timestamp(raw: Mapping[str, Any]) -> int:
    value = raw.get("origin_server_ts")
    return value if isinstance(value, int) and 0 <= value < 2**53 else 0


def relates_to(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """`m.relates_to`, empty where there is none that makes sense."""
    relation = content.get("m.relates_to")
    return cast("Mapping[str, Any]", relation) if isinstance(relation, dict) else {}
