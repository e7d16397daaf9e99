"""What is a command, and what a message is."""

from __future__ import annotations

from typing import Any

import pytest

from bots.framework.bot import Call
from bots.framework.commands import Commands
from bots.framework.message import Message, Relation, RoomEvent, without_quote
from bots.framework.text import Text, answering, transaction
from bots.framework.trust import Trust


async def nothing(call: Call) -> None:
    """Does nothing."""


@pytest.fixture
def commands() -> Commands:
    commands = Commands()
    commands.add("find", "cherche", "trouve", help={"fr": "!find mots", "en": "!find words"})(nothing)
    return commands


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("!find budget 2027", "budget 2027"),
        ("  !FIND   budget\t2027 ", "budget 2027"),
        ("!cherche l’été", "l’été"),
        ("!trouve\u00a0été", "été"),
        ("!find", ""),
        ("!find budget\nde la ville", "budget de la ville"),
        ("!find !find", "!find"),
    ],
)
def test_a_command_is_its_name_and_the_words_after_it(commands: Commands, body: str, words: str) -> None:
    parsed = commands.parse(body)
    assert parsed is not None
    assert (parsed.command.name, parsed.words) == ("find", words)


@pytest.mark.parametrize(
    "body", ["", "find budget", "!finding x", "!parvis help", "! find", "hello !find x", "!", "\n"]
)
def test_what_is_no_command_of_ours_is_none(commands: Commands, body: str) -> None:
    assert commands.parse(body) is None


def test_two_commands_cannot_have_one_name(commands: Commands) -> None:
    with pytest.raises(ValueError, match="Trouve"):
        commands.add("look", "Trouve", help={"en": ""})(nothing)


def test_help_is_in_the_askers_language_or_in_english(commands: Commands) -> None:
    assert commands.help("fr") == "!find mots"
    assert commands.help("de") == "!find words"


def event(content: dict[str, Any], *, history: bool = False, type_: str = "m.room.message") -> RoomEvent:
    return RoomEvent("!r", "$e", "@a:b", type_, content, 0, True, Trust.KNOWN_DEVICE, history)


def test_a_text_is_a_message() -> None:
    message = Message.of(event({"msgtype": "m.text", "body": "!find x"}), direct=True)
    assert message == Message("!r", "@a:b", "$e", "!find x", Trust.KNOWN_DEVICE, True)


@pytest.mark.parametrize(
    "content",
    [
        {"msgtype": "m.notice", "body": "!find x"},
        {"msgtype": "m.text"},
        {"msgtype": "m.text", "body": {"x": 1}},
        {"msgtype": "m.text", "body": "* !find x", "m.relates_to": {"rel_type": "m.replace", "event_id": "$o"}},
        {},
    ],
)
def test_notices_edits_and_nonsense_are_not_answered(content: dict[str, Any]) -> None:
    assert Message.of(event(content), direct=True) is None


def test_history_and_other_events_are_not_answered() -> None:
    content = {"msgtype": "m.text", "body": "!find x"}
    assert Message.of(event(content, history=True), direct=True) is None
    assert Message.of(event(content, type_="m.sticker"), direct=True) is None


def test_the_quote_of_an_older_client_is_left_out() -> None:
    assert without_quote("> <@b:c> hello\n> you\n\n!find x") == "!find x"
    assert without_quote("!find x\n> not a quote") == "!find x\n> not a quote"
    content = {
        "msgtype": "m.text",
        "body": "> <@b:c> hello\n\n!find x",
        "m.relates_to": {"m.in_reply_to": {"event_id": "$q"}},
    }
    message = Message.of(event(content), direct=False)
    assert message is not None
    assert (message.body, message.relation.reply_to) == ("!find x", "$q")


def test_an_answer_stays_in_the_thread_of_its_question() -> None:
    message = Message("!r", "@a:b", "$e", "x", Trust.KNOWN_DEVICE, False, Relation(thread="$root"))
    relation = answering(message)
    assert (relation["rel_type"], relation["event_id"]) == ("m.thread", "$root")
    assert relation["m.in_reply_to"] == {"event_id": "$e"}


@pytest.mark.parametrize("relation", [None, [], {"rel_type": "m.replace", "event_id": 3}, {"m.in_reply_to": "x"}])
def test_a_malformed_relation_is_none(relation: Any) -> None:
    assert Relation.parse({"m.relates_to": relation}) == Relation()


def test_a_text_is_a_notice_that_other_bots_do_not_answer_and_that_mentions_nobody() -> None:
    content = Text("a", "<b>a</b>").content()
    assert content == {
        "msgtype": "m.notice",
        "body": "a",
        "m.mentions": {},
        "format": "org.matrix.custom.html",
        "formatted_body": "<b>a</b>",
    }


def test_the_same_answer_has_the_same_transaction() -> None:
    assert transaction("$e", "reply", "") == transaction("$e", "reply", "")
    assert transaction("$e", "reply", "") != transaction("$e", "direct", "")
