"""The catalogue of events: what one says on the wire, and what is refused."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import InvalidValue
from contract.events import MAX_EVENT_BYTES, Event, EventType
from contract.ids import ItemId, Sub
from contract.resources import Kind, Resource

FIRST = datetime.min.replace(tzinfo=UTC)
ITEM = ItemId(UUID("0192d1c0-7a00-7000-8000-000000000001"))
FOLDER = ItemId(UUID("0192d1c0-7a00-7000-8000-000000000002"))


def updated(**fields: object) -> Event:
    return Event.now(EventType.DOCUMENT_UPDATED, "docs", Resource(Kind.DOCUMENT, ITEM).name, **fields)


def saying(**data: object) -> bytes:
    return json.dumps({**json.loads(updated().to_json()), "data": data}).encode()


def test_an_event_reads_back_as_it_was_written() -> None:
    event = updated(actor=Sub("sub-1"), path=(FOLDER, ITEM), extra={"version": 3})
    assert Event.from_json(event.to_json()) == event


@given(
    st.sampled_from(EventType),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=80),
    st.lists(st.uuids(), max_size=8),
    st.datetimes(timezones=st.just(UTC)),
)
def test_any_event_reads_back_as_it_was_written(type_: EventType, actor: str, path: list[UUID], time: datetime) -> None:
    subject = Resource(type_.kind, ITEM).name if type_.kind else "accounts/user/x"
    event = Event(type_, "docs", subject, uuid4(), time, Sub(actor) if actor else None, tuple(map(ItemId, path)))
    assert Event.from_json(event.to_json()) == event


def test_what_happens_to_a_thing_says_to_what_kind_of_thing() -> None:
    assert EventType.DOCUMENT_CREATED.kind is Kind.DOCUMENT
    assert EventType.FOLDER_SHARED.kind is Kind.FOLDER
    assert EventType.FILE_TRASHED.kind is Kind.FILE
    assert EventType.ITEM_MOVED.kind is None
    assert EventType.COMMENT_CREATED.kind is EventType.THREAD_RESOLVED.kind is EventType.REACTION_ADDED.kind is None
    assert EventType.ROOM_BOUND.kind is None


def test_an_event_on_the_wire_is_a_cloudevent() -> None:
    envelope = json.loads(updated(actor=Sub("sub-1"), path=(ITEM,)).to_json())
    assert envelope["specversion"] == "1.0"
    assert envelope["type"] == "fr.parvis.docs.document.updated"
    assert envelope["subject"] == f"docs/document/{ITEM}"
    assert envelope["data"] == {"actor": "sub-1", "path": [str(ITEM)]}
    assert UUID(envelope["id"]).version == 7
    assert datetime.fromisoformat(envelope["time"]).tzinfo is not None


def test_events_that_come_later_have_later_ids() -> None:
    ids = [updated().id for _ in range(100)]
    assert ids == sorted(ids)


def test_a_type_has_a_subject_of_its_own_under_the_streams() -> None:
    subjects = {type_.nats_subject for type_ in EventType}
    assert len(subjects) == len(EventType)
    assert EventType.FILE_UPLOADED.nats_subject == "parvis.events.drive.file.uploaded"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b"\xff\xfe",
        b'{"specversion":"0.3"}',
        updated().to_json().replace(b"docs.document.updated", b"docs.document.exploded"),
        updated().to_json().replace(b'"1.0"', b'"2.0"'),
        saying(path=["no uuid"]),
        saying(path=7),
        saying(actor="\ud800"),
        saying(actor="\0"),
        saying(actor={"a": 1}),
        saying(room=["!a"]),
        saying(room="no room"),
        saying(extra="x"),
        b"[" * 8_000,
        b'{"specversion":"1.0","data":' + b"[" * 8_000,
        updated().to_json().replace(b"docs/document/", b"drive/folder/"),
        updated().to_json().replace(b"docs/document/", b"accounts/user/"),
        replace(updated(), time=datetime(2026, 11, 23)).to_json().replace(b'Z"', b'"'),  # noqa: DTZ001 - of no zone
        replace(updated(), time=FIRST).to_json().replace(b'Z"', b'+01:00"'),
    ],
)
def test_what_is_not_an_event_of_ours_is_refused_in_words(body: bytes) -> None:
    with pytest.raises(InvalidValue):
        Event.from_json(body)


def test_an_event_that_is_not_thin_is_refused() -> None:
    body = updated(extra={"note": "x" * MAX_EVENT_BYTES}).to_json()
    with pytest.raises(InvalidValue, match="at most"):
        Event.from_json(body)
