"""What is said of files."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from cards import Language, Message, files

URL = "http://127.0.0.1:8400/drive/0192f0c8-0000-7000-8000-000000000001/"

WORDS: list[Callable[[Language], Message]] = [
    lambda language: files.saved("budget.pdf", URL, language),
    lambda language: files.saved("budget.pdf", URL, language, before=True),
    lambda language: files.saved(None, URL, language),
    lambda language: files.saved(None, URL, language, before=True),
    files.no_folder,
    files.no_attachment,
    files.not_proved,
    files.empty,
    files.nameless,
    files.damaged,
    files.mistyped,
    lambda language: files.too_large(None, language),
    lambda language: files.too_large(100 << 20, language),
    files.server_away,
    files.server_waits,
    files.gone,
    files.did_not_work,
    lambda language: files.save_not_allowed(URL, language),
    lambda language: files.read_not_allowed(URL, language),
    lambda language: files.some_cannot(1, language),
    lambda language: files.some_cannot(3, language),
    files.not_a_file,
    files.nothing_to_open,
    files.not_from_here,
    files.key_gone,
    files.not_sealed,
    files.none_found,
    lambda language: files.only_yours("budget", language),
    lambda language: files.which([("budget.pdf", URL), ("budget 2.pdf", URL)], language),
    lambda language: files.usage("save", language),
    lambda language: files.usage("send", language),
    lambda language: files.unknown("sned", "send", language),
    lambda language: files.unknown("42", None, language),
    files.commands,
]


@pytest.mark.parametrize("words", WORDS)
def test_all_is_said_in_both_languages(words: Callable[[Language], Message]) -> None:
    french, english = words("fr"), words("en")
    assert french != english
    for message in (french, english):
        assert message.html.startswith("<p>")
        assert "{" not in message.body
    assert re.findall(r"[ \w][:;?!»](?=\s|$)|« ?(?!\u00a0)", french.body) == []
    assert not set("«»\u00a0") & set(english.body)


@pytest.mark.parametrize("name", ["<b>x</b>", "\u202efdp.exe", "a\nb", '"&'])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_name_is_harmless(name: str, language: Language) -> None:
    for message in (files.saved(name, URL, language), files.which([(name, URL)] * 2, language)):
        assert "<b>" not in message.html
        assert "\u202e" not in message.body + message.html
        assert "a\nb" not in message.body
    assert "<b>" not in files.unknown(name, None, language).html
    assert "<b>" not in files.only_yours(name, language).html


def test_what_not_all_may_read_has_no_title() -> None:
    assert URL in files.saved(None, URL, "fr").body
    assert "n’y ont pas accès" in files.saved(None, URL, "fr").body


def test_a_limit_is_said_in_what_people_count_in() -> None:
    assert "100 Mio" in files.too_large(100 << 20, "fr").body
    assert "100 MiB" in files.too_large(100 << 20, "en").body
