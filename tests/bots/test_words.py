"""What the bots say beside their results: typography, and honesty."""

from __future__ import annotations

import re

import pytest

from bots.find import words as find_words
from bots.framework import words as framework_words

ALL = {**framework_words.WORDS, **find_words.WORDS, "help": find_words.HELP}


@pytest.mark.parametrize("word", ALL)
def test_french_is_set_with_the_spaces_that_do_not_break(word: str) -> None:
    assert re.findall(r"[ \w][:;?!»](?=\s|$)|« ?(?!\u00a0)", ALL[word]["fr"]) == []


@pytest.mark.parametrize("word", ALL)
def test_english_has_no_french_spaces_and_quotes(word: str) -> None:
    assert not set("«»\u00a0") & set(ALL[word]["en"])


def test_the_hello_says_what_can_be_read_what_is_kept_and_how_to_end_it() -> None:
    french, english = (framework_words.say("hello", language, help="!find").plain for language in ("fr", "en"))
    assert "je peux lire ce qui s’écrit ici" in french
    assert "je ne garde rien de ce que vous dites" in french
    assert "Retirez-moi" in french
    assert "I can read what is written here" in english
    assert "keep nothing of what you say" in english
    assert "Remove me" in english
