"""Who has access to what, through the API: who is told of it, and who may change it."""

from __future__ import annotations

from typing import Any

import pytest

from contract.resources import Kind
from tests.workspace.people import person, signed_in
from workspace.accounts.models import User
from workspace.sharing import tree
from workspace.sharing.models import Item
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
    return list(answer.json())


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
