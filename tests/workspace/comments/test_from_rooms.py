"""What comes from rooms is taken once, with the rights of who said it."""

from __future__ import annotations

import pytest

from contract.errors import InvalidValue
from contract.events import EventType
from contract.ids import EventId, RoomId
from tests.workspace.comments import talk
from tests.workspace.comments.talk import GUEST, ROOM, Scene, origin
from workspace.accounts.models import MatrixIdentity
from workspace.comments import errors, from_rooms, reading, service
from workspace.comments.authors import Origin
from workspace.comments.models import Reaction, Taken, Thread
from workspace.sharing.errors import NotAllowed, NotThere

OTHER = RoomId("!other:hub.test")


def test_an_event_is_taken_once_however_often_it_is_brought(scene: Scene) -> None:
    made = {from_rooms.start(scene.commenter, origin(1), scene.document.pk, "bonjour").pk for _ in range(3)}
    assert len(made) == 1
    (first,) = made
    thread = Thread.objects.get().pk
    for _ in range(3):
        from_rooms.reply(scene.editor, origin(2), thread, "oui")
        from_rooms.edit(scene.commenter, origin(3), origin(1), "bonsoir")
        from_rooms.react(scene.editor, origin(4), first, "👍")
        from_rooms.resolve(scene.editor, origin(5), thread)
    assert [one.body for one in reading.comments(scene.reader, thread)] == ["bonsoir", "oui"]
    assert Reaction.objects.count() == 1
    for _ in range(3):
        from_rooms.redact(scene.editor, origin(6), origin(5))
        from_rooms.redact(scene.editor, origin(7), origin(4))
        from_rooms.redact(scene.editor, origin(8), origin(2))
    assert Thread.objects.get().resolved_at is None
    assert not Reaction.objects.exists()
    assert [one.body for one in reading.comments(scene.reader, thread)] == ["bonsoir", ""]
    assert talk.types() == [
        EventType.COMMENT_CREATED,
        EventType.COMMENT_CREATED,
        EventType.COMMENT_UPDATED,
        EventType.REACTION_ADDED,
        EventType.THREAD_RESOLVED,
        EventType.THREAD_REOPENED,
        EventType.REACTION_REMOVED,
        EventType.COMMENT_DELETED,
    ]
    assert [(event.extra or {})["origin_event"] for event in talk.told()] == [f"${n}" for n in (1, 2, 3, 4, 5, 6, 7, 8)]
    # What was redacted and is brought once more does not come back.
    assert from_rooms.reply(scene.editor, origin(2), thread, "oui").body == ""
    assert from_rooms.react(scene.editor, origin(4), first, "👍") is None


def test_the_same_id_in_another_room_is_another_event(scene: Scene) -> None:
    one = from_rooms.start(scene.commenter, origin(1), scene.document.pk, "un")
    two = from_rooms.start(scene.commenter, origin(1, OTHER), scene.document.pk, "deux")
    assert one.pk != two.pk
    assert from_rooms.said_by(origin(1, OTHER)) == two


def test_the_same_reaction_from_two_rooms_is_one_and_goes_with_either(scene: Scene) -> None:
    first = from_rooms.start(scene.commenter, origin(1), scene.document.pk, "un")
    for room in (ROOM, OTHER):
        from_rooms.react(scene.editor, origin(2, room), first.pk, "👍")
    assert Reaction.objects.count() == 1
    from_rooms.redact(scene.editor, origin(3, OTHER), origin(2, OTHER))
    from_rooms.redact(scene.editor, origin(3), origin(2))
    assert not Reaction.objects.exists()


def test_who_redacts_for_others_has_the_rights_of_the_document_and_not_of_the_room(scene: Scene) -> None:
    first = from_rooms.start(scene.commenter, origin(1), scene.document.pk, "un")
    from_rooms.react(scene.commenter, origin(2), first.pk, "👍")
    service.react(scene.editor, first.pk, "👍")
    for target in (origin(1), origin(2)):
        with pytest.raises(errors.NotYours):
            from_rooms.redact(scene.editor, origin("r"), target)
    assert Reaction.objects.count() == 2
    assert from_rooms.redact(scene.owner, origin("r"), origin(1)) is not None
    assert from_rooms.redact(scene.owner, origin("s"), origin("unknown")) is None
    assert from_rooms.redact(scene.owner, origin("t"), origin("r")) is None, "a redaction has no undoing"


def test_what_is_refused_may_be_brought_again(scene: Scene) -> None:
    with pytest.raises(errors.GuestsNotTaken):
        from_rooms.start(GUEST, origin(1), scene.document.pk, "bonjour")
    with pytest.raises(NotAllowed):
        from_rooms.start(scene.reader, origin(2), scene.document.pk, "bonjour")
    assert not Taken.objects.exists()
    service.take_guests(scene.owner, scene.document.pk, True)
    assert from_rooms.start(GUEST, origin(1), scene.document.pk, "bonjour").matrix_name == "Ali Durand"


def test_a_guest_has_no_account_and_closes_nothing(scene: Scene) -> None:
    service.take_guests(scene.owner, scene.document.pk, True)
    first = from_rooms.start(GUEST, origin(1), scene.document.pk, "bonjour")
    for act in (from_rooms.resolve, from_rooms.reopen):
        with pytest.raises(errors.NotYours):
            act(GUEST, origin(2), first.thread_id)
    MatrixIdentity.objects.create(user=scene.nobody, matrix_id=GUEST.matrix_id)
    with pytest.raises(errors.GuestIsLinked):
        from_rooms.reply(GUEST, origin(3), first.thread_id, "encore")


def test_an_edit_of_what_was_not_taken_in_is_not_there(scene: Scene) -> None:
    with pytest.raises(NotThere):
        from_rooms.edit(scene.owner, origin(2), origin(1), "x")


@pytest.mark.parametrize("event", ["", "1", "$" + "x" * 255, "$\0"])
def test_an_origin_is_an_event_of_a_room(event: str) -> None:
    with pytest.raises(InvalidValue):
        Origin(ROOM, EventId(event))
