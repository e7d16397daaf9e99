"""Titles as people may give them."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from workspace.sharing import titles

FAMILY = "👩\u200d👧 ❤\ufe0f"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  Plan  de\tsobriété\n", "Plan de sobriété"),
        ("rapport\u202efdp.exe", "rapportfdp.exe"),
        ("e\u0301te\u0301", "été"),
        (FAMILY, FAMILY),
        ("한글 \u3164 가", "한글 \u3164 가"),
    ],
)
def test_a_title_is_one_line_without_what_changes_how_it_is_read(given: str, kept: str) -> None:
    assert titles.clean(given) == kept


@pytest.mark.parametrize(
    "given",
    ["", " \n", "\u200d", "\u3164", "\u2800", "\u034f", "\ufe0f", "\u115f\u1160", "\uffa0 \u2800", "\U000e0101"],
    ids=ascii,
)
def test_a_title_that_shows_nothing_is_none(given: str) -> None:
    with pytest.raises(ValidationError) as refused:
        titles.clean(given)
    assert refused.value.code == "title_empty"


def test_a_title_that_is_too_long_is_refused() -> None:
    assert len(titles.clean("a" * 255)) == 255
    with pytest.raises(ValidationError) as refused:
        titles.clean("a" * 256)
    assert refused.value.code == "title_too_long"
