"""Rooms, the people in them, and what follows from that for rights."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone, translation

from contract.events import Event, EventType
from contract.ids import MatrixId, RoomId
from contract.resources import Kind
from tests.workspace.people import person
from workspace.accounts import linking
from workspace.accounts.linking import LinkError
from workspace.accounts.models import MatrixIdentity, User
from workspace.events.models import OutboxEvent
from workspace.rooms import service
from workspace.rooms.errors import AlreadyBound, NoSuchRoom, NotMember, RoomTaken
from workspace.sharing import questions, tree
from workspace.sharing.errors import NotThere
from workspace.sharing.models import Item, Team
from workspace.sharing.roles import Role

pytestmark = pytest.mark.django_db
ROOM = RoomId("!room:hub.test")


def mxid(name: str) -> MatrixId:
    return MatrixId(f"@{name}:interieur.gouv.test")


def linked(name: str) -> User:
    user = person(name)
    token, _ = linking.offer(mxid(name))
    linking.redeem(user, token)
    return user


def team() -> set[str]:
    return {user.full_name for user in Team.objects.get(room__room_id=ROOM).members.all()}


def events() -> list[EventType]:
    return [Event.from_json(bytes(row.body)).type for row in OutboxEvent.objects.order_by("pk")]


def document(owner: User) -> Item:
    return tree.create_item(Kind.DOCUMENT, "Note", None, owner)


def test_the_team_of_a_room_is_its_linked_members() -> None:
    linked("camille.martin")
    person("ines.benali")
    service.put("bridge", ROOM, [mxid("camille.martin"), mxid("ines.benali")])
    assert team() == {"Camille Martin"}
    token, _ = linking.offer(mxid("ines.benali"))
    linking.redeem(User.objects.get(username="ines.benali"), token)
    assert team() == {"Camille Martin", "Ines Benali"}
    service.put("bridge", ROOM, [mxid("ines.benali")])
    assert team() == {"Ines Benali"}
    linking.unlink(MatrixIdentity.objects.get(matrix_id=mxid("ines.benali")))
    assert team() == set()


def test_a_room_is_kept_even_if_nobody_in_it_has_a_name() -> None:
    nameless = User.objects.create(sub="sub-nameless", username="nameless")
    token, _ = linking.offer(mxid("nameless"))
    linking.redeem(nameless, token)
    with translation.override("en"):
        room = service.put("bridge", ROOM, [mxid("nameless"), mxid("stranger")])
    assert room.team.name == "someone +1"


def test_what_a_room_has_its_members_have_and_lose_with_it() -> None:
    camille, ines = linked("camille.martin"), linked("ines.benali")
    room = service.put("bridge", ROOM, [mxid("camille.martin"), mxid("ines.benali")])
    note = document(camille)
    tree.grant(camille, note, Role.READER, team=room.team)
    assert questions.roles([ines.pk], [note.pk]) == {(ines.pk, note.pk): Role.READER}
    service.put("bridge", ROOM, [mxid("camille.martin")])
    assert questions.roles([ines.pk], [note.pk]) == {}


def test_a_room_that_is_forgotten_gives_nothing_any_more() -> None:
    camille, ines = linked("camille.martin"), linked("ines.benali")
    room = service.put("bridge", ROOM, [mxid("camille.martin"), mxid("ines.benali")])
    note = document(camille)
    tree.grant(camille, note, Role.READER, team=room.team)
    service.bind("bridge", ROOM, f"http://127.0.0.1:8400{note.url}", mxid("camille.martin"))
    service.forget("bridge", ROOM)
    assert questions.roles([ines.pk], [note.pk]) == {}
    assert events()[-2:] == [EventType.ROOM_UNBOUND, EventType.ACCESS_CHANGED]
    service.forget("bridge", ROOM)


def test_a_binding_is_made_for_somebody_who_may_read_and_is_there() -> None:
    camille, ines = linked("camille.martin"), linked("ines.benali")
    note = document(camille)
    url = f"http://127.0.0.1:8400{note.url}"
    with pytest.raises(NoSuchRoom):
        service.bind("bridge", ROOM, url, mxid("camille.martin"))
    service.put("bridge", ROOM, [mxid("ines.benali"), mxid("stranger")])
    with pytest.raises(NotMember):
        service.bind("bridge", ROOM, url, mxid("camille.martin"))
    with pytest.raises(NotThere):
        service.bind("bridge", ROOM, url, mxid("ines.benali"))
    with pytest.raises(LinkError) as refused:
        service.bind("bridge", ROOM, url, mxid("stranger"))
    assert refused.value.code == "not_linked"
    tree.grant(camille, note, Role.READER, user=ines)
    binding = service.bind("bridge", ROOM, url, mxid("ines.benali"))
    assert (binding.bound_by, binding.bound_by_matrix_id) == (ines, mxid("ines.benali"))
    with pytest.raises(AlreadyBound):
        service.bind("bridge", ROOM, url, mxid("ines.benali"))
    assert events()[-1] is EventType.ROOM_BOUND


@pytest.mark.parametrize("url", ["https://example.org/docs/x/", "http://127.0.0.1:8400/docs/", "not a link", ""])
def test_a_link_that_is_none_of_ours_binds_nothing(url: str) -> None:
    linked("camille.martin")
    service.put("bridge", ROOM, [mxid("camille.martin")])
    with pytest.raises(NotThere):
        service.bind("bridge", ROOM, url, mxid("camille.martin"))


def test_who_may_not_read_any_more_can_still_end_their_own_binding_and_no_other() -> None:
    camille, ines = linked("camille.martin"), linked("ines.benali")
    service.put("bridge", ROOM, [mxid("camille.martin"), mxid("ines.benali")])
    note = document(camille)
    access = tree.grant(camille, note, Role.READER, user=ines)
    service.bind("bridge", ROOM, f"http://127.0.0.1:8400{note.url}", mxid("ines.benali"))
    tree.revoke(camille, access)
    with pytest.raises(NotThere):
        service.unbind("bridge", ROOM, uuid4(), mxid("ines.benali"))
    service.unbind("bridge", ROOM, note.pk, mxid("ines.benali"))
    assert events()[-1] is EventType.ROOM_UNBOUND
    with pytest.raises(NotThere):
        service.unbind("bridge", ROOM, note.pk, mxid("ines.benali"))


def test_what_is_deleted_for_good_ends_its_bindings() -> None:
    camille = linked("camille.martin")
    service.put("bridge", ROOM, [mxid("camille.martin")])
    folder = tree.create_item(Kind.FOLDER, "Dossier", None, camille)
    note = tree.create_item(Kind.DOCUMENT, "Note", folder, camille)
    service.bind("bridge", ROOM, f"http://127.0.0.1:8400{note.url}", mxid("camille.martin"))
    tree.trash_item(camille, folder)
    assert tree.purge_item(folder.pk, timezone.now() - timedelta(days=30)) == 0, "it is not there for long enough"
    assert tree.purge_item(folder.pk, timezone.now()) == 2
    assert events()[-1] is EventType.ROOM_UNBOUND
    assert not Item.objects.exists()


def test_another_service_has_no_say_in_a_room() -> None:
    service.put("bridge", ROOM, [mxid("camille.martin")])
    with pytest.raises(RoomTaken):
        service.put("other", ROOM, [])
    service.forget("other", ROOM)
    assert [room.room_id for room in service.known_to("bridge")] == [ROOM]
