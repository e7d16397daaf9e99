"""Spaces: what somebody bound one to, its rooms hear of for as long as they are in it. Nothing is shared by that."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from contract.ids import MatrixId, RoomId
from contract.spaces import MAX_SPACE_BINDINGS
from tests.workspace.rooms.test_rooms import ROOM, document, events, linked, mxid
from workspace.accounts.linking import LinkError
from workspace.accounts.models import User
from workspace.events.models import OutboxEvent
from workspace.rooms import options, service, spaces, succession
from workspace.rooms.errors import (
    AlreadyBound,
    NoSuchRoom,
    NotABinder,
    NotAModerator,
    NotAnArranger,
    NotMember,
    OnlyBySpace,
    RoomTaken,
    TooManyBindings,
)
from workspace.rooms.models import Binding, Room, Space, SpaceBinding
from workspace.sharing import questions, tree
from workspace.sharing.errors import NotThere
from workspace.sharing.models import Item
from workspace.sharing.roles import Role

pytestmark = pytest.mark.django_db
SPACE, OTHER, THIRD = RoomId("!space:hub.test"), RoomId("!other:hub.test"), RoomId("!third:hub.test")
CAMILLE, INES = mxid("camille.martin"), mxid("ines.benali")


@pytest.fixture
def camille() -> User:
    return linked("camille.martin")


@pytest.fixture
def ines() -> User:
    return linked("ines.benali")


@pytest.fixture
def note(camille: User, ines: User) -> Item:
    """Camille's. She arranges a space of two rooms; Inès is in the other one, where Camille is not."""
    service.put("bridge", ROOM, [CAMILLE, INES])
    service.put("bridge", OTHER, [INES])
    spaces.put("bridge", SPACE, [ROOM, OTHER], [CAMILLE])
    return document(camille)


def url(item: Item) -> str:
    return f"http://127.0.0.1:8400{item.url}"


def bind(item: Item, by: MatrixId = CAMILLE, asked_in: RoomId = ROOM) -> SpaceBinding:
    return spaces.bind("bridge", SPACE, url(item), by, asked_in)


def bound(room: RoomId) -> list[tuple[str, bool, bool]]:
    """What a room is bound to, whether by itself and whether by a space."""
    found = Binding.objects.filter(room__room_id=room).order_by("item__title")
    return [(one.item.title, one.own, one.by_space) for one in found]


BY_SPACE, OWN, BOTH = ("Note", False, True), ("Note", True, False), ("Note", True, True)


class TestASpaceThatIsBound:
    def test_has_all_its_rooms_hear_of_it_and_shares_nothing(self, note: Item, ines: User) -> None:
        OutboxEvent.objects.all().delete()
        bind(note)
        assert bound(ROOM) == bound(OTHER) == [BY_SPACE]
        assert [event.name for event in events()] == ["ROOM_BOUND", "ROOM_BOUND"]
        assert service.hear_of("bridge", [note.pk]) == {note.pk}
        assert questions.roles([ines.pk], [note.pk]) == {}

    def test_has_a_room_hear_of_it_that_comes_later_until_it_goes(self, note: Item) -> None:
        bind(note)
        service.put("bridge", THIRD, [INES])
        told = spaces.put("bridge", SPACE, [ROOM, THIRD], [CAMILLE])
        assert {room.room_id for room in told.rooms.all()} == {ROOM, THIRD}
        assert (bound(ROOM), bound(OTHER), bound(THIRD)) == ([BY_SPACE], [], [BY_SPACE])
        assert [event.name for event in events()[-2:]] == ["ROOM_UNBOUND", "ROOM_BOUND"]

    def test_is_told_again_and_nothing_happens(self, note: Item) -> None:
        bind(note)
        OutboxEvent.objects.all().delete()
        spaces.put("bridge", SPACE, [ROOM, OTHER], [CAMILLE])
        assert events() == []

    def test_leaves_a_room_what_it_was_bound_to_by_itself(self, note: Item) -> None:
        service.bind("bridge", ROOM, url(note), CAMILLE)
        bind(note)
        assert bound(ROOM) == [BOTH]
        OutboxEvent.objects.all().delete()
        spaces.put("bridge", SPACE, [OTHER], [CAMILLE])
        assert bound(ROOM) == [OWN]
        assert events() == []

    def test_ends_everywhere_at_once(self, note: Item) -> None:
        service.bind("bridge", ROOM, url(note), CAMILLE)
        bind(note)
        spaces.unbind("bridge", SPACE, note.pk, CAMILLE, ROOM)
        assert (bound(ROOM), bound(OTHER)) == ([OWN], [])
        with pytest.raises(NotThere):
            spaces.unbind("bridge", SPACE, note.pk, CAMILLE, ROOM)

    def test_ends_when_the_service_leaves_it_or_the_item_goes_for_good(self, note: Item, camille: User) -> None:
        bind(note)
        spaces.forget("bridge", SPACE)
        assert (bound(ROOM), bound(OTHER)) == ([], [])
        spaces.put("bridge", SPACE, [ROOM], [CAMILLE])
        assert bound(ROOM) == []
        bind(note)
        tree.trash_item(camille, note)
        tree.purge_item(note.pk, timezone.now() + timedelta(seconds=1))
        assert not SpaceBinding.objects.exists()
        assert not Binding.objects.exists()

    def test_two_spaces_give_a_room_the_same_thing_once_until_both_end(self, note: Item) -> None:
        bind(note)
        spaces.put("bridge", THIRD, [ROOM], [CAMILLE])
        spaces.bind("bridge", THIRD, url(note), CAMILLE, ROOM)
        assert bound(ROOM) == [BY_SPACE]
        spaces.forget("bridge", SPACE)
        assert (bound(ROOM), bound(OTHER)) == ([BY_SPACE], [])
        spaces.forget("bridge", THIRD)
        assert bound(ROOM) == []


