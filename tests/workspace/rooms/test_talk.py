"""What is done in rooms to comments is taken in as whose it is, of rooms and documents that go together, and once."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.cache import cache

from contract.comments import CommentId, ThreadId
from contract.errors import Conflict, Forbidden, NotAllowed, NotFound, NotLinked, Refused, TokenRefused
from contract.grants import Act
from contract.ids import EventId, ItemId, MatrixId, RoomId, Sub
from contract.resources import link
from contract.talk import Done, RoomAct
from tests.workspace.grants import world as worlds
from tests.workspace.grants.conftest import _services, world  # noqa: F401  # fixtures
from tests.workspace.grants.test_client import Bridge
from tests.workspace.grants.world import World, acting, as_service
from workspace.comments import service
from workspace.comments.models import Comment, Reaction, Thread
from workspace.docs import service as docs
from workspace.docs.models import Document
from workspace.drive import service as drive
from workspace.grants.models import Delegation
from workspace.rooms import service as rooms
from workspace.sharing import tree
from workspace.sharing.roles import Role

CAMILLE, INES, STRANGER = map(MatrixId, (worlds.CAMILLE, worlds.INES, worlds.STRANGER))
ROOM = RoomId(worlds.ROOM)


@pytest.fixture
def bridge(world: World) -> Bridge:  # noqa: F811
    cache.clear()
    rooms.put("bridge", ROOM, [CAMILLE, INES, STRANGER])
    rooms.bind("bridge", ROOM, link(settings.PARVIS.url, world.note.resource), CAMILLE)
    world.allow(world.ines, Act.COMMENT)
    return Bridge()


def done(world: World, act: RoomAct, number: int, room: RoomId = ROOM, **more: Any) -> Done:  # noqa: F811
    return Done(act, room, EventId(f"${number}"), **{"document": ItemId(world.note.pk)} | more)


def started(world: World, text: str = "bonjour") -> Comment:  # noqa: F811
    return service.start(world.camille, world.note.pk, text)


def test_each_act_is_the_persons_and_is_done_once(world: World, bridge: Bridge) -> None:  # noqa: F811
    for _ in range(2):
        taken = bridge.comment_as(CAMILLE, done(world, RoomAct.START, 1, text="un"))
        thread = taken.thread
        reply = bridge.comment_as(CAMILLE, done(world, RoomAct.REPLY, 2, thread=thread, text="deux"))
        bridge.comment_as(CAMILLE, done(world, RoomAct.EDIT, 3, target=EventId("$2"), text="trois"))
        bridge.comment_as(CAMILLE, done(world, RoomAct.REACT, 4, comment=reply.comment, key="👍"))
        bridge.comment_as(CAMILLE, done(world, RoomAct.RESOLVE, 5, thread=thread))
    assert list(Comment.objects.values_list("body", "author__sub")) == [
        ("un", world.camille.sub),
        ("trois", world.camille.sub),
    ]
    assert Reaction.objects.get().author == world.camille
    assert Thread.objects.get().resolved_by == world.camille
    assert bridge.said_by(ROOM, EventId("$2")) == reply
    bridge.comment_as(CAMILLE, done(world, RoomAct.REOPEN, 6, thread=thread))
    bridge.comment_as(CAMILLE, done(world, RoomAct.REDACT, 7, target=EventId("$2")))
    assert bridge.comment_as(CAMILLE, done(world, RoomAct.REDACT, 8, target=EventId("$9"))).thread is None
    assert Thread.objects.get().resolved_at is None
    assert Comment.objects.get(number=2).body == ""


def test_nothing_is_done_without_what_it_takes(world: World, bridge: Bridge) -> None:  # noqa: F811
    thread = ThreadId(started(world).thread_id)
    say = done(world, RoomAct.REPLY, 1, thread=thread, text="x")
    with pytest.raises(NotLinked):
        bridge.comment_as(STRANGER, say)
    with pytest.raises(NotFound):
        bridge.comment_as(INES, say)  # she may not read the note
    tree.grant(world.camille, world.note, Role.READER, user=world.ines)
    with pytest.raises(Forbidden):
        bridge.comment_as(INES, say)
    tree.grant(world.camille, world.note, Role.COMMENTER, user=world.ines)
    bridge.comment_as(INES, say)
    with pytest.raises(Forbidden):
        bridge.comment_as(INES, done(world, RoomAct.RESOLVE, 2, thread=thread))  # it takes more than to comment
    with pytest.raises(Refused, match="not_yours"):
        bridge.comment_as(CAMILLE, done(world, RoomAct.EDIT, 3, target=EventId("$1"), text="y"))
    Delegation.objects.filter(user=world.ines).delete()
    with pytest.raises(NotAllowed):
        bridge.comment_as(INES, done(world, RoomAct.REPLY, 4, thread=thread, text="x"))
    rooms.put("bridge", ROOM, [INES, STRANGER])
    with pytest.raises(Conflict, match="not_a_member"):
        bridge.comment_as(CAMILLE, done(world, RoomAct.REPLY, 5, thread=thread, text="x"))
    assert Comment.objects.count() == 2


def test_a_token_comments_on_nothing_but_its_own_document(world: World, bridge: Bridge) -> None:  # noqa: F811
    other = docs.create(world.camille, title="Autre", content="x")
    elsewhere = service.start(world.camille, other.pk, "ailleurs")
    for act, more in (
        (RoomAct.REPLY, {"thread": elsewhere.thread_id, "text": "x"}),
        (RoomAct.REACT, {"comment": elsewhere.pk, "key": "👍"}),
        (RoomAct.RESOLVE, {"thread": elsewhere.thread_id}),
    ):
        with pytest.raises(NotFound):
            bridge.comment_as(CAMILLE, done(world, act, 1, **more))
    token = world.token("comment", resource=world.note.pk, room=ROOM)
    body = {"act": "start", "event_id": "$1", "document": str(other.pk), "text": "x"}
    answer = acting(token).post(f"/api/v1.0/rooms/{ROOM}/talk/", body)
    assert answer.json()["code"] == "other_target"
    read = world.token("read", resource=world.note.pk, room=ROOM)
    body["document"] = str(world.note.pk)
    assert acting(read).post(f"/api/v1.0/rooms/{ROOM}/talk/", body).json()["code"] == "other_act"
    assert acting(token).post("/api/v1.0/rooms/!x:y/talk/", body).json()["code"] == "other_room"
    assert as_service("bridge").post(f"/api/v1.0/rooms/{ROOM}/talk/", body).status_code == 401
    with pytest.raises((NotFound, TokenRefused)):
        # The room hears of one document, not of all of its members'.
        bridge.comment_as(CAMILLE, done(world, RoomAct.START, 2, document=ItemId(other.pk), text="x"))
    assert not Comment.objects.exclude(pk=elsewhere.pk).exists()


def test_what_was_said_can_be_taken_back_when_the_room_is_not_bound_any_more(
    world: World,  # noqa: F811
    bridge: Bridge,
) -> None:
    bridge.comment_as(CAMILLE, done(world, RoomAct.START, 1, text="un"))
    rooms.unbind("bridge", ROOM, world.note.pk, CAMILLE)
    with pytest.raises(NotFound):
        bridge.comment_as(CAMILLE, done(world, RoomAct.START, 2, text="deux"))
    bridge.comment_as(CAMILLE, done(world, RoomAct.REDACT, 3, target=EventId("$1")))
    assert Comment.objects.get().body == ""


def test_a_guest_is_a_joined_member_without_account_of_a_bound_room_of_the_service(
    world: World,  # noqa: F811
    bridge: Bridge,
) -> None:
    thread = ThreadId(started(world).thread_id)
    say = done(world, RoomAct.REPLY, 1, thread=thread, text="je passe")
    with pytest.raises(Refused, match="guests_not_taken"):
        bridge.comment_as_guest(STRANGER, "Ali", say)
    service.take_guests(world.camille, world.note.pk, True)
    with pytest.raises(Conflict, match="guest_is_linked"):
        bridge.comment_as_guest(CAMILLE, "Camille", say)
    with pytest.raises(Conflict, match="not_a_member"):
        bridge.comment_as_guest(MatrixId("@nobody:x.test"), "", say)
    with pytest.raises(NotFound):
        bridge.comment_as_guest(STRANGER, "", done(world, RoomAct.REPLY, 1, RoomId("!x:y"), thread=thread, text="x"))
    rooms.put("find", RoomId("!theirs:hub.test"), [STRANGER])
    theirs = done(world, RoomAct.REPLY, 1, RoomId("!theirs:hub.test"), thread=thread, text="x")
    with pytest.raises(NotFound):
        bridge.comment_as_guest(STRANGER, "", theirs)
    for _ in range(2):
        bridge.comment_as_guest(STRANGER, "Ali", say)
    said = Comment.objects.get(number=2)
    assert (said.author, said.matrix_id, said.matrix_name) == (None, STRANGER, "Ali")
    with pytest.raises(Refused, match="not_yours"):
        bridge.comment_as_guest(STRANGER, "Ali", done(world, RoomAct.RESOLVE, 2, thread=thread))
    rooms.unbind("bridge", ROOM, world.note.pk, CAMILLE)
    with pytest.raises(NotFound):
        bridge.comment_as_guest(STRANGER, "Ali", done(world, RoomAct.REPLY, 3, thread=thread, text="x"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"act": "start"},
        {"act": "start", "text": "x", "key": "👍"},
        {"act": "dance", "text": "x"},
        {"act": "start", "text": "x", "event_id": "1"},
        {"act": "start", "text": "x", "event_id": "$" + "x" * 300},
        {"act": "edit", "text": "x", "target": "1"},
        {"act": "react", "comment": "1", "key": "👍"},
    ],
)
def test_what_makes_no_sense_is_refused(world: World, bridge: Bridge, wrong: dict[str, str]) -> None:  # noqa: F811
    service.take_guests(world.camille, world.note.pk, True)
    body = {"event_id": "$1", "document": str(world.note.pk), "matrix_id": STRANGER} | wrong
    assert as_service("bridge").post(f"/api/v1.0/rooms/{ROOM}/talk/guests/", body).status_code == 400
    assert not Document.objects.get(pk=world.note.pk).threads.exists()


def test_only_who_keeps_rooms_asks_about_them(world: World, bridge: Bridge) -> None:  # noqa: F811
    for path, body in (
        (f"rooms/{ROOM}/talk/guests/", {"event_id": "$1"}),
        (f"rooms/{ROOM}/talk/said/", {"event_id": "$1"}),
        (f"rooms/{ROOM}/talk/hears/", {"document": str(world.note.pk)}),
        ("rooms/people/", {"sub": world.camille.sub}),
    ):
        assert as_service("find").post(f"/api/v1.0/{path}", body).status_code == 403
    with pytest.raises(NotFound):
        bridge.said_by(ROOM, EventId("$1"))
    with pytest.raises(NotFound):
        bridge.said_by(RoomId("!x:y"), EventId("$1"))


def test_a_room_hears_of_what_it_is_bound_to_and_of_what_is_in_it(world: World, bridge: Bridge) -> None:  # noqa: F811
    folder = drive.create_folder(world.camille, title="Dossier")
    inside = docs.create(world.camille, title="Dedans", content="x", parent_id=folder.pk)
    assert bridge.hears(ROOM, ItemId(world.note.pk))
    assert not bridge.hears(ROOM, ItemId(inside.pk))
    rooms.bind("bridge", ROOM, link(settings.PARVIS.url, folder.resource), CAMILLE)
    assert bridge.hears(ROOM, ItemId(inside.pk))
    assert not bridge.hears(ROOM, ItemId(uuid4()))
    rooms.unbind("bridge", ROOM, folder.pk, CAMILLE)
    assert not bridge.hears(ROOM, ItemId(inside.pk))
    rooms.put("find", RoomId("!theirs:hub.test"), [CAMILLE])
    for room in ("!theirs:hub.test", "!x:y"):
        with pytest.raises(NotFound):
            bridge.hears(RoomId(room), ItemId(world.note.pk))


def test_a_person_is_known_where_they_are_joined_and_nowhere_else(world: World, bridge: Bridge) -> None:  # noqa: F811
    rooms.put("find", RoomId("!theirs:hub.test"), [CAMILLE])
    assert bridge.rooms_of_person(Sub(world.camille.sub or "")) == {ROOM: (CAMILLE,)}
    rooms.put("bridge", ROOM, [INES])
    assert bridge.rooms_of_person(Sub(world.camille.sub or "")) == {}
    assert bridge.rooms_of_person(Sub(str(uuid4()))) == {}


def test_a_comment_that_is_not_there_is_not_there(world: World, bridge: Bridge) -> None:  # noqa: F811
    with pytest.raises(NotFound):
        bridge.comment_as(CAMILLE, done(world, RoomAct.REACT, 1, comment=CommentId(uuid4()), key="👍"))
    with pytest.raises(NotFound):
        bridge.comment_as(CAMILLE, done(world, RoomAct.EDIT, 1, target=EventId("$x"), text="x"))
