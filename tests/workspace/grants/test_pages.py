"""The pages of what one allows: asked when linking, shown on the account page, every use listed."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from contract.grants import Act
from contract.ids import MatrixId, RoomId
from tests.workspace.grants.world import CAMILLE, INES, ROOM, World, acting
from tests.workspace.people import person
from workspace.accounts import linking
from workspace.accounts.models import User
from workspace.grants import delegations, words
from workspace.grants.errors import _MISUSES
from workspace.grants.models import Delegation, Use
from workspace.rooms import service as rooms
from workspace.sharing import tree

LEA = MatrixId("@lea:interieur.gouv.test")


def browser(user: User, language: str = "en") -> Client:
    client = Client(headers={"Accept-Language": language})
    client.force_login(user, backend="workspace.accounts.backends.Backend")
    return client


def words_of(answer: Any) -> str:
    """The page as a person reads it."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def ticked(answer: Any) -> list[str]:
    return re.findall(r'<input type="checkbox" name="allow" value="([^"]+)" checked>', answer.content.decode())


@pytest.fixture
def lea(world: World) -> User:
    return person("lea")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["Parvis in your rooms: Comment as you", "The search bot, find: Read for you", "is allowed until"]),
        ("fr", ["Parvis dans vos salons : Commenter en votre nom", "Le robot de recherche, find : Lire pour vous"]),
    ],
)
def test_the_linking_page_says_what_would_be_allowed_until_when(lea: User, language: str, said: list[str]) -> None:
    token, _offer = linking.offer(LEA)
    page = browser(lea, language).get(f"/link/{token}/")
    for sentence in said:
        assert sentence in words_of(page)
    assert ticked(page) == ["bridge:read", "bridge:save", "bridge:comment", "bridge:share", "find:read"]


def test_only_what_stays_ticked_is_allowed(lea: User) -> None:
    token, _offer = linking.offer(LEA)
    answer = browser(lea).post(f"/link/{token}/", {"allow": ["bridge:read", "find:read"]}, follow=True)
    assert {f"{one.service}:{one.act}" for one in delegations.living(lea)} == {"bridge:read", "find:read"}
    assert "is now linked to your account" in words_of(answer)


def test_nothing_ticked_links_and_allows_nothing(lea: User) -> None:
    token, _offer = linking.offer(LEA)
    browser(lea).post(f"/link/{token}/")
    assert linking.people([LEA]) == {LEA: lea}
    assert not delegations.living(lea).exists()


def test_a_form_with_what_nobody_asks_for_links_nothing(lea: User) -> None:
    token, _offer = linking.offer(LEA)
    answer = browser(lea).post(f"/link/{token}/", {"allow": ["find:share"]}, follow=True)
    assert "No application asks for this." in words_of(answer)
    assert linking.people([LEA]) == {}


def test_the_account_page_shows_what_is_allowed_and_a_button_ends_it_at_once(world: World) -> None:
    here = browser(world.camille)
    page = words_of(here.get("/account/"))
    assert "Parvis in your rooms: Share for you" in page
    token = world.token("read", resource=world.note.pk)
    one = Delegation.objects.get(user=world.camille, act=Act.READ)
    answer = here.post(f"/account/delegations/{one.pk}/revoke/", follow=True)
    assert "Parvis in your rooms: “Read for you” is no longer allowed." in words_of(answer)
    assert acting(token).get(f"/api/v1.0/items/{world.note.pk}/content/").json()["code"] == "revoked"


def test_it_is_given_again_there(world: World) -> None:
    here = browser(world.camille)
    answer = here.post("/account/delegations/give/", {"allow": ["find:read"]}, follow=True)
    assert "The search bot, find: “Read for you” is allowed now." in words_of(answer)
    assert 'value="find:read"' not in answer.content.decode(), "it is offered no longer"


def test_one_does_not_revoke_for_another(world: World) -> None:
    one = Delegation.objects.filter(user=world.camille).earliest("pk")
    assert browser(world.ines).post(f"/account/delegations/{one.pk}/revoke/").status_code == 404
    assert delegations.living(world.camille).count() == 4
    assert Client().post(f"/account/delegations/{one.pk}/revoke/").status_code == 302
    assert delegations.living(world.camille).count() == 4


def test_who_is_not_linked_is_offered_nothing_and_given_nothing(world: World, lea: User) -> None:
    here = browser(lea)
    assert 'name="allow"' not in here.get("/account/").content.decode()
    answer = here.post("/account/delegations/give/", {"allow": ["find:read"]}, follow=True)
    assert "Link a Matrix identity first" in words_of(answer)


def test_every_use_is_listed_with_what_where_when_and_from_which_room(world: World) -> None:
    rooms.put("bridge", RoomId(ROOM), [MatrixId(CAMILLE), MatrixId(INES)])
    token = world.token("read", resource=world.note.pk, room=ROOM)
    acting(token, "find").get(f"/api/v1.0/items/{world.note.pk}/content/")
    world.token("read", room="!elsewhere:hub.test")
    page = browser(world.camille).get("/account/uses/")
    said = words_of(page)
    assert f'href="{world.note.url}"' in page.content.decode()
    assert "Camille Martin, Ines Benali" in said, "the room, by its name here"
    assert "in the room: !elsewhere:hub.test" in said
    assert "a search" in said
    assert "It tried the key of another application. refused" in said


def test_what_one_may_not_read_is_not_named_there(world: World) -> None:
    world.allow(world.ines, Act.READ)
    world.exchange("read", person=INES, resource=world.note.pk)
    world.exchange("read", person=INES, resource=uuid4())
    said = words_of(browser(world.ines).get("/account/uses/"))
    assert said.count("something that you may not read") == 2
    assert "Note" not in said
    assert str(world.note.pk) not in browser(world.ines).get("/account/uses/").content.decode()


def test_a_room_that_one_is_not_in_is_not_named(world: World) -> None:
    rooms.put("bridge", RoomId(ROOM), [MatrixId(INES)])
    world.token("read", room=ROOM)
    assert "Ines Benali" not in words_of(browser(world.camille).get("/account/uses/"))


def test_one_sees_ones_own_uses_a_page_at_a_time(world: World) -> None:
    for _ in range(51):
        world.token("read")
    here = browser(world.camille)
    assert "Page 1 of 2" in words_of(here.get("/account/uses/"))
    assert len(here.get("/account/uses/?page=2").context["lines"]) == 1
    assert "Nothing yet." in words_of(browser(world.ines).get("/account/uses/"))
    assert Client().get("/account/uses/").status_code == 302


def test_titles_and_room_ids_are_text(world: World) -> None:
    tree.rename_item(world.camille, world.folder, "<script>alert(1)</script>")
    world.token("read", resource=world.folder.pk, room="!<b>:hub.test")
    page = browser(world.camille).get("/account/uses/").content.decode()
    assert "<script>alert" not in page
    assert "!<b>" not in page


def test_every_act_and_every_refusal_has_words() -> None:
    assert set(words.ACTS) == set(Act)
    assert set(words.USES) == set(Use.What.values)
    assert set(_MISUSES) - {"unknown_token"} <= set(words.REFUSALS)
    assert words.service("") == "Une application inconnue"
    assert words.service("other") == "other"
