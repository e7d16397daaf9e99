"""What each event means for the index."""

from __future__ import annotations

from uuid import uuid4

import pytest

from contract.events import Event, EventType
from contract.ids import ItemId
from contract.resources import Kind, Resource
from workspace.find.changes import Touched, touched


def event(type_: EventType, item: ItemId, kind: Kind = Kind.FOLDER) -> Event:
    return Event.now(type_, "workspace", Resource(kind, item).name)


def item() -> ItemId:
    return ItemId(uuid4())


def test_what_changes_an_item_alone_touches_it_alone() -> None:
    one = item()
    assert touched([event(EventType.FILE_UPLOADED, one, Kind.FILE)] * 3) == Touched(items=frozenset({one}))


@pytest.mark.parametrize(
    "type_",
    [EventType.FOLDER_TRASHED, EventType.FOLDER_RESTORED, EventType.ITEM_MOVED],
)
def test_what_changes_where_it_hangs_touches_all_under_it(type_: EventType) -> None:
    one = item()
    assert touched([event(EventType.FOLDER_UPDATED, one), event(type_, one)]) == Touched(trees=frozenset({one}))


def test_events_about_no_item_touch_nothing() -> None:
    assert not touched([Event.now(EventType.IDENTITY_LINKED, "workspace", "accounts/user/camille")])
    assert not touched([event(EventType.ROOM_BOUND, item())])
    assert not touched([Event.now(EventType.FILE_UPDATED, "workspace", "drive/file/no-uuid")])


def test_every_event_that_is_about_an_item_is_known_here() -> None:
    # Who may read what is asked of the database at each search: nothing need be indexed anew.
    silent = {
        EventType.ACCESS_CHANGED,
        EventType.COMMENT_CREATED,
        EventType.COMMENT_DELETED,
        EventType.COMMENT_MENTIONED,
        EventType.COMMENT_UPDATED,
        EventType.REACTION_ADDED,
        EventType.REACTION_REMOVED,
        EventType.THREAD_REOPENED,
        EventType.THREAD_RESOLVED,
        EventType.DOCUMENT_SHARED,
        EventType.FOLDER_SHARED,
        EventType.FILE_SHARED,
        EventType.IDENTITY_LINKED,
        EventType.IDENTITY_UNLINKED,
        EventType.ROOM_BOUND,
        EventType.ROOM_UNBOUND,
    }
    assert {one for one in EventType if touched([event(one, item())])} == set(EventType) - silent
