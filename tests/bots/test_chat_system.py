"""`parvis chat` as a script uses it, against a real homeserver."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from bots.framework.errors import BotError
from parvis.chat.agent import Agent
from parvis.chat.session import Session
from tests.bots.conftest import Account, Servers

pytestmark = pytest.mark.system

RUN = """
import sys
from pathlib import Path
from parvis.chat import run
sys.exit(run(sys.argv[1], Path(sys.argv[2]), as_json=True))
"""


class Recorder:
    """A screen that remembers."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def message(self, seen: Any, sender: str, room: str, *, changed: bool) -> None:
        self.lines.append(f"{sender}: {seen.body}{' (changed)' if changed else ''}")

    def note(self, text: str) -> None:
        self.lines.append(text)

    def error(self, text: str) -> None:
        self.lines.append(f"error: {text}")

    def rooms(self, lines: Any) -> None:
        self.lines.extend(f"{line.number} {line.title} {line.invited_by or ''}".strip() for line in lines)


def home_of(tmp_path: Path, account: Account) -> Path:
    """A home as provisioning leaves it, with one agent `camille.martin`."""
    (tmp_path / "run").mkdir()
    (tmp_path / "secrets" / "agents").mkdir(parents=True)
    (tmp_path / "secrets" / "agents" / "camille.martin").write_text(account.password)
    agent = {"id": "camille.martin", "name": "Camille", "user_id": account.user_id, "homeserver": account.url}
    (tmp_path / "run" / "agents.json").write_text(json.dumps({"agents": [agent]}))
    return tmp_path


async def test_a_script_makes_a_room_writes_in_it_and_hears_the_answer(servers: Servers, tmp_path: Path) -> None:
    camille, ines = await servers.account("interieur", "camille"), await servers.account("hub", "ines")
    home = home_of(tmp_path, camille)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RUN, "camille", str(home), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with await Agent.open(ines.url, ines.user_id, ines.password, tmp_path / "ines") as i:
            process.stdin.write(f'/create "Salle des marchés" {ines.user_id}\nbonjour\n'.encode())
            await process.stdin.drain()
            room = (await i.wait_invitation()).room_id
            await i.join(room)
            await i.wait_message(room, lambda seen: seen.body == "bonjour", 30)
            await i.send(room, "bonsoir")
            events = []
            async with asyncio.timeout(30):
                while not any(event.get("body") == "bonsoir" for event in events):
                    events.append(json.loads(await process.stdout.readline()))
            assert events[-1]["trust"] == "CROSS_SIGNED"
            assert events[-1]["room"] == "Salle des marchés"
            process.stdin.write(b"/quit\n")
            await process.stdin.drain()
            async with asyncio.timeout(20):
                assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert (home / "data" / "chat" / "camille.martin").stat().st_mode & 0o777 == 0o700


async def test_a_person_sees_rooms_invitations_edits_and_what_went_wrong(servers: Servers, tmp_path: Path) -> None:
    camille, ines = await servers.account("interieur", "camille"), await servers.account("hub", "ines")
    async with (
        await Agent.open(camille.url, camille.user_id, camille.password, tmp_path / "c") as c,
        await Agent.open(ines.url, ines.user_id, ines.password, tmp_path / "i") as i,
    ):
        screen = Recorder()
        session = Session(c, screen)
        await session.begin()
        await session.do("bonjour")
        assert "error: You are in no room: /create NAME makes one, /join accepts an invitation." in screen.lines
        await session.do("/dance")
        assert "error: There is no /dance: /help lists what there is." in screen.lines
        room = await i.create_room("Salle", [camille.user_id])
        await c.wait_invitation(room)
        assert f"{ines.user_id} invites you: /join accepts, /refuse refuses" in screen.lines
        await session.do("/join")
        assert session.title == "Salle"
        await i.wait_joined(room, camille.user_id)
        event = await i.send(room, "un")
        await i.edit(room, event, "deux")
        await c.wait_message(room, lambda seen: seen.body == "deux", 30)
        assert any(line.endswith(": deux (changed)") for line in screen.lines)
        await session.do("/members")
        assert any(line.endswith(ines.user_id) for line in screen.lines)
        await i.client.typing(room, seconds=20)
        await c.wait_until(lambda: bool(session.typing), 20, "typing")
        await session.do("/invite nobody")
        assert screen.lines[-1].startswith("error: M_")
        await session.do("/leave")
        assert "You left Salle." in screen.lines
        with pytest.raises(BotError):
            await c.send(room, "encore")
