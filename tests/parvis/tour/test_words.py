"""The tour looks for a word that the index has, whatever a file is called."""

from __future__ import annotations

import unicodedata

import pytest

from parvis.tour.words import worth_looking_for


@pytest.mark.parametrize(
    ("title", "first"),
    [
        ("note-sobriete.pdf", "sobriete"),
        ("facture2024.pdf", "facture2024"),
        ("IMG20240101.pdf", "img20240101"),
        ("élève2.md", "élève2"),
        (unicodedata.normalize("NFD", "été à Évian.md"), "évian"),
        ("2024.pdf", "2024"),
        ("12 mars.md", "mars"),
        ("l’ordre du jour.pdf", "ordre"),
        ("sans extension", "extension"),
        ("V1.2 finale", "finale"),
    ],
)
def test_the_most_telling_word_comes_first_and_is_whole(title: str, first: str) -> None:
    assert worth_looking_for(title)[0] == first


@pytest.mark.parametrize(
    "title", ["aide.pdf", "help.md", "1.md", "a.md", "-12.md", "#.md", ".md", "--", f"{'é' * 40}.md"]
)
def test_where_no_word_can_be_looked_for_there_is_none(title: str) -> None:
    assert worth_looking_for(title) == []
