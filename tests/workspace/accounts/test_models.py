"""What is known of a person."""

from __future__ import annotations

import pytest
from django.utils import translation

from workspace.accounts.models import User


@pytest.mark.parametrize(("language", "word"), [("en", "someone"), ("fr", "quelqu’un")])
def test_a_person_of_whom_nothing_is_known_has_a_name_in_the_language_of_whoever_asks(language: str, word: str) -> None:
    person = User(sub="sub")
    with translation.override(language):
        assert str(person) == person.name == person.get_full_name() == word
        assert type(person.name) is str
