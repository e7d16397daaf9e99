"""What a person or a script does in the chat."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TextIO

import pytest

from bots.framework.rooms import Room
from bots.framework.state import Invitation
from parvis.chat.screen import LineScreen
from parvis.chat.session import Session
from parvis.chat.terminal import on_lines


class FakeAgent:
    """An agent in one room, with invitations."""

    user_id = "@me:a.test"

    def __init__(self, *invited: str) -> None:
        self.client = SimpleNamespace(cross_signed=True, rooms={"!in": Room("!in", encrypted=True, name="Essais")})
        self.invitations = {room: Invitation(room, "@ines:b.test", direct=False, encrypted=True) for room in invited}
        self.watchers: list[Callable[[object], None]] = []
        self.on_change: Callable[[str], None] = lambda _room: None
        self.done: list[tuple[str, str]] = []

    @property
    def rooms(self) -> list[Room]:
        return list(self.client.rooms.values())

    def messages(self, _room: str) -> list[object]:
        return []

    async def send(self, room: str, text: str) -> None:
        self.done.append((room, text))

    async def join(self, room: str) -> None:
        self.done.append((room, "join"))
        self.invitations.pop(room, None)

    async def leave(self, room: str) -> None:
        self.done.append((room, "leave"))
        self.invitations.pop(room, None)


@pytest.fixture
def pipe() -> tuple[TextIO, TextIO]:
    reader, writer = os.pipe()
    return os.fdopen(reader), os.fdopen(writer, "w")


async def does(agent: FakeAgent, *lines: str) -> list[dict[str, str]]:
    """What is said of what was typed."""
    out: list[str] = []
    screen = LineScreen(SimpleNamespace(write=out.append, flush=lambda: None), as_json=True)  # type: ignore[arg-type]
    session = Session(agent, screen)  # type: ignore[arg-type]
    for line in lines:
        await session.do(line)
    return [json.loads(line) for line in out]


async def test_an_invitation_can_be_refused() -> None:
    agent = FakeAgent("!one", "!two", "!three")
    said = await does(agent, "/rooms", "/refuse 2", "/refuse")
    assert agent.done == [("!one", "leave"), ("!three", "leave")]
    assert list(agent.invitations) == ["!two"]
    assert said[-1]["text"] == "The invitation is refused."


@pytest.mark.parametrize("line", ["/refuse", "/refuse 1", "/refuse !in", "/refuse 7"])
async def test_a_room_that_one_is_in_is_not_left_by_refusing(line: str) -> None:
    agent = FakeAgent()
    said = await does(agent, "/rooms", line)
    assert agent.done == []
    assert said[-1]["event"] == "error"


async def test_a_script_is_done_line_by_line_to_its_end(
    pipe: tuple[TextIO, TextIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parvis.chat.terminal.LINGER_SECONDS", 0.01)
    agent, (source, script) = FakeAgent(), pipe
    script.write("un\ndeux\n\ntrois à la fin")
    script.close()
    await on_lines(agent, source)  # type: ignore[arg-type]
    assert agent.done == [("!in", "un"), ("!in", "deux"), ("!in", "trois à la fin")]


async def test_a_script_can_be_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parvis.chat.terminal.LINGER_SECONDS", 0.01)
    (tmp_path / "script").write_text("un\ndeux\n")
    agent = FakeAgent()
    with (tmp_path / "script").open() as source:
        await on_lines(agent, source)  # type: ignore[arg-type]
    assert agent.done == [("!in", "un"), ("!in", "deux")]


def test_a_chat_whose_session_is_lost_ends_though_its_script_says_nothing(pipe: tuple[TextIO, TextIO]) -> None:
    source, _script = pipe

    async def chat() -> None:
        async with asyncio.timeout(0.1):
            await on_lines(FakeAgent(), source)  # type: ignore[arg-type]

    with pytest.raises(TimeoutError):
        asyncio.run(chat())


def test_a_program_is_told_in_json_that_it_cannot_chat(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "parvis", "--home", str(tmp_path), "chat", "--json", "camille"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert answer.returncode == 1
    assert json.loads(answer.stdout)["event"] == "error"
    assert "parvis up" in answer.stderr