class TestWhoMayBindASpace:
    def test_is_who_arranges_it_and_is_in_the_room_where_they_ask(self, note: Item, camille: User, ines: User) -> None:
        tree.grant(camille, note, Role.EDITOR, user=ines)
        with pytest.raises(NotAnArranger):
            bind(note, INES)
        with pytest.raises(NotMember):
            bind(note, CAMILLE, OTHER)
        with pytest.raises(LinkError):
            bind(note, mxid("stranger"))
        with pytest.raises(NoSuchRoom):
            spaces.bind("bridge", THIRD, url(note), CAMILLE, ROOM)
        bind(note)
        with pytest.raises(NotAnArranger):
            spaces.unbind("bridge", SPACE, note.pk, INES, ROOM)
        spaces.put("bridge", SPACE, [ROOM, OTHER], [INES])
        with pytest.raises(NotAnArranger):
            spaces.unbind("bridge", SPACE, note.pk, CAMILLE, ROOM)
        spaces.unbind("bridge", SPACE, note.pk, INES, ROOM)

    def test_may_read_what_it_is_bound_to(self, note: Item) -> None:
        spaces.put("bridge", SPACE, [ROOM], [CAMILLE, INES])
        with pytest.raises(NotThere):
            bind(note, INES)
        bind(note)
        with pytest.raises(NotThere):
            spaces.unbind("bridge", SPACE, note.pk, INES, ROOM)

    def test_may_bind_the_room_where_they_ask_as_it_chose(self, note: Item, ines: User) -> None:
        Room.objects.filter(room_id=ROOM).update(binding="moderators")
        with pytest.raises(NotAModerator):
            bind(note)
        Room.objects.filter(room_id=ROOM).update(binding="binders")
        service.bind("bridge", ROOM, url(tree.create_item(note.kind, "Autre", None, ines)), INES)
        with pytest.raises(NotABinder):
            bind(note)

    def test_brings_the_room_where_they_ask_into_it(self, note: Item) -> None:
        spaces.put("bridge", SPACE, [OTHER], [CAMILLE])
        bind(note)
        assert (bound(ROOM), bound(OTHER)) == ([BY_SPACE], [BY_SPACE])
        spaces.put("bridge", SPACE, [OTHER], [CAMILLE])
        assert bound(ROOM) == []
        bind(note)
        assert bound(ROOM) == [BY_SPACE]
        with pytest.raises(AlreadyBound):
            bind(note)

    def test_does_so_within_bounds(self, note: Item, camille: User) -> None:
        for _ in range(MAX_SPACE_BINDINGS):
            bind(document(camille))
        with pytest.raises(TooManyBindings):
            bind(note)

    def test_is_no_binder_of_its_rooms(self, note: Item, ines: User) -> None:
        bind(note)
        options.choose("bridge", ROOM, INES, {"binding": "binders"})
        mine = document(ines)
        service.bind("bridge", ROOM, url(mine), INES)
        with pytest.raises(NotABinder):
            options.choose("bridge", ROOM, CAMILLE, {"binding": "everyone"})


