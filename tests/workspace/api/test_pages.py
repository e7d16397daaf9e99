"""Every list of the API is a page of it, whatever there is."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from contract.resources import Kind
from tests.workspace.people import person, signed_in
from workspace.accounts.models import MatrixIdentity, User
from workspace.api import services
from workspace.api.services import Scope, Service
from workspace.docs import service as docs
from workspace.rooms import api as rooms
from workspace.sharing import tree
from workspace.sharing.roles import Role

pytestmark = pytest.mark.django_db
BASE = "/api/v1.0/"


@pytest.fixture
def camille() -> User:
    return person("camille.martin")


@pytest.fixture
def api(camille: User) -> APIClient:
    return signed_in(camille)


def walked(api: APIClient, path: str, limit: int) -> list[dict[str, Any]]:
    """All of a list, by the addresses that its pages give for the next."""
    found: list[dict[str, Any]] = []
    address = f"{BASE}{path}?limit={limit}"
    while address:
        page = api.get(address).json()
        assert len(page["results"]) <= limit
        found += page["results"]
        address = page["next"]
    assert len(found) == page["count"]
    return found


def test_pages_of_items_of_one_name_pass_over_none(camille: User, api: APIClient) -> None:
    made = {str(tree.create_item(Kind.FOLDER, "Dossier", None, camille).pk) for _ in range(7)}
    assert {item["id"] for item in walked(api, "items/", 3)} == made


def test_versions_and_accesses_are_listed_in_pages(camille: User, api: APIClient) -> None:
    document = docs.create(camille, title="Note", content="0")
    for number in range(1, 5):
        docs.update(camille, document.pk, based_on=number, content=str(number))
        tree.grant(camille, document.item, Role.READER, user=person(f"agent.{number}"))
    assert [one["number"] for one in walked(api, f"documents/{document.pk}/versions/", 2)] == [5, 4, 3, 2, 1]
    roles = [one["role"] for one in walked(api, f"items/{document.pk}/accesses/", 2)]
    assert roles == ["owner", *["reader"] * 4]


@pytest.mark.parametrize("query", ["limit=101", "limit=0", "limit=x", "offset=-1", "offset=" + "9" * 30])
@pytest.mark.parametrize("path", ["documents/", "items/", "rooms/mine/"])
def test_a_page_that_cannot_be_is_refused(api: APIClient, path: str, query: str) -> None:
    answer = api.get(f"{BASE}{path}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert set(answer.json()["fields"]) == {query.partition("=")[0]}


def test_a_service_walks_through_its_rooms_by_their_ids(camille: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "MAX_ROOMS", 2)
    monkeypatch.setattr(services, "of_token", {b"t": Service("bridge", frozenset({Scope.ROOMS}))}.get)
    MatrixIdentity.objects.create(user=camille, matrix_id="@camille:i.test")
    bridge = APIClient(headers={"Authorization": "Bearer t"})
    ids = [f"!{letter}:hub.test" for letter in "abcde"]
    for id_ in ids:
        bridge.put(f"{BASE}rooms/{id_}/", {"members": ["@camille:i.test"]})
    found, after = [], ""
    while after is not None:
        answer = bridge.get(f"{BASE}rooms/", {"after": after}).json()
        assert len(answer["rooms"]) <= 2
        found += [room["room_id"] for room in answer["rooms"]]
        after = answer["next"]
    assert found == ids
    assert len(walked(signed_in(camille), "rooms/mine/", 2)) == 5
