"""Rooms as the bridge keeps them, over HTTP: each service has its own, by its credential."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.workspace.people import person
from workspace.accounts.models import MatrixIdentity
from workspace.api import services
from workspace.api.services import Scope, Service
from workspace.docs import service as docs
from workspace.rooms import spaces_api

pytestmark = pytest.mark.django_db

ROOMS = "/api/v1.0/rooms/"
ROOM = f"{ROOMS}!room:hub.test/"
SPACES = "/api/v1.0/spaces/"
CAMILLE = "@camille.martin:interieur.gouv.test"


@pytest.fixture(autouse=True)
def _services(monkeypatch: pytest.MonkeyPatch) -> None:
    scopes = {"bridge": Scope.ROOMS, "other": Scope.ROOMS, "find": Scope.AUDIENCE}
    tokens = {f"of-{name}".encode(): Service(name, frozenset({scope})) for name, scope in scopes.items()}
    monkeypatch.setattr(services, "of_token", tokens.get)


def as_service(name: str) -> APIClient:
    return APIClient(headers={"Authorization": f"Bearer of-{name}"})


def known_to(name: str) -> list[dict[str, Any]]:
    rooms: list[dict[str, Any]] = as_service(name).get(ROOMS).json()["rooms"]
    return rooms


def test_a_service_keeps_a_room_binds_it_and_leaves_it() -> None:
    camille = person("camille.martin")
    MatrixIdentity.objects.create(user=camille, matrix_id=CAMILLE)
    note = docs.create(camille, title="Note").item
    bridge = as_service("bridge")
    assert bridge.put(ROOM, {"members": [CAMILLE], "language": "fr"}).status_code == 200
    bound = bridge.post(f"{ROOM}bindings/", {"url": f"http://127.0.0.1:8400{note.url}", "on_behalf_of": CAMILLE})
    assert bound.status_code == 201
    assert [binding["item"] for binding in known_to("bridge")[0]["bindings"]] == [str(note.pk)]
    assert bridge.post(f"{ROOM}bindings/{note.pk}/remove/", {"on_behalf_of": CAMILLE}).status_code == 204
    assert known_to("bridge")[0]["bindings"] == []
    assert bridge.delete(ROOM).status_code == 204
    assert known_to("bridge") == []


def test_a_room_is_its_services_alone() -> None:
    as_service("bridge").put(ROOM, {"members": []})
    assert known_to("other") == []
    assert as_service("other").put(ROOM, {"members": []}).status_code == 409
    assert len(known_to("bridge")) == 1


def test_rooms_are_for_services_that_may_keep_them() -> None:
    assert as_service("find").get(ROOMS).status_code == 403
    assert as_service("unknown").get(ROOMS).status_code == 401
    assert APIClient().get(ROOMS).status_code == 401
    people = APIClient()
    people.force_login(person("camille.martin"))
    assert people.get(ROOMS).status_code == 401


def test_a_service_keeps_a_space_binds_it_and_leaves_it() -> None:
    camille = person("camille.martin")
    MatrixIdentity.objects.create(user=camille, matrix_id=CAMILLE)
    note = docs.create(camille, title="Note").item
    bridge, space = as_service("bridge"), "/api/v1.0/spaces/!space:hub.test/"
    bridge.put(ROOM, {"members": [CAMILLE]})
    told = bridge.put(space, {"rooms": ["!room:hub.test", "!unknown"], "arrangers": [CAMILLE]})
    assert told.json() == {"space_id": "!space:hub.test", "rooms": ["!room:hub.test"], "bindings": []}
    asked = {"on_behalf_of": CAMILLE, "asked_in": "!room:hub.test"}
    bound = bridge.post(f"{space}bindings/", {"url": f"http://127.0.0.1:8400{note.url}", **asked})
    assert bound.status_code == 201
    ((mine,), (of_space,)) = known_to("bridge")[0]["bindings"], bridge.get(SPACES).json()["spaces"][0]["bindings"]
    assert (mine["own"], mine["by_space"], mine["item"], of_space["item"]) == (False, True, *[str(note.pk)] * 2)
    assert bridge.post(f"{space}bindings/{note.pk}/remove/", asked).status_code == 204
    assert known_to("bridge")[0]["bindings"] == []
    assert bridge.post(f"{space}successor/", {"space_id": "!nowhere"}).status_code == 404
    assert bridge.delete(space).status_code == 204
    assert bridge.get(SPACES).json() == {"spaces": [], "next": None}


@pytest.mark.parametrize(
    "body",
    [
        {"rooms": ["room"], "arrangers": []},
        {"rooms": "!room", "arrangers": []},
        {"rooms": [], "arrangers": ["camille"]},
        {"rooms": ["!room"] * 501, "arrangers": []},
        {"rooms": []},
    ],
)
def test_what_makes_no_sense_of_a_space_is_refused(body: dict[str, Any]) -> None:
    assert as_service("bridge").put("/api/v1.0/spaces/!space/", body).status_code in (400, 404)
    assert as_service("bridge").get(SPACES).json()["spaces"] == []


def test_spaces_are_for_services_that_may_keep_rooms(monkeypatch: pytest.MonkeyPatch) -> None:
    assert as_service("find").get(SPACES).status_code == 403
    for number in range(3):
        as_service("bridge").put(f"/api/v1.0/spaces/!space-{number}/", {"rooms": [], "arrangers": []})
    assert as_service("other").get(SPACES).json()["spaces"] == []
    monkeypatch.setattr(spaces_api, "MAX_SPACES", 2)
    first = as_service("bridge").get(SPACES).json()
    rest = as_service("bridge").get(f"{SPACES}?after={first['next']}").json()
    assert [one["space_id"] for one in first["spaces"] + rest["spaces"]] == [f"!space-{one}" for one in range(3)]
    assert rest["next"] is None
