"""The search as the bots ask it: on somebody's behalf, for a room, with the bodies of `contract.client`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from contract.answers import Found
from workspace.accounts.models import MatrixIdentity, User
from workspace.api import services
from workspace.api.services import Scope, Service
from workspace.docs import service as docs
from workspace.sharing import tree
from workspace.sharing.roles import Role

pytestmark = pytest.mark.django_db

URL = "/api/v1.0/search/"
CAMILLE, INES, STRANGER = "@camille.martin:interieur.gouv.test", "@ines.benali:culture.gouv.test", "@x:ailleurs.test"
BOT = Service("find", frozenset({Scope.SEARCH}))
BRIDGE = Service("bridge", frozenset({Scope.AUDIENCE}))


@pytest.fixture(autouse=True)
def _services(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = {b"of-find": BOT, b"of-bridge": BRIDGE}
    monkeypatch.setattr(services, "of_token", tokens.get)


@pytest.fixture
def _linked(camille: User, ines: User) -> None:
    MatrixIdentity.objects.create(user=camille, matrix_id=CAMILLE)
    MatrixIdentity.objects.create(user=ines, matrix_id=INES)


def ask(token: str = "of-find", **body: Any) -> Any:
    body = {"q": "sobriété", "on_behalf_of": CAMILLE, "limit": 5} | body
    return APIClient().post(URL, body, headers={"Authorization": f"Bearer {token}"})


@pytest.mark.usefixtures("_linked")
def test_a_bot_asks_for_one_person_and_for_a_room(camille: User, ines: User, catch_up: Callable[[], None]) -> None:
    mine = docs.create(camille, title="Plan de sobriété")
    both = docs.create(camille, title="Sobriété partagée")
    tree.grant(camille, both.item, Role.READER, user=ines)
    catch_up()
    alone = Found.from_json(ask().json())
    assert {hit.item for hit in alone.hits} == {mine.pk, both.pk}
    assert (alone.total, alone.asker_hits, alone.asker_only) == (2, (), 0)
    room = Found.from_json(ask(audience=[CAMILLE, INES]).json())
    assert [hit.item for hit in room.hits] == [both.pk]
    assert [hit.item for hit in room.asker_hits] == [mine.pk]
    assert (room.total, room.asker_only) == (1, 1)
    with_stranger = Found.from_json(ask(audience=[CAMILLE, INES, STRANGER]).json())
    assert (with_stranger.hits, with_stranger.total, with_stranger.asker_only) == ((), 0, 2)


@pytest.mark.usefixtures("_linked")
def test_two_matrix_ids_of_one_person_count_once(camille: User, catch_up: Callable[[], None]) -> None:
    MatrixIdentity.objects.create(user=camille, matrix_id="@autre:interieur.gouv.test")
    docs.create(camille, title="Plan de sobriété")
    catch_up()
    assert ask(audience=[CAMILLE, "@autre:interieur.gouv.test"]).json()["total"] == 1


@pytest.mark.usefixtures("index", "_linked")
def test_on_behalf_of_somebody_unknown_is_not_linked() -> None:
    answer = ask(on_behalf_of=STRANGER)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_linked")


@pytest.mark.usefixtures("index", "_linked")
def test_words_are_in_the_language_that_was_asked_for() -> None:
    english = ask(q="word " * 50, language="en").json()
    assert (english["code"], "at most" in english["message"]) == ("search_too_long", True)
    assert ask(language="de").status_code == 400


@pytest.mark.usefixtures("index", "_linked")
@pytest.mark.parametrize(("token", "status"), [("of-bridge", 403), ("of-nobody", 401), ("", 401)])
def test_only_a_service_with_the_scope_may_ask(token: str, status: int) -> None:
    assert ask(token).status_code == status


@pytest.mark.usefixtures("index")
def test_a_person_does_not_ask_on_anothers_behalf_nor_a_bot_for_itself(camille: User) -> None:
    from tests.workspace.people import signed_in

    body = {"q": "x", "on_behalf_of": CAMILLE}
    assert signed_in(camille).post(URL, body).status_code == 401
    assert APIClient().get(URL, {"q": "x"}, headers={"Authorization": "Bearer of-find"}).status_code == 401


@pytest.mark.usefixtures("index", "_linked")
@pytest.mark.parametrize(
    "body",
    [
        {"limit": 0},
        {"limit": "x"},
        {"audience": "x"},
        {"audience": ["camille"]},
        {"audience": []},
        {"q": None},
        {"on_behalf_of": ""},
        {"on_behalf_of": "camille"},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(body: dict[str, Any]) -> None:
    assert ask(**body).status_code == 400
