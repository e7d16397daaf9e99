"""What is said of links, of offers and of who may read."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from cards import Language, Message, access, answers, links, offers
from cards.access import Access
from cards.offers import Choice
from contract.answers import CardFacts
from contract.ids import ItemId
from contract.resources import Kind, Resource

ITEM = ItemId(UUID("0192f0c8-0000-7000-8000-000000000001"))
URL = f"http://127.0.0.1:8400/docs/{ITEM}/"
CAMILLE, INES = "@camille.martin:interieur.gouv.test", "@ines.benali:culture.gouv.test"
FACTS = CardFacts(Kind.DOCUMENT, "Note", folder="Dossier")

ANSWERS: list[Callable[[Language], Message]] = [
    lambda language: links.linked(Resource(Kind.DOCUMENT, ITEM), FACTS, URL, language),
    lambda language: links.hidden(None, language),
    lambda language: links.hidden(1, language),
    lambda language: links.hidden(3, language),
    lambda language: offers.offer("Note", URL, "!room:hub.test", 1, language),
    lambda language: offers.offer("Note", URL, "!room:hub.test", 4, language),
    *(lambda language, choice=choice: offers.given(choice, language) for choice in Choice),  # type: ignore[misc]
    lambda language: offers.not_allowed("http://127.0.0.1:8400/account/", language),
    offers.over,
    lambda language: access.access([Access("Note", URL, {CAMILLE: "owner"}, [INES])], language),
    lambda language: access.access([Access(None, URL, {CAMILLE: "reader"}, [INES])], language),
    answers.upgraded,
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_every_one_is_in_both_languages(answer: Callable[[Language], Message]) -> None:
    french, english = answer("fr"), answer("en")
    assert french != english
    for message in (french, english):
        assert message.html.startswith("<p>")
        assert "{" not in message.body


def test_a_link_of_a_title_that_is_html_is_shown_as_it_is() -> None:
    facts = CardFacts(Kind.DOCUMENT, "<b>x</b>\u202e")
    said = links.linked(Resource(Kind.DOCUMENT, ITEM), facts, URL, "en")
    assert "<b>" not in said.html
    assert "\u202e" not in said.body
    assert said.body.splitlines() == ["📄 <b>x</b>", "Document", URL]


@pytest.mark.parametrize(
    ("key", "choice"), [("👁️", Choice.READER), ("👁", Choice.READER), ("❌", Choice.NO), ("x", None)]
)
def test_a_reaction_is_read_with_and_without_its_variant(key: str, choice: Choice | None) -> None:
    assert Choice.of(key) is choice


def test_where_not_all_may_read_no_address_is_told() -> None:
    said = access.access([Access(None, URL, {}, [INES])], "en")
    assert URL not in said.body + said.html


def test_of_a_crowd_some_are_named_and_the_others_counted() -> None:
    crowd = {f"@agent{number:02}:culture.gouv.test": "reader" for number in range(15)}
    body = access.access([Access("Note", URL, crowd, [])], "en").body
    assert "@agent09" in body
    assert "@agent10" not in body
    assert "5 more" in body


def test_as_much_of_a_long_list_is_said_as_a_message_carries() -> None:
    many = [Access("x" * 120, URL, {CAMILLE: "owner"}, [INES]) for _ in range(300)]
    said = access.access(many, "fr")
    assert len(said.body) + len(said.html) < 40_000
    assert said.body.splitlines()[-1].startswith("• … et ")
