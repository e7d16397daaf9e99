"""What one answer of `/sync` says, parsed: pure. What is malformed in it is passed over, event by event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bots.framework.state import Invitation

#: Events of one room in one answer; what does not fit is fetched.
TIMELINE_LIMIT = 100

FILTER = json.dumps(
    {
        "presence": {"types": []},
        "account_data": {"types": []},
        "room": {
            "timeline": {"limit": TIMELINE_LIMIT},
            "ephemeral": {"types": ["m.typing"]},
            "account_data": {"types": []},
        },
    },
    separators=(",", ":"),
)


@dataclass(frozen=True)
class RoomUpdate:
    """What is new in a room that we are in. `typing` is None where it did not change."""

    room_id: str
    state: tuple[Mapping[str, Any], ...]
    timeline: tuple[Mapping[str, Any], ...]
    limited: bool
    prev_batch: str | None
    typing: tuple[str, ...] | None


@dataclass(frozen=True)
class Batch:
    """One answer. `one_time_keys` is how many the homeserver has left, None where it does not say."""

    next_batch: str
    to_device: tuple[Mapping[str, Any], ...]
    rooms: tuple[RoomUpdate, ...]
    invitations: tuple[Invitation, ...]
    left: tuple[str, ...]
    devices_changed: tuple[str, ...]
    devices_left: tuple[str, ...]
    one_time_keys: int | None
    fallback_used: bool


def parse(raw: Mapping[str, Any], own_user: str) -> Batch:
    """The batch in `raw`. Raises `ValueError` where even the place in the sync is missing."""
    next_batch = raw.get("next_batch")
    if not isinstance(next_batch, str) or not next_batch:
        raise ValueError("the homeserver's answer has no next_batch")
    rooms, lists = _dict(raw, "rooms"), _dict(raw, "device_lists")
    unused = raw.get("device_unused_fallback_key_types")
    count = _dict(raw, "device_one_time_keys_count").get("signed_curve25519")
    return Batch(
        next_batch=next_batch,
        to_device=events(_dict(raw, "to_device").get("events")),
        rooms=tuple(_room(room_id, _dict(_dict(rooms, "join"), room_id)) for room_id in _dict(rooms, "join")),
        invitations=tuple(
            invitation
            for room_id in _dict(rooms, "invite")
            if (invitation := _invitation(room_id, _dict(_dict(rooms, "invite"), room_id), own_user))
        ),
        left=tuple(_dict(rooms, "leave")),
        devices_changed=_strings(lists.get("changed")),
        devices_left=_strings(lists.get("left")),
        one_time_keys=count if isinstance(count, int) else None,
        fallback_used=isinstance(unused, list) and "signed_curve25519" not in unused,
    )


def events(value: object) -> tuple[Mapping[str, Any], ...]:
    """The events in a list from outside: those with a type, a sender and a content of the right kinds."""
    if not isinstance(value, list):
        return ()
    return tuple(
        event
        for event in value
        if isinstance(event, dict)
        and isinstance(event.get("type"), str)
        and isinstance(event.get("sender"), str)
        and isinstance(event.get("content"), dict)
    )


def own_join(timeline: tuple[Mapping[str, Any], ...], own_user: str) -> int | None:
    """Where in the timeline we joined the room last, or None where we did not."""
    for position in range(len(timeline) - 1, -1, -1):
        event = timeline[position]
        if event["type"] != "m.room.member" or event.get("state_key") != own_user:
            continue
        before = _dict(_dict(event, "unsigned"), "prev_content").get("membership")
        if event["content"].get("membership") == "join" and before != "join":
            return position
    return None


def _room(room_id: str, raw: Mapping[str, Any]) -> RoomUpdate:
    timeline = _dict(raw, "timeline")
    prev_batch = timeline.get("prev_batch")
    typing = [event for event in _list(_dict(raw, "ephemeral"), "events") if _is_typing(event)]
    return RoomUpdate(
        room_id=room_id,
        state=events(_dict(raw, "state").get("events")),
        timeline=events(timeline.get("events")),
        limited=timeline.get("limited") is True,
        prev_batch=prev_batch if isinstance(prev_batch, str) else None,
        typing=_strings(_dict(typing[-1], "content").get("user_ids")) if typing else None,
    )


def _invitation(room_id: str, raw: Mapping[str, Any], own_user: str) -> Invitation | None:
    inviter, direct, encrypted = None, False, False
    for event in events(_dict(raw, "invite_state").get("events")):
        if event["type"] == "m.room.member" and event.get("state_key") == own_user:
            inviter = event["sender"]
            direct = event["content"].get("is_direct") is True
        elif event["type"] == "m.room.encryption":
            encrypted = True
    return Invitation(room_id, inviter, direct, encrypted) if inviter else None


def _is_typing(event: object) -> bool:
    return isinstance(event, dict) and event.get("type") == "m.typing"


def _dict(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _list(value: Mapping[str, Any], name: str) -> list[Any]:
    found = value.get(name)
    return found if isinstance(found, list) else []


def _strings(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
