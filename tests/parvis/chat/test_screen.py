"""What the chat shows, and what it never lets through to a terminal."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

from bots.framework.trust import Trust
from parvis.chat.agent import Seen
from parvis.chat.people import NoSuchAgent, find_person
from parvis.chat.screen import LineScreen, RichScreen, RoomLine, clean

SEEN = Seen("$e", "!r", "@ines:b.test", "bonjour", None, True, Trust.CROSS_SIGNED, 1_795_455_597_848)


def shown(seen: Seen, *, changed: bool = False) -> str:
    lines: list[str] = []
    RichScreen(lines.append, "@me:a.test", 100).message(seen, "Inès", "Essais", changed=changed)
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(lines))


def test_a_message_of_a_verified_device_has_no_shield() -> None:
    assert re.fullmatch(r"\d\d:\d\d Inès  bonjour", shown(SEEN))


@pytest.mark.parametrize(
    ("trust", "mark"),
    [
        (Trust.KNOWN_DEVICE, "unverified device"),
        (Trust.UNKNOWN_DEVICE, "unknown device"),
        (Trust.CLEARTEXT, "not encrypted"),
    ],
)
def test_any_other_message_says_why_it_is_less_sure(trust: Trust, mark: str) -> None:
    from dataclasses import replace

    assert mark in shown(replace(SEEN, trust=trust))


def test_an_edit_is_marked() -> None:
    from dataclasses import replace

    assert "✎ now" in shown(replace(SEEN, edited=True), changed=True)
    assert "(edited)" in shown(replace(SEEN, edited=True))


def test_no_control_character_reaches_the_terminal() -> None:
    from dataclasses import replace

    evil = replace(SEEN, body="a\x1b]0;pwned\x07b\x9b2J\u202ec\x08\r\nd")
    lines: list[str] = []
    RichScreen(lines.append, "@me:a.test", 100).message(evil, "x\x1b[2J", "Essais", changed=False)
    without_colours = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(lines))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", without_colours)
    assert clean("a\tb\r\nc") == "a\tb\nc"


def test_a_script_reads_one_json_object_a_line() -> None:
    out = io.StringIO()
    screen = LineScreen(out, as_json=True)
    screen.message(SEEN, "Inès", "Essais", changed=False)
    screen.note("two\nlines")
    screen.rooms([RoomLine(1, "!r", "Essais", 2, 0, encrypted=True)])
    message, note, room = [json.loads(line) for line in out.getvalue().splitlines()]
    assert (message["event"], message["body"], message["trust"], message["name"]) == (
        "message",
        "bonjour",
        "CROSS_SIGNED",
        "Inès",
    )
    assert note == {"event": "note", "text": "two\nlines"}
    assert room["room_id"] == "!r"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    (tmp_path / "secrets" / "agents").mkdir(parents=True)
    (tmp_path / "secrets" / "agents" / "camille.martin").write_text("pass\n")
    agents = [
        {"id": one, "name": one, "user_id": f"@{one}:a.test", "homeserver": "http://127.0.0.1:1/"}
        for one in ("camille.martin", "ines.benali")
    ]
    (tmp_path / "run" / "agents.json").write_text(json.dumps({"agents": agents}))
    return tmp_path


@pytest.mark.parametrize("wanted", ["camille.martin", "camille", "@camille.martin:a.test"])
def test_an_agent_is_found_by_any_of_their_names(home: Path, wanted: str) -> None:
    person = find_person(home, wanted)
    assert (person.user_id, person.password, person.homeserver) == (
        "@camille.martin:a.test",
        "pass",
        "http://127.0.0.1:1",
    )
    assert "pass" not in repr(person)


def test_an_unknown_agent_is_answered_with_the_near_one(home: Path) -> None:
    with pytest.raises(NoSuchAgent, match=r"did you mean camille\.martin"):
        find_person(home, "camile.martin")
    with pytest.raises(NoSuchAgent, match=r"they are camille\.martin, ines\.benali"):
        find_person(home, "zoe")


def test_a_demo_that_never_ran_says_how_to_start_it(tmp_path: Path) -> None:
    with pytest.raises(NoSuchAgent, match="parvis up"):
        find_person(tmp_path, "camille")
