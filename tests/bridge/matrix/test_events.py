"""What the homeserver brings, as values."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.matrix import events
from bridge.matrix.messages import to_reaction
from bridge.ports import Reaction, Trust
from contract.errors import InvalidValue
from contract.ids import EventId, MatrixId, RoomId

ME, ROOM, INES = MatrixId("@parvis:hub.test"), RoomId("!room"), MatrixId("@ines:culture.test")


def raw(type_: str, content: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": type_, "room_id": ROOM, "event_id": "$event", "sender": INES, "content": content, **more}


@pytest.mark.parametrize(
    ("content", "more"),
    [({"redacts": "$gone"}, {}), ({}, {"redacts": "$gone"}), ({"reason": "x"}, {"redacts": "$gone"})],
)
def test_what_is_taken_back_is_said_in_or_beside_the_content(content: dict[str, Any], more: dict[str, Any]) -> None:
    """Since room version 11, and before."""
    assert events.parse(raw("m.room.redaction", content, **more), ME) == events.Redacted(
        ROOM, EventId("$event"), INES, EventId("$gone")
    )


def test_a_room_says_which_came_after_it() -> None:
    said = raw("m.room.tombstone", {"replacement_room": "!new", "body": "…"}, state_key="")
    assert events.parse(said, ME) == events.Replaced(ROOM, EventId("$event"), INES, RoomId("!new"))


@pytest.mark.parametrize(
    ("type_", "content", "more"),
    [
        ("m.room.tombstone", {"replacement_room": "!new"}, {}),
        ("m.room.tombstone", {"replacement_room": "!new"}, {"state_key": "x"}),
        ("m.room.tombstone", {"replacement_room": 1}, {"state_key": ""}),
        ("m.room.tombstone", {"replacement_room": ROOM}, {"state_key": ""}),
        ("m.room.redaction", {}, {}),
        ("m.reaction", {}, {}),
        ("m.reaction", {"m.relates_to": {}}, {"sender": ME}),
        ("m.room.topic", {"topic": "x"}, {"state_key": ""}),
    ],
)
def test_what_says_nothing_to_us_is_dropped(type_: str, content: dict[str, Any], more: dict[str, Any]) -> None:
    assert events.parse(raw(type_, content, **more), ME) is None


@pytest.mark.parametrize(
    ("type_", "content", "more"),
    [
        ("m.room.redaction", {"redacts": 1}, {}),
        ("m.room.redaction", {"redacts": "gone"}, {}),
        ("m.room.tombstone", {"replacement_room": "new"}, {"state_key": ""}),
    ],
)
def test_what_makes_no_sense_is_refused(type_: str, content: dict[str, Any], more: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        events.parse(raw(type_, content, **more), ME)


def test_events_outlive_a_restart() -> None:
    for event in (
        events.Redacted(ROOM, EventId("$event"), INES, EventId("$gone")),
        events.Replaced(ROOM, EventId("$event"), INES, RoomId("!new")),
    ):
        assert events.from_json(events.to_json(event)) == event


def reacted(relation: Any) -> Reaction | None:
    content = {"m.relates_to": relation}
    written = events.parse(raw("m.reaction", content), ME)
    assert isinstance(written, events.Written)
    return to_reaction(written, written.type, written.content, Trust.CLEARTEXT)


def test_a_reaction_has_a_target_and_a_key_of_some_characters() -> None:
    found = reacted({"rel_type": "m.annotation", "event_id": "$card", "key": "✅" + "x" * 10_000})
    assert found is not None
    assert (found.target, found.key[:2], len(found.key)) == (EventId("$card"), "✅x", 64)


@pytest.mark.parametrize(
    "relation",
    [
        {"rel_type": "m.annotation", "event_id": "card", "key": "✅"},
        {"rel_type": "m.annotation", "event_id": "$card"},
        {"rel_type": "m.annotation", "event_id": "$card", "key": 1},
        {"rel_type": "m.thread", "event_id": "$card", "key": "✅"},
        [],
    ],
)
def test_anything_else_is_no_reaction(relation: Any) -> None:
    assert reacted(relation) is None
