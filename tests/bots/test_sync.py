"""What a homeserver says is taken event by event: a malformed one hides none of the others."""

from __future__ import annotations

from typing import Any

import pytest

from bots.framework.rooms import Room
from bots.framework.state import Invitation
from bots.framework.sync import events, own_join, parse

ME = "@me:a.test"


def member(user: str, membership: str, before: str | None = None) -> dict[str, Any]:
    unsigned = {"prev_content": {"membership": before}} if before else {}
    content = {"membership": membership}
    return {"type": "m.room.member", "sender": user, "state_key": user, "content": content, "unsigned": unsigned}


def test_a_whole_answer_is_read() -> None:
    batch = parse(
        {
            "next_batch": "s2",
            "to_device": {"events": [{"type": "m.room.encrypted", "sender": "@a:b", "content": {}}]},
            "device_lists": {"changed": ["@a:b"], "left": ["@c:d"]},
            "device_one_time_keys_count": {"signed_curve25519": 0},
            "device_unused_fallback_key_types": [],
            "rooms": {
                "join": {
                    "!r": {
                        "timeline": {"events": [member("@a:b", "join")], "limited": True, "prev_batch": "p"},
                        "ephemeral": {"events": [{"type": "m.typing", "content": {"user_ids": ["@a:b"]}}]},
                    }
                },
                "invite": {
                    "!i": {
                        "invite_state": {
                            "events": [
                                {
                                    "type": "m.room.member",
                                    "sender": "@a:b",
                                    "state_key": ME,
                                    "content": {"membership": "invite", "is_direct": True},
                                },
                                {"type": "m.room.encryption", "sender": "@a:b", "state_key": "", "content": {}},
                            ]
                        }
                    }
                },
                "leave": {"!l": {}},
            },
        },
        ME,
    )
    assert batch.next_batch == "s2"
    assert batch.one_time_keys == 0
    assert batch.fallback_used
    assert (batch.devices_changed, batch.devices_left, batch.left) == (("@a:b",), ("@c:d",), ("!l",))
    assert batch.invitations == (Invitation("!i", "@a:b", True, True),)
    [room] = batch.rooms
    assert (room.limited, room.prev_batch, room.typing, len(room.timeline)) == (True, "p", ("@a:b",), 1)


@pytest.mark.parametrize("raw", [{}, {"next_batch": 3}, {"next_batch": ""}])
def test_an_answer_without_a_place_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="next_batch"):
        parse(raw, ME)


@pytest.mark.parametrize(
    "rooms", [None, [], {"join": []}, {"join": {"!r": None}}, {"join": {"!r": {"timeline": {"events": "x"}}}}]
)
def test_malformed_rooms_are_passed_over(rooms: Any) -> None:
    batch = parse({"next_batch": "s", "rooms": rooms}, ME)
    assert all(not room.timeline for room in batch.rooms)


def test_a_malformed_event_hides_none_of_the_others() -> None:
    good = {"type": "m.room.message", "sender": "@a:b", "content": {}}
    bad = [None, 3, {}, {"type": "x", "sender": "@a:b"}, {"type": 3, "sender": "@a:b", "content": {}}]
    assert events([*bad, good]) == (good,)


def test_what_was_said_before_we_joined_ends_at_our_last_join() -> None:
    message = {"type": "m.room.message", "sender": "@a:b", "content": {}}
    assert own_join((message, member(ME, "join", "invite"), message), ME) == 1
    assert own_join((message, member(ME, "join", "join"), message), ME) is None
    assert own_join((message, member("@a:b", "join")), ME) is None


def test_a_room_never_stops_being_encrypted() -> None:
    room = Room("!r")
    room.apply({"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}})
    room.apply({"type": "m.room.encryption", "state_key": "", "content": {}})
    assert room.encrypted


def test_the_invited_read_a_room_only_where_its_history_lets_them() -> None:
    room = Room("!r")
    for user, membership in (("@a:b", "join"), ("@c:d", "invite"), ("@e:f", "join"), ("@e:f", "leave")):
        room.apply(member(user, membership))
    assert room.joined == {"@a:b"}
    assert room.readers == {"@a:b", "@c:d"}
    room.apply({"type": "m.room.history_visibility", "state_key": "", "content": {"history_visibility": "joined"}})
    assert room.readers == {"@a:b"}


@pytest.mark.parametrize("content", [None, [], {"membership": 3}, {"membership": "join", "displayname": {}}])
def test_malformed_state_is_passed_over(content: Any) -> None:
    room = Room("!r")
    room.apply({"type": "m.room.member", "state_key": "@a:b", "content": content})
    assert room.name_of("@a:b") == "a"