class TestARoomOfASpace:
    def test_does_not_end_by_itself_what_it_hears_of_by_the_space(self, note: Item, camille: User, ines: User) -> None:
        bind(note)
        with pytest.raises(OnlyBySpace):
            service.unbind("bridge", ROOM, note.pk, CAMILLE)
        with pytest.raises(NotThere):
            service.unbind("bridge", ROOM, note.pk, INES)

    def test_can_be_bound_to_the_same_by_itself_and_that_can_end(self, note: Item) -> None:
        bind(note)
        OutboxEvent.objects.all().delete()
        service.bind("bridge", ROOM, url(note), CAMILLE)
        assert bound(ROOM) == [BOTH]
        with pytest.raises(AlreadyBound):
            service.bind("bridge", ROOM, url(note), CAMILLE)
        service.unbind("bridge", ROOM, note.pk, CAMILLE)
        assert bound(ROOM) == [BY_SPACE]
        assert events() == [], "it heard of it all the while"

    def test_can_choose_to_hear_of_nothing_by_spaces(self, note: Item) -> None:
        bind(note)
        options.choose("bridge", OTHER, INES, {"spaces": False})
        assert (bound(ROOM), bound(OTHER)) == ([BY_SPACE], [])
        spaces.put("bridge", SPACE, [OTHER], [CAMILLE])
        assert bound(OTHER) == []
        options.choose("bridge", OTHER, INES, {"spaces": True})
        assert bound(OTHER) == [BY_SPACE]

    def test_that_is_upgraded_carries_over_what_it_was_bound_to_by_itself(self, note: Item, camille: User) -> None:
        other = tree.create_item(note.kind, "Autre", None, camille)
        bind(note)
        bind(other)
        service.bind("bridge", ROOM, url(note), CAMILLE)
        service.put("bridge", THIRD, [CAMILLE])
        succession.succeed("bridge", ROOM, THIRD)
        assert bound(THIRD) == [OWN], "the space does not name it yet"
        spaces.put("bridge", SPACE, [THIRD, OTHER], [CAMILLE])
        assert bound(THIRD) == [("Autre", False, True), BOTH]

    def test_that_is_upgraded_into_one_of_the_space_keeps_both(self, note: Item) -> None:
        service.bind("bridge", ROOM, url(note), CAMILLE)
        service.put("bridge", THIRD, [CAMILLE])
        spaces.put("bridge", SPACE, [ROOM, THIRD], [CAMILLE])
        bind(note)
        succession.succeed("bridge", ROOM, THIRD)
        assert bound(THIRD) == [BOTH]

    def test_is_bound_to_no_more_than_a_room_may_be(
        self, note: Item, camille: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        service.bind("bridge", ROOM, url(document(camille)), CAMILLE)
        monkeypatch.setattr(service, "MAX_BINDINGS", 1)
        bind(note)
        assert (bound(ROOM), bound(OTHER)) == ([OWN], [BY_SPACE])


class TestASpace:
    def test_is_its_services_alone(self, note: Item) -> None:
        with pytest.raises(RoomTaken):
            spaces.put("other", SPACE, [], [])
        spaces.forget("other", SPACE)
        assert Space.objects.get().space_id == SPACE
        with pytest.raises(NoSuchRoom):
            spaces.bind("other", SPACE, url(note), CAMILLE, ROOM)

    def test_has_no_rooms_of_others_and_none_that_are_not_known(self, note: Item) -> None:
        service.put("other", THIRD, [INES])
        told = spaces.put("bridge", SPACE, [THIRD, RoomId("!nowhere"), ROOM], [CAMILLE])
        assert [room.room_id for room in told.rooms.all()] == [ROOM]

    def test_that_is_upgraded_hands_over_what_it_was_bound_to(self, note: Item) -> None:
        bind(note)
        spaces.put("bridge", THIRD, [OTHER], [CAMILLE])
        for _ in range(2):
            told = spaces.succeed("bridge", SPACE, THIRD)
            assert [one.item for one in told.bindings.all()] == [note]
        assert (bound(ROOM), bound(OTHER)) == ([], [BY_SPACE])
        with pytest.raises(NoSuchRoom):
            spaces.succeed("bridge", THIRD, SPACE)
