"""Who has access to what, through the API: who is told of it, and who may change it."""

from __future__ import annotations

from typing import Any

import pytest

from contract.events import Event, EventType
from contract.resources import Kind
from tests.workspace.people import person, signed_in
from workspace.accounts.models import User
from workspace.events.models import OutboxEvent
from workspace.sharing import tree
from workspace.sharing.errors import NotPossible
from workspace.sharing.models import Access, Item
from workspace.sharing.roles import LinkReach, Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def camille() -> User:
    return person("camille.martin")


@pytest.fixture
def ines() -> User:
    return person("ines.benali")


@pytest.fixture
def folder(camille: User) -> Item:
    return tree.create_item(Kind.FOLDER, "Budget", None, camille)


@pytest.fixture
def note(camille: User, folder: Item) -> Item:
    return tree.create_item(Kind.DOCUMENT, "Note", folder, camille)


def listed(user: User, item: Item) -> list[dict[str, Any]]:
    answer = signed_in(user).get(f"/api/v1.0/items/{item.pk}/accesses/")
    assert answer.status_code == 200
    return list(answer.json()["results"])


def test_an_owner_is_told_who_has_it_and_from_where_with_addresses(
    camille: User, ines: User, folder: Item, note: Item
) -> None:
    tree.grant(camille, note, Role.READER, user=ines)
    told = [(one["user"]["email"], one["role"], one["inherited_from"]) for one in listed(camille, note)]
    assert told == [(ines.email, "reader", None), (camille.email, "owner", str(folder.pk))]


def test_a_reader_is_told_who_has_it_where_they_may_read_and_no_address(camille: User, ines: User, note: Item) -> None:
    tree.grant(camille, note, Role.READER, user=ines)
    tree.grant(camille, note, Role.EDITOR, user=person("louis.petit"))
    told = [(one["user"]["name"], one["user"]["email"]) for one in listed(ines, note)]
    assert told == [("Louis Petit", None), ("Ines Benali", None)], "nothing of the folder above"


@pytest.mark.parametrize("reach", [LinkReach.AUTHENTICATED, LinkReach.PUBLIC])
def test_whoever_has_the_link_alone_is_told_of_nobody(camille: User, ines: User, note: Item, reach: LinkReach) -> None:
    tree.set_link(camille, note, reach, Role.READER)
    assert listed(ines, note) == []
    assert [one["role"] for one in listed(camille, note)] == ["owner"]


def times_shared() -> int:
    told = [Event.from_json(bytes(row.body)).type for row in OutboxEvent.objects.all()]
    return told.count(EventType.DOCUMENT_SHARED)


def test_only_who_is_given_more_is_said_to_have_been_shared_with(camille: User, ines: User, note: Item) -> None:
    for role, times in [(Role.READER, 1), (Role.EDITOR, 2), (Role.EDITOR, 2), (Role.READER, 2)]:
        tree.grant(camille, note, role, user=ines)
        assert times_shared() == times, role
    tree.revoke(camille, Access.objects.get(item=note, user=ines))
    assert times_shared() == 2


def test_only_a_link_that_gives_more_is_said_to_share(camille: User, note: Item) -> None:
    for reach, role, times in [
        (LinkReach.RESTRICTED, Role.EDITOR, 0),
        (LinkReach.AUTHENTICATED, Role.READER, 1),
        (LinkReach.AUTHENTICATED, Role.EDITOR, 2),
        (LinkReach.AUTHENTICATED, Role.READER, 2),
        (LinkReach.PUBLIC, Role.READER, 3),
        (LinkReach.AUTHENTICATED, Role.READER, 3),
        (LinkReach.RESTRICTED, Role.READER, 3),
    ]:
        tree.set_link(camille, Item.objects.get(pk=note.pk), reach, role)
        assert times_shared() == times, (reach, role)


def test_the_last_owner_who_is_still_here_stays(camille: User, ines: User, folder: Item) -> None:
    tree.grant(camille, folder, Role.OWNER, user=ines)
    ines.is_active = False
    ines.save()
    mine = Access.objects.get(item=folder, user=camille)
    with pytest.raises(NotPossible):
        tree.revoke(camille, mine)
    with pytest.raises(NotPossible):
        tree.grant(camille, folder, Role.READER, user=camille)
    ines.is_active = True
    ines.save()
    tree.revoke(camille, mine)
