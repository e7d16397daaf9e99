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

pytestmark = pytest.mark.django_db

ROOMS = "/api/v1.0/rooms/"
ROOM = f"{ROOMS}!room:hub.test/"
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
