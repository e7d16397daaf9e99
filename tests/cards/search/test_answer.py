"""The answer to a search says what it should, and nothing that its authors smuggle in."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import UUID

import pytest

from cards.message import Message
from cards.search.answer import for_asker, for_asker_only, for_room
from contract.answers import Hit
from contract.ids import ItemId
from contract.resources import Kind

URL = "http://127.0.0.1:8400"
ID = ItemId(UUID("01890000-0000-7000-8000-000000000001"))


def hit(
    title: str = "Note de cadrage", excerpt: str = "la <mark>note</mark> &amp; le plan", url: str = f"{URL}/docs/x/"
) -> Hit:
    return Hit(ID, Kind.DOCUMENT, title, excerpt, url, datetime(2026, 11, 23, tzinfo=UTC))


def test_a_result_has_a_title_an_excerpt_and_a_link() -> None:
    answer = for_asker([hit()], 1, "note", URL, "fr")
    assert answer.body == (
        "1 résultat pour «\u00a0note\u00a0»\u00a0:\n1. Note de cadrage (document)\n   la note & le plan\n   http://127.0.0.1:8400/docs/x/"
    )
    assert '<a href="http://127.0.0.1:8400/docs/x/">Note de cadrage</a> (document)' in answer.html
    assert "la <strong>note</strong> &amp; le plan" in answer.html


def test_a_room_is_told_that_everyone_may_read_it_and_where_the_others_are() -> None:
    answer = for_room([hit()], 7, "note & plan", URL, "en")
    assert answer.body.startswith("7 results that everyone here may read for “note & plan”:")
    assert answer.body.endswith("… and 6 more in the search: http://127.0.0.1:8400/search/?q=note+%26+plan")
    assert 'href="http://127.0.0.1:8400/search/?q=note+%26+plan"' in answer.html


def test_nothing_found_is_said_in_words() -> None:
    assert for_room([], 0, "x<y", URL, "fr").body == (
        "Rien que tout le monde ici puisse lire ne répond à «\u00a0x<y\u00a0»."
    )
    assert "x&lt;y" in for_room([], 0, "x<y", URL, "fr").html
    assert for_asker([], 0, "{words}", URL, "en").body == "I found nothing for “{words}”."


def test_the_asker_alone_is_told_how_many_more_there_are() -> None:
    assert for_asker_only([hit()], 3, "x", URL, "en").body.startswith("For you alone, 3 more results for “x”:")


def test_what_is_for_the_asker_alone_but_too_far_down_is_in_the_search() -> None:
    answer = for_asker_only([], 2, "x", URL, "en")
    assert answer.body == (
        "For you alone, 2 more results for “x”:\nThe search has them all: http://127.0.0.1:8400/search/?q=x"
    )
    assert "<ol>" not in answer.html


def test_titles_and_excerpts_cannot_carry_markup_or_turn_the_text_around() -> None:
    evil = hit(
        "<img src=x>\u202eexe.fdp\nsecond", "</li><script>&lt;b&gt; <mark>a<i>b</mark>\x07", "javascript:alert(1)"
    )
    answer = for_asker([evil], 1, "x", URL, "fr")
    for text in (answer.body, answer.html):
        assert "\u202e" not in text
        assert "\x07" not in text
        assert "javascript:" not in text
    assert "&lt;img src=x&gt;exe.fdp second" in answer.html
    assert "&lt;/li&gt;&lt;script&gt;&lt;b&gt;" in answer.html
    assert "<strong>a&lt;i&gt;b</strong>" in answer.html


def test_what_is_written_from_right_to_left_turns_nothing_around_it() -> None:
    answer = for_asker([hit("ميزانية 2027")], 1, "ميزانية", URL, "fr")
    for text in (answer.body, answer.html):
        assert "\u2068ميزانية 2027\u2069" in text
        assert "«\u00a0\u2068ميزانية\u2069\u00a0»" in text


@pytest.mark.parametrize(
    "answer",
    [
        for_room([hit()], 7, "note", URL, "fr"),
        for_room([], 0, "note", URL, "fr"),
        for_asker([hit()], 7, "note", URL, "fr"),
        for_asker([], 0, "note", URL, "fr"),
        for_asker_only([hit()], 7, "note", URL, "fr"),
    ],
)
def test_french_is_set_with_the_spaces_that_do_not_break(answer: Message) -> None:
    assert re.findall(r"[ \w][:;?!»](?=\s|$)|« ?(?!\u00a0)", answer.body) == []


def test_a_link_cannot_leave_its_attribute() -> None:
    assert 'href="http://x/&quot;onclick=&quot;' in for_asker([hit(url='http://x/"onclick="')], 1, "x", URL, "fr").html


def test_long_titles_and_excerpts_are_cut() -> None:
    answer = for_asker([hit("t" * 500, "e" * 5000)], 1, "x", URL, "fr")
    assert len(answer.body) < 600
    assert "t…" in answer.body
