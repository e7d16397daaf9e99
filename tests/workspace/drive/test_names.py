"""Names of files."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workspace.drive.names import attachment, beginning, free


@pytest.mark.parametrize(
    ("name", "taken", "kept"),
    [
        ("note.pdf", [], "note.pdf"),
        ("note.pdf", ["note.pdf"], "note (2).pdf"),
        ("note.pdf", ["NOTE.PDF", "note (2).pdf"], "note (3).pdf"),
        ("sans ending", ["sans ending"], "sans ending (2)"),
        (".profil", [".profil"], ".profil (2)"),
        ("v1. une phrase entière", ["v1. une phrase entière"], "v1. une phrase entière (2)"),
    ],
)
def test_both_are_kept_where_two_have_the_same_name(name: str, taken: list[str], kept: str) -> None:
    assert free(name, taken) == kept


def test_a_name_stays_within_its_length() -> None:
    long = "a" * 251 + ".pdf"
    assert free(long, [long]) == "a" * 247 + " (2).pdf"


def test_a_plain_name_is_sent_plainly_and_another_is_encoded() -> None:
    assert attachment("note.pdf") == 'attachment; filename="note.pdf"'
    assert attachment("été.pdf") == "attachment; filename*=utf-8''%C3%A9t%C3%A9.pdf"


@given(st.text(max_size=60))
def test_no_name_ends_the_header_or_leaves_the_folder(name: str) -> None:
    header = attachment(name)
    assert header.startswith("attachment")
    assert header.isascii()
    assert not set(header) & {"\r", "\n", "\x00"}
    assert "/" not in header


ASCII = st.text(st.characters(max_codepoint=0x7E, min_codepoint=0x20), min_size=1, max_size=260)


@given(ASCII, st.sampled_from([str, str.upper, str.lower]))
def test_what_stands_in_the_way_of_a_name_begins_as_is_said(name: str, cased: Callable[[str], str]) -> None:
    name = name[:255]
    taken: list[str] = []
    for _ in range(3):
        taken.append(cased(free(name, taken)))
    assert all(one.lower().startswith(beginning(name).lower()) for one in taken)


def test_beyond_ascii_a_database_may_not_know_the_case_of_a_letter() -> None:
    assert beginning("relevé.pdf") == "relev"
    assert beginning("Été.pdf") == ""
