"""What the card that counts says, and what it must not."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards import Flood, Language, render_bare_flood, render_flood
from contract.events import EventType
from contract.resources import Kind
from tests.cards.test_cards import SPOKEN, kind_of

URL = "http://127.0.0.1:8400/drive/0192f0c8-0000-7000-8000-00000000000"


def flood(count: int = 12, **fields: object) -> Flood:
    values: dict[str, object] = {
        "kind": Kind.FILE,
        "happened": EventType.FILE_UPLOADED,
        "count": count,
        "actor": "Inès Benali",
        "folder": ("Budget", f"{URL}0/"),
        "items": (("a.pdf", f"{URL}1/"), ("b.pdf", f"{URL}2/")),
    }
    return Flood(**values | fields)  # type: ignore[arg-type]


def test_it_says_how_many_where_by_whom_and_the_first_titles() -> None:
    assert render_flood(flood(), "fr").body == (
        f"📎 Inès Benali a déposé 12 fichiers dans «\u00a0Budget\u00a0»\n{URL}0/\n"
        f"• a.pdf\n  {URL}1/\n• b.pdf\n  {URL}2/\n• et 10 autres"
    )
    english = render_flood(flood(3), "en")
    assert english.body.startswith("📎 Inès Benali added 3 files to “Budget”\n")
    assert english.body.endswith("• and 1 more")
    assert english.html == (
        f'<p>📎 Inès Benali added 3 files to “<strong><a href="{URL}0/">Budget</a></strong>”</p>'
        f'<ul><li><a href="{URL}1/">a.pdf</a></li><li><a href="{URL}2/">b.pdf</a></li><li>and 1 more</li></ul>'
    )


def test_what_is_all_named_has_no_rest() -> None:
    assert render_flood(flood(2), "fr").body.endswith(f"• b.pdf\n  {URL}2/")


def test_without_a_folder_and_titles_to_show_it_counts() -> None:
    message = render_flood(flood(folder=None, actor=None, items=()), "fr")
    assert (message.body, message.html) == ("📎 12 fichiers déposés", "<p>📎 12 fichiers déposés</p>")


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("type_", SPOKEN)
def test_everything_that_is_spoken_of_has_words_in_both_languages(type_: EventType, language: Language) -> None:
    kind = kind_of(type_)
    said = [render_flood(flood(kind=kind, happened=type_, actor=actor), language) for actor in ("Inès", None)]
    for message in (*said, render_bare_flood(kind, 12, 2, type_, language)):
        assert "{" not in message.body
        assert "12" in message.body


@pytest.mark.parametrize("type_", SPOKEN)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_bare_one_has_neither_link_nor_name(type_: EventType, language: Language) -> None:
    message = render_bare_flood(kind_of(type_), 12, 3, type_, language)
    for text in (message.body, message.html):
        assert "http" not in text
        assert "href" not in text


def test_a_bare_one_counts_people_properly() -> None:
    type_ = EventType.FILE_UPLOADED
    one, many = (render_bare_flood(Kind.FILE, 12, cannot, type_, "fr").body for cannot in (1, 2))
    assert one == (
        "🔒 12 fichiers que ce salon suit ont été déposés. "
        "1 membre du salon n’y a pas accès\u00a0: je n’en montre rien."
    )
    assert "2 membres du salon n’y ont pas accès" in many
    gone = render_bare_flood(Kind.FILE, 12, 0, type_, "en").body
    assert gone == "🔒 12 files that this room follows were added. They are not available any more."


@given(title=st.text(max_size=300), actor=st.text(min_size=1, max_size=300), folder=st.text(max_size=300))
def test_no_title_or_name_breaks_out_of_its_line(title: str, actor: str, folder: str) -> None:
    message = render_flood(flood(actor=actor, folder=(folder, f"{URL}0/"), items=((title, f"{URL}1/"),)), "fr")
    assert message.body.count("\n") == 4
    assert message.html.count("<") == message.html.count(">") == 14
    hidden = [
        char
        for char in message.body
        if unicodedata.category(char) in ("Cc", "Cf", "Cs") and char not in "\n\u2068\u2069"
    ]
    assert hidden == []
    assert message.body.count("\u2068") == message.body.count("\u2069")
