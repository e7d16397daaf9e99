"""What the bridge answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from cards import Language, Message, answers, options, spaces
from cards.answers import BoundItem
from contract.options import ROOM_OPTIONS, PersonOptions, RoomOptions

URL = "http://127.0.0.1:8400/docs/0192f0c8-0000-7000-8000-000000000001/"
WHEN = datetime(2026, 11, 23, tzinfo=UTC)

ANSWERS: list[Callable[[Language], Message]] = [
    answers.help_text,
    answers.welcome,
    lambda language: answers.link_offer("http://127.0.0.1:8400/link/secret/", 15, "@ines:culture.gouv.test", language),
    answers.look_in_direct,
    answers.cannot_whisper,
    answers.already_linked,
    answers.unlinked,
    answers.not_linked,
    lambda language: answers.bound("Note", URL, language),
    lambda language: answers.bound("Note", URL, language, talks=False),
    lambda language: answers.bound(None, URL, language),
    answers.already_bound,
    answers.unbound,
    answers.no_bindings,
    lambda language: answers.bindings([BoundItem("Note", URL, "@ines:culture.gouv.test", WHEN)], language),
    lambda language: answers.bindings([BoundItem("Note", URL, None, WHEN, by_space=True)], language),
    lambda language: answers.bindings([BoundItem(None, URL, "@ines:culture.gouv.test", WHEN, True)], language),
    answers.language_set,
    spaces.welcome,
    lambda language: spaces.bound("Note", URL, language),
    lambda language: spaces.bound(None, URL, language),
    spaces.already_bound,
    spaces.unbound,
    spaces.not_bound,
    lambda language: spaces.which([], language),
    lambda language: spaces.which(["!a", "!b"], language),
    spaces.switched_off,
    lambda language: spaces.only_by_space(URL, language),
    lambda language: spaces.still_by_space(URL, language),
    lambda language: spaces.rooms_wait(1, language),
    lambda language: spaces.rooms_wait(7, language),
    lambda language: answers.unknown_command("lnk", "link", language),
    lambda language: answers.unknown_command("xyz", None, language),
    lambda language: answers.usage("bind", language),
    answers.not_there,
    lambda language: answers.not_our_link("http://127.0.0.1:8400", language),
    lambda language: answers.refused_unencrypted("!room", language),
    answers.cleartext_ignored,
    answers.unknown_device,
    answers.untrusted_device,
    answers.unreadable,
    answers.try_again,
    lambda language: options.room_settings(RoomOptions(), "fr", None, language),
    lambda language: options.person_settings(PersonOptions(), "fr", None, language),
    lambda language: options.setting_set("threads", True, language),
    lambda language: options.setting_set("binding", "binders", language),
    lambda language: options.setting_usage("threads", language),
    lambda language: options.unknown_setting("thread", "threads", language),
    lambda language: options.unknown_setting("42", None, language),
    lambda language: options.setting_elsewhere("threads", True, language),
    lambda language: options.setting_elsewhere("mentions", False, language),
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_every_answer_is_in_both_languages(answer: Callable[[Language], Message]) -> None:
    french, english = answer("fr"), answer("en")
    assert french != english
    for message in (french, english):
        assert message.html.startswith("<p>")
        assert "{" not in message.body


def test_the_help_names_every_command_once() -> None:
    body = answers.help_text("fr").body
    for command in ("link", "unlink", "bind", "unbind", "bindings", "settings", "language", "help"):
        assert f"!parvis {command}" in body


def test_what_not_everybody_may_read_is_listed_without_title_and_address() -> None:
    message = answers.bindings([BoundItem(None, URL, "@ines:culture.gouv.test", WHEN)], "fr")
    assert URL not in message.body + message.html
    assert "un élément auquel certaines personnes ici n’ont pas accès (depuis le 23/11/2026" in message.body
    english = answers.bindings([BoundItem(None, URL, "@ines:culture.gouv.test", WHEN)], "en")
    assert "something that some people here have no access to (since 23 November 2026" in english.body


@pytest.mark.parametrize("name", ["Note", '“"<&>' * 60, "🙂" * 200, "é" * 500])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_list_that_one_message_does_not_carry_says_how_many_more_there_are(name: str, language: Language) -> None:
    items = [BoundItem(name, URL, "@ines.benali-" + "x" * 60 + ":culture.gouv.test", WHEN)] * 100
    message = answers.bindings(items, language)
    assert len(json.dumps([message.body, message.html])) < 35_000
    shown = message.body.count(URL)
    assert shown > 5
    assert message.html.count("<li>") == shown + 1
    assert message.body.endswith(f"… et {100 - shown} autres" if language == "fr" else f"… and {100 - shown} more")


def test_a_list_that_one_message_carries_is_whole() -> None:
    message = answers.bindings([BoundItem("Note", URL, "@ines:culture.gouv.test", WHEN)] * 20, "fr")
    assert message.body.count(URL) == 20
    assert "autre" not in message.body


def test_the_welcome_says_what_can_be_read_what_is_kept_and_how_to_end_it() -> None:
    french, english = answers.welcome("fr").body, answers.welcome("en").body
    assert "je peux lire ce qui s’écrit ici" in french
    assert "je ne garde rien de ce que vous dites" in french
    assert "Retirez-moi" in french
    assert "I can read what is written here" in english
    assert "I keep nothing of what you say" in english
    assert "Remove me" in english


@pytest.mark.parametrize("answer", ANSWERS)
def test_french_is_set_with_the_spaces_that_do_not_break(answer: Callable[[Language], Message]) -> None:
    assert re.findall(r"[ \w][:;?!»](?=\s|$)|« ?(?!\u00a0)", answer("fr").body) == []


@pytest.mark.parametrize("answer", ANSWERS)
def test_english_has_no_french_spaces_and_quotes(answer: Callable[[Language], Message]) -> None:
    assert not set("«»\u00a0") & set(answer("en").body)


def test_what_somebody_wrote_is_said_back_harmless_and_short() -> None:
    message = answers.unknown_command("<b>\u202e" + "x" * 100, None, "fr")
    assert "&lt;b&gt;" in message.html
    assert "\u202e" not in message.body
    assert len(message.body) < 150


@pytest.mark.parametrize("language", ["fr", "en"])
def test_settings_are_all_told_with_how_to_change_each(language: Language) -> None:
    body = options.room_settings(RoomOptions(threads=True), "fr", None, language).body
    for name in ROOM_OPTIONS:
        assert f"• {name} = " in body
        assert f"!parvis settings {name} " in body
    assert f"!parvis settings threads {'non' if language == 'fr' else 'off'}" in body
    assert options.room_settings(RoomOptions(), "fr", "keep", language).body.count("•") == 1


def test_usage_names_what_is_wanted() -> None:
    assert answers.usage("bind", "fr").body == "Écrivez\u00a0: !parvis bind <adresse>"
    assert "!parvis bind &lt;address&gt;" in answers.usage("bind", "en").html


def test_what_the_workspace_says_is_text() -> None:
    assert answers.server_said("<script>").html == "<p>&lt;script&gt;</p>"


def test_one_room_that_waits_has_its_own_settings_and_several_theirs() -> None:
    one, many = (spaces.rooms_wait(count, "en").body for count in (1, 7))
    assert "A room that the space names" in one
    assert "somebody who manages its settings. Ask" in one
    assert "7 rooms that the space names" in many
    assert "somebody who manages their settings. Ask" in many
