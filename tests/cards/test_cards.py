"""What cards say, and what they must not."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards import Card, Happening, Language, render, render_bare
from cards.file import size
from contract.answers import CardFacts
from contract.events import EventType
from contract.ids import ItemId
from contract.resources import Kind, Resource

URL = "http://127.0.0.1:8400/docs/0192f0c8-0000-7000-8000-000000000001/"
ID = ItemId(UUID("0192f0c8-0000-7000-8000-000000000001"))
AT = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
SPOKEN = [type_ for type_ in EventType if type_.name.startswith(("DOCUMENT_", "FILE_", "FOLDER_"))]


def kind_of(type_: EventType) -> Kind:
    return Kind(type_.name.split("_")[0].lower())


def card(
    *types: EventType,
    title: str = "Note de cadrage",
    actors: tuple[str | None, ...] = ("Inès Benali",),
    **facts: object,
) -> Card:
    kind = kind_of(types[0])
    happenings = tuple(
        Happening(type_, actors[number % len(actors)], AT + timedelta(minutes=number))
        for number, type_ in enumerate(types)
    )
    return Card(Resource(kind, ID), CardFacts(kind, title, **facts), URL, happenings)  # type: ignore[arg-type]


def test_a_card_says_who_did_what_and_links_to_it() -> None:
    message = render(card(EventType.DOCUMENT_UPDATED), "fr")
    assert message.body == f"📄 Note de cadrage\nInès Benali a modifié ce document\n{URL}"
    assert message.html == (
        f'<p>📄 <strong><a href="{URL}">Note de cadrage</a></strong></p><p>Inès Benali a modifié ce document</p>'
    )


def test_a_card_of_a_file_says_its_type_size_and_folder() -> None:
    shown = card(EventType.FILE_UPLOADED, media_type="application/pdf", size=12_340, folder="Budget")
    assert (
        "Inès Benali a déposé ce fichier · PDF · 12,3\u00a0ko · dans «\u00a0Budget\u00a0»" in render(shown, "fr").body
    )
    assert "Inès Benali added this file · PDF · 12.3\u00a0kB · in “Budget”" in render(shown, "en").body


def test_several_updates_are_counted_with_everybody_who_made_them() -> None:
    three = card(*[EventType.DOCUMENT_UPDATED] * 3, actors=("Inès Benali", "Louis Petit"))
    assert "3 modifications par Inès Benali et Louis Petit" in render(three, "fr").body
    assert "3 changes by Inès Benali and Louis Petit" in render(three, "en").body
    crowd = card(*[EventType.DOCUMENT_UPDATED] * 5, actors=("A", "B", "C", "D", "E"))
    assert "5 changes by A, B, C and 2 more" in render(crowd, "en").body


def test_a_card_without_a_known_actor_says_what_happened() -> None:
    assert "Document modifié" in render(card(EventType.DOCUMENT_UPDATED, actors=(None,)), "fr").body


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("type_", SPOKEN)
def test_everything_that_is_spoken_of_has_words_in_both_languages(type_: EventType, language: Language) -> None:
    for message in (render(card(type_), language), render_bare(kind_of(type_), 2, type_, language)):
        assert "{" not in message.body
        assert message.body.strip()
    assert render(card(type_), "fr") != render(card(type_), "en")


def test_a_card_is_not_made_of_what_does_not_happen_to_its_kind() -> None:
    wrong = card(EventType.DOCUMENT_UPDATED)
    with pytest.raises(ValueError, match="does not happen to a file"):
        render(Card(Resource(Kind.FILE, ID), wrong.facts, URL, wrong.happenings), "fr")


@pytest.mark.parametrize("type_", SPOKEN)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_bare_card_has_neither_link_nor_id(type_: EventType, language: Language) -> None:
    message = render_bare(kind_of(type_), 3, type_, language)
    for text in (message.body, message.html):
        assert "http" not in text
        assert "href" not in text
        assert str(ID) not in text


def test_a_bare_card_counts_people_properly() -> None:
    one, many = (render_bare(Kind.FILE, n, EventType.FILE_UPDATED, "fr").body for n in (1, 2))
    assert "1 membre du salon n’y a pas accès" in one
    assert "2 membres du salon n’y ont pas accès" in many
    gone = render_bare(Kind.FILE, 0, EventType.FILE_UPDATED, "en").body
    assert gone == "🔒 A file that this room follows was changed. It is not available any more."


@given(title=st.text(max_size=300), actor=st.text(max_size=300), folder=st.text(max_size=300))
def test_no_title_or_name_breaks_out_of_its_line(title: str, actor: str, folder: str) -> None:
    message = render(card(EventType.DOCUMENT_UPDATED, title=title, actors=(actor,), folder=folder), "fr")
    assert message.body.count("\n") == 2
    assert message.html.count("<") == message.html.count(">") == 8
    hidden = [
        char
        for char in message.body
        if unicodedata.category(char) in ("Cc", "Cf", "Cs") and char not in "\n\u2068\u2069"
    ]
    assert hidden == []
    assert message.body.count("\u2068") == message.body.count("\u2069")


def test_a_title_with_markup_or_direction_marks_is_shown_as_text() -> None:
    message = render(card(EventType.DOCUMENT_CREATED, title="<b>x</b>\u202egpj.exe\n@room"), "fr")
    assert "&lt;b&gt;x&lt;/b&gt;gpj.exe @room" in message.html
    assert "\u202e" not in message.body + message.html


def test_a_title_from_right_to_left_does_not_turn_what_follows() -> None:
    assert "📄 \u2068שלום\u2069\n" in render(card(EventType.DOCUMENT_CREATED, title="שלום"), "fr").body


@pytest.mark.parametrize(
    ("count", "french", "english"),
    [
        (0, "0 octet", "0 byte"),
        (1, "1 octet", "1 byte"),
        (999, "999 octets", "999 bytes"),
        (1000, "1 ko", "1 kB"),
        (999_960, "1 Mo", "1 MB"),
        (3_250_000_000, "3,2 Go", "3.2 GB"),
    ],
)
def test_sizes_are_written_as_people_write_them(count: int, french: str, english: str) -> None:
    assert size(count, "fr").replace("\u00a0", " ") == french
    assert size(count, "en").replace("\u00a0", " ") == english
