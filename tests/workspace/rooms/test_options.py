"""What rooms and people choose, over HTTP, for who asks."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from contract.options import ROOM_OPTIONS, Mentions, RoomOptions
from tests.workspace.people import person
from workspace.accounts.models import MatrixIdentity, User
from workspace.api import services
from workspace.api.services import Scope, Service
from workspace.docs import service as docs
from workspace.rooms import options
from workspace.rooms import serializers as shapes
from workspace.sharing import tree
from workspace.sharing.roles import Role

pytestmark = pytest.mark.django_db

ROOM = "/api/v1.0/rooms/!room:hub.test/"
PERSON = "/api/v1.0/identities/options/"
CAMILLE, INES = "@camille.martin:interieur.gouv.test", "@ines.benali:culture.gouv.test"
DEFAULT = RoomOptions().to_json()


@pytest.fixture(autouse=True)
def _services(monkeypatch: pytest.MonkeyPatch) -> None:
    scopes = {"bridge": {Scope.ROOMS, Scope.IDENTITIES}, "other": {Scope.ROOMS}, "find": {Scope.AUDIENCE}}
    tokens = {f"of-{name}".encode(): Service(name, frozenset(its)) for name, its in scopes.items()}
    monkeypatch.setattr(services, "of_token", tokens.get)


def as_service(name: str = "bridge") -> APIClient:
    return APIClient(headers={"Authorization": f"Bearer of-{name}"})


@pytest.fixture
def camille() -> User:
    user = person("camille.martin")
    MatrixIdentity.objects.create(user=user, matrix_id=CAMILLE)
    return user


@pytest.fixture
def ines() -> User:
    user = person("ines.benali")
    MatrixIdentity.objects.create(user=user, matrix_id=INES)
    return user


@pytest.fixture
def _room(camille: User, ines: User) -> None:
    as_service().put(ROOM, {"members": [CAMILLE, INES]})


def choose(by: str, **changes: Any) -> Any:
    return as_service().put(f"{ROOM}options/", {**changes, "on_behalf_of": by})


def chosen() -> Any:
    return as_service().get("/api/v1.0/rooms/").json()["rooms"][0]["options"]


def test_the_shapes_name_what_the_contract_names() -> None:
    said = set(shapes.PutOptionsSerializer().fields) - {"on_behalf_of", "language"}
    assert said == set(ROOM_OPTIONS) == set(DEFAULT)


@pytest.mark.usefixtures("_room")
def test_a_room_chooses_and_what_it_does_not_name_stays() -> None:
    assert chosen() == DEFAULT
    answer = choose(CAMILLE, threads=True, updated=False, language="en")
    assert answer.status_code == 200
    assert answer.json()["language"] == "en"
    assert answer.json()["options"] == {**DEFAULT, "threads": True, "updated": False}
    choose(INES, updated=True)
    assert chosen() == {**DEFAULT, "threads": True}
    assert as_service().put(ROOM, {"members": [CAMILLE]}).json()["options"] == {**DEFAULT, "threads": True}


@pytest.mark.usefixtures("_room")
def test_only_linked_members_choose() -> None:
    as_service().put(ROOM, {"members": [INES, "@stranger:culture.gouv.test"]})
    assert choose(CAMILLE, threads=True).json()["code"] == "not_a_member"
    assert choose("@stranger:culture.gouv.test", threads=True).json()["code"] == "not_linked"
    assert chosen() == DEFAULT


@pytest.mark.usefixtures("_room")
def test_a_room_of_another_service_is_not_there() -> None:
    for name, status in (("other", 404), ("find", 403)):
        answer = as_service(name).put(f"{ROOM}options/", {"threads": True, "on_behalf_of": CAMILLE})
        assert answer.status_code == status
    assert chosen() == DEFAULT


@pytest.mark.usefixtures("_room")
@pytest.mark.parametrize(
    "changes", [{"thread": True}, {"threads": "perhaps"}, {"binding": "nobody"}, {"language": "de"}]
)
def test_what_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    assert choose(CAMILLE, **changes).status_code == 400
    assert chosen() == DEFAULT


@pytest.mark.usefixtures("_room")
def test_where_binders_bind_others_neither_bind_nor_choose(camille: User, ines: User) -> None:
    first, second = (docs.create(user, title="Note").item for user in (camille, ines))

    def bind(url: str, by: str) -> Any:
        return as_service().post(f"{ROOM}bindings/", {"url": f"http://127.0.0.1:8400{url}", "on_behalf_of": by})

    assert choose(INES, binding="binders").status_code == 200
    assert bind(first.url, CAMILLE).status_code == 201, "nobody had bound it"
    assert bind(second.url, INES).json()["code"] == "not_a_binder"
    assert choose(INES, binding="everyone").json()["code"] == "not_a_binder"
    assert choose(CAMILLE, binding="everyone").status_code == 200
    assert bind(second.url, INES).status_code == 201


@pytest.mark.usefixtures("_room")
def test_where_moderators_bind_others_neither_bind_unbind_nor_choose(camille: User, ines: User) -> None:
    note, other = (docs.create(user, title="Note").item for user in (camille, ines))

    def bind(url: str, by: str) -> Any:
        return as_service().post(f"{ROOM}bindings/", {"url": f"http://127.0.0.1:8400{url}", "on_behalf_of": by})

    def unbind(by: str) -> Any:
        return as_service().post(f"{ROOM}bindings/{note.pk}/remove/", {"on_behalf_of": by})

    tree.grant(camille, note, Role.READER, user=ines)
    assert bind(note.url, CAMILLE).status_code == 201
    as_service().put(ROOM, {"members": [CAMILLE, INES], "moderators": [CAMILLE]})
    assert choose(INES, binding="moderators").status_code == 200
    for refused in (bind(other.url, INES), unbind(INES), choose(INES, binding="everyone")):
        assert (refused.status_code, refused.json()["code"]) == (409, "not_a_moderator")
    as_service().put(ROOM, {"members": [CAMILLE, INES]})
    assert choose(CAMILLE, threads=True).status_code == 200, "who moderates stays so where nothing is said of it"
    as_service().put(ROOM, {"members": [CAMILLE, INES], "moderators": [INES, "@stranger:culture.gouv.test"]})
    assert choose(CAMILLE, threads=False).json()["code"] == "not_a_moderator"
    assert bind(other.url, INES).status_code == 201
    assert unbind(CAMILLE).status_code == 204, "whoever bound it may end it"


@pytest.mark.usefixtures("_room")
def test_who_leaves_and_comes_back_moderates_only_when_that_is_said_again() -> None:
    as_service().put(ROOM, {"members": [CAMILLE, INES], "moderators": [CAMILLE]})
    choose(CAMILLE, binding="moderators")
    as_service().put(ROOM, {"members": [INES]})
    as_service().put(ROOM, {"members": [CAMILLE, INES]})
    assert choose(CAMILLE, threads=True).json()["code"] == "not_a_moderator"


def test_a_person_chooses_for_themselves(camille: User) -> None:
    def ask(**changes: str) -> Any:
        return as_service().post(PERSON, {"matrix_id": CAMILLE, **changes})

    assert ask().json() == {"language": None, "mentions": "room"}
    assert ask(mentions="direct", language="en").json() == {"language": "en", "mentions": "direct"}
    assert ask().json() == {"language": "en", "mentions": "direct"}
    camille.refresh_from_db()
    assert options.of_person(camille).mentions is Mentions.DIRECT
    assert ask(mentions="nowhere").status_code == 400


def test_a_persons_options_are_asked_of_who_is_linked_by_who_may() -> None:
    assert as_service().post(PERSON, {"matrix_id": CAMILLE}).json()["code"] == "not_linked"
    assert as_service("other").post(PERSON, {"matrix_id": CAMILLE}).status_code == 403
