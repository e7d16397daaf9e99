"""The search as the bots ask it: for whoever allowed it, for a room, with the bodies of `contract.client`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from contract.answers import Found
from contract.grants import Act
from tests.workspace.grants.world import CAMILLE, INES, STRANGER, Known, acting, as_service, post_form
from workspace.accounts.models import MatrixIdentity, User
from workspace.api import services
from workspace.docs import service as docs
from workspace.grants import delegations
from workspace.grants.trading import Asked, trade
from workspace.sharing import tree
from workspace.sharing.roles import Role

pytestmark = pytest.mark.django_db

URL = "/api/v1.0/search/"


@pytest.fixture(autouse=True)
def _services(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "_known", Known())


@pytest.fixture
def _linked(camille: User, ines: User) -> None:
    MatrixIdentity.objects.create(user=camille, matrix_id=CAMILLE)
    MatrixIdentity.objects.create(user=ines, matrix_id=INES)
    delegations.give(camille, "find", Act.READ)


def ask(**body: Any) -> Any:
    """A search for Camille, with a token for it."""
    find = services.of_token(b"of-find")
    assert find is not None
    token, _made = trade(find, Asked(Act.READ, CAMILLE))  # type: ignore[arg-type]  # a Matrix id
    body = {"q": "sobriété", "limit": 5} | body
    return acting(token, "find").post(URL, body)


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
def test_an_audience_without_the_asker_hides_what_the_asker_alone_may_not_see(
    camille: User, ines: User, catch_up: Callable[[], None]
) -> None:
    docs.create(ines, title="Sobriété d’Inès")
    catch_up()
    found = Found.from_json(ask(audience=[INES]).json())
    assert (found.hits, found.total, found.asker_only) == ((), 0, 0)


@pytest.mark.usefixtures("_linked")
def test_two_matrix_ids_of_one_person_count_once(camille: User, catch_up: Callable[[], None]) -> None:
    MatrixIdentity.objects.create(user=camille, matrix_id="@autre:interieur.gouv.test")
    docs.create(camille, title="Plan de sobriété")
    catch_up()
    assert ask(audience=[CAMILLE, "@autre:interieur.gouv.test"]).json()["total"] == 1


@pytest.mark.usefixtures("index", "_linked")
def test_words_are_in_the_language_that_was_asked_for() -> None:
    english = ask(q="word " * 50, language="en").json()
    assert (english["code"], "at most" in english["message"]) == ("search_too_long", True)
    assert ask(language="de").status_code == 400


@pytest.mark.usefixtures("index", "_linked")
def test_a_standing_credential_searches_for_nobody() -> None:
    for service in ("find", "bridge", "nobody"):
        assert as_service(service).post(URL, {"q": "sobriété"}).status_code == 401
    fields = {"grant_type": "x", "subject_token": INES, "subject_token_type": "x", "scope": "read"}
    assert post_form("find", "/api/v1.0/token/", fields).status_code == 400


@pytest.mark.usefixtures("index")
def test_a_person_does_not_ask_as_a_service_does_nor_a_bot_for_itself(camille: User) -> None:
    from tests.workspace.people import signed_in

    assert signed_in(camille).post(URL, {"q": "x"}).status_code == 401
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
        {"on_behalf_of": INES},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(body: dict[str, Any]) -> None:
    assert ask(**body).status_code == 400
