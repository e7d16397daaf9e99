"""A room that is upgraded keeps what it hears of and what it has; and how members stand to it."""

from __future__ import annotations

import pytest

from contract.ids import RoomId
from tests.workspace.rooms.test_rooms import ROOM, document, events, linked, mxid
from workspace.accounts.models import User
from workspace.events.models import OutboxEvent
from workspace.rooms import service, standing, succession
from workspace.rooms.errors import NoSuchRoom
from workspace.rooms.models import Room
from workspace.sharing import questions, tree
from workspace.sharing.models import Item
from workspace.sharing.roles import LinkReach, Role

pytestmark = pytest.mark.django_db
NEW = RoomId("!new:hub.test")


@pytest.fixture
def camille() -> User:
    return linked("camille.martin")


@pytest.fixture
def ines() -> User:
    return linked("ines.benali")


@pytest.fixture
def note(camille: User) -> Item:
    """Bound to the room, of which Camille and a stranger are members."""
    note = document(camille)
    service.put("bridge", ROOM, [mxid("camille.martin"), mxid("stranger")], "en")
    service.bind("bridge", ROOM, f"http://127.0.0.1:8400{note.url}", mxid("camille.martin"))
    return note


class TestAnUpgradedRoom:
    def test_hears_of_what_the_old_one_heard_of_and_has_what_it_had(
        self, note: Item, camille: User, ines: User
    ) -> None:
        tree.grant(camille, note, Role.EDITOR, team=Room.objects.get(room_id=ROOM).team)
        Room.objects.filter(room_id=ROOM).update(threads=True)
        service.put("bridge", NEW, [mxid("ines.benali")])
        OutboxEvent.objects.all().delete()
        kept = succession.succeed("bridge", ROOM, NEW)
        assert [(binding.item, binding.bound_by) for binding in kept.bindings.all()] == [(note, camille)]
        assert (kept.language, kept.threads) == ("en", True)
        assert questions.roles([ines.pk], [note.pk]) == {(ines.pk, note.pk): Role.EDITOR}
        assert not Room.objects.filter(room_id=ROOM).exists()
        assert [event.name for event in events()][:2] == ["ROOM_UNBOUND", "ROOM_BOUND"]

    def test_is_carried_once_however_often_it_is_told(self, note: Item) -> None:
        service.put("bridge", NEW, [mxid("camille.martin")])
        succession.succeed("bridge", ROOM, NEW)
        OutboxEvent.objects.all().delete()
        assert succession.succeed("bridge", ROOM, NEW).bindings.count() == 1
        assert events() == []

    def test_keeps_what_it_had_before_where_that_is_more(self, note: Item, camille: User) -> None:
        old = Room.objects.get(room_id=ROOM)
        new = service.put("bridge", NEW, [mxid("ines.benali"), mxid("camille.martin")])
        tree.grant(camille, note, Role.READER, team=old.team)
        tree.grant(camille, note, Role.EDITOR, team=new.team)
        service.bind("bridge", NEW, f"http://127.0.0.1:8400{note.url}", mxid("camille.martin"))
        assert succession.succeed("bridge", ROOM, NEW).bindings.count() == 1
        assert [access.role for access in note.accesses.filter(team__isnull=False)] == [Role.EDITOR]

    def test_takes_nothing_out_of_the_trash(self, note: Item, camille: User, ines: User) -> None:
        tree.grant(camille, note, Role.READER, team=Room.objects.get(room_id=ROOM).team)
        tree.trash_item(camille, note)
        service.put("bridge", NEW, [mxid("ines.benali")])
        succession.succeed("bridge", ROOM, NEW)
        assert questions.roles([ines.pk], [note.pk], even_in_trash=True) == {}

    def test_must_be_known_and_the_services_own(self, note: Item) -> None:
        with pytest.raises(NoSuchRoom):
            succession.succeed("bridge", ROOM, NEW)
        service.put("another", NEW, [])
        with pytest.raises(NoSuchRoom):
            succession.succeed("bridge", ROOM, NEW)
        assert Room.objects.get(room_id=ROOM).bindings.count() == 1

    def test_of_another_service_is_not_touched(self, note: Item) -> None:
        service.put("another", NEW, [mxid("ines.benali")])
        assert succession.succeed("another", ROOM, NEW).bindings.count() == 0
        assert Room.objects.get(room_id=ROOM).bindings.count() == 1

    def test_that_is_itself_is_left_alone(self, note: Item) -> None:
        assert succession.succeed("bridge", ROOM, ROOM).bindings.count() == 1


class TestWhoMayRead:
    def test_each_member_has_a_role_or_none(self, note: Item, camille: User, ines: User) -> None:
        service.put("bridge", ROOM, [mxid("camille.martin"), mxid("ines.benali"), mxid("stranger")])
        (told,) = standing.readers("bridge", ROOM)
        assert told.binding.item == note
        assert told.roles == {mxid("camille.martin"): Role.OWNER}
        assert told.without == (mxid("ines.benali"), mxid("stranger"))
        tree.grant(camille, note, Role.COMMENTER, team=Room.objects.get(room_id=ROOM).team)
        (told,) = standing.readers("bridge", ROOM)
        assert told.roles == {mxid("camille.martin"): Role.OWNER, mxid("ines.benali"): Role.COMMENTER}

    def test_everyone_may_read_what_is_public(self, note: Item, camille: User) -> None:
        tree.set_link(camille, note, LinkReach.PUBLIC, Role.READER)
        (told,) = standing.readers("bridge", ROOM)
        assert told.roles == {mxid("camille.martin"): Role.OWNER, mxid("stranger"): Role.READER}

    def test_who_owns_it_may_give_the_room_access(self, note: Item, camille: User, ines: User) -> None:
        service.put("bridge", ROOM, [mxid("camille.martin"), mxid("ines.benali"), mxid("stranger")])
        tree.grant(camille, note, Role.EDITOR, user=ines)
        assert standing.sharers("bridge", ROOM, note.pk) == [mxid("camille.martin")]
        tree.grant(camille, note, Role.OWNER, user=ines)
        assert standing.sharers("bridge", ROOM, note.pk) == [mxid("camille.martin"), mxid("ines.benali")]

    def test_an_owner_who_is_not_in_the_room_is_not_told_of(self, note: Item) -> None:
        service.put("bridge", ROOM, [mxid("stranger")])
        assert standing.sharers("bridge", ROOM, note.pk) == []

    def test_another_services_room_is_not_known(self, note: Item) -> None:
        with pytest.raises(NoSuchRoom):
            standing.readers("another", ROOM)
        with pytest.raises(NoSuchRoom):
            standing.sharers("another", ROOM, note.pk)
