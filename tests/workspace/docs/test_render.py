"""Markdown becomes safe HTML, and no text makes it cost what it likes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workspace.docs.render import plain_text, render

MEBIBYTE = 1 << 20


def test_ordinary_markdown_is_rendered() -> None:
    html = render("# Réunion\n\nLe **budget** et ~~rien~~.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n1. un\n").html
    for piece in ("<h1>Réunion</h1>", "<strong>budget</strong>", "<s>rien</s>", "<td>1</td>", "<ol>\n<li>un</li>"):
        assert piece in html


@pytest.mark.parametrize(
    "written",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt&#58;alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](javascript:alert(1))",
        "[x](vbscript:x)",
        '[x](http://a.test "onmouseover=alert(1)")',
        "<javascript:alert(1)>",
        "![x](http://track.test/pixel.png)",
        '```"><script>alert(1)</script>\ncode\n```',
        "[x]: javascript:alert(1)\n\n[x]",
    ],
)
def test_nothing_that_runs_or_loads_gets_through(written: str) -> None:
    html = render(written).html.lower()
    for bad in ("<script", "<img", 'href="javascript', 'href="data', 'href="vbscript', " onmouseover=", " onerror="):
        assert bad not in html.replace("&lt;img src=x onerror=alert(1)&gt;", "")


def test_a_link_does_not_tell_where_it_was_clicked() -> None:
    assert 'rel="noopener noreferrer nofollow"' in render("[x](https://a.test)").html


def test_an_image_is_a_link_because_loading_it_would_tell_who_reads() -> None:
    assert '<a href="https://a.test/p.png"' in render("![plan](https://a.test/p.png)").html


BOMBS = {
    "brackets": "[",
    "links": "[a](",
    "images": "![",
    "stars": "*a **b ",
    "emphasis": "***a",
    "underscores": "_a_b",
    "ampersands": "&",
    "angles": "<",
    "entities": "&#1;",
    "quotes": "> > > > > > - - - 1. a\n",
    "deep quotes": ">" * 500 + " a\n",
    "bullets": "- a\n",
    "references": "[a]: b\n",
    "backticks": "` `` ",
    "links to itself": "[a][a] ",
    "escapes": "\\[",
    "strikes": "~~a ",
    "runs of stars": "*" * 99 + "a ",
}


#: These take so long with coverage that they are played in `make test-long`.
SLOW = frozenset({"brackets", "images", "quotes"})


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.long if name in SLOW else ()) for name in BOMBS])
def test_a_markdown_bomb_is_shown_as_it_was_written_or_rendered_within_bounds(name: str) -> None:
    text = (BOMBS[name] * MEBIBYTE)[:MEBIBYTE]
    rendered = render(text)
    assert len(rendered.html) <= 6 * MEBIBYTE
    if rendered.plain:
        assert rendered.html.startswith('<pre tabindex="0">')


@pytest.mark.parametrize("mark", "*_~")
def test_marks_in_a_row_count_as_what_they_cost_the_parser(mark: str) -> None:
    half = mark * 400_000
    assert render(f"a {half}a{half}").plain
    assert not render(f"a {mark * 1_000}a{mark * 1_000}").plain


def test_the_keyboard_gets_to_what_scrolls_by_itself() -> None:
    html = render("```\nlong\n```\n\n| a |\n| - |\n| b |\n").html
    assert '<pre tabindex="0">' in html
    assert '<div tabindex="0"><table>' in html


def test_a_huge_table_is_shown_as_it_was_written() -> None:
    columns = 1000
    table = "|" + "a|" * columns + "\n|" + "-|" * columns + "\n" + "|\n" * 500_000
    assert render(table).plain


def test_deeply_nested_lists_do_not_exhaust_the_stack() -> None:
    text = "\n".join(" " * (2 * depth) + "- a" for depth in range(700))
    assert render(text).html


def test_a_long_ordinary_document_is_rendered() -> None:
    text = "Bonjour, voici **du gras** et [un lien](https://a.test/c).\n\n" * 10_000
    assert not render(text).plain


def test_plain_text_has_the_words_and_not_the_marks() -> None:
    written = "# Plan\n\nLe **budget** [2026](https://a.test)\nici.\n\n- un\n- deux\n\n"
    written += "| a | b |\n|---|---|\n| c | d |\n\n```\ncode\n```\n"
    assert plain_text(written).split() == [
        "Plan",
        "Le",
        "budget",
        "2026",
        "ici.",
        "un",
        "deux",
        "a",
        "b",
        "c",
        "d",
        "code",
    ]


def test_plain_text_of_a_bomb_is_the_text() -> None:
    bomb = "[" * MEBIBYTE
    assert plain_text(bomb) == bomb


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab<>[]()*_`~|-!#&;:\\\"' \n\t=/1."), max_size=300))
def test_whatever_is_written_the_html_has_only_what_is_allowed(text: str) -> None:
    html = render(text).html
    assert "<script" not in html
    assert "<img" not in html
    plain_text(text)
