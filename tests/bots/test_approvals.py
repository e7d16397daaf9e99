"""Approvals: whose yes counts, how it must come, and that a question is decided once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bots.framework import approvals as module
from bots.framework.app import App
from bots.framework.approvals import Decision, Verdict
from bots.framework.bot import Call
from bots.framework.errors import HomeserverUnavailable
from bots.framework.text import Text
from bots.framework.trust import Trust
from tests.bots import apps
from tests.bots.apps import PATIENCE, Scene
from tests.bots.fake_client import FakeClient, room
from tests.bots.fake_workspace import FakeWorkspace

CAMILLE, INES, LOUIS, MALLORY = "@camille:a.test", "@ines:a.test", "@louis:a.test", "@mallory:m.test"
ROOM, CHAT = "!room", "!two"


class Asking:
    """A bot that asks, and what was decided."""

    def __init__(self) -> None:
        self.app = App("asking")
        self.app.command("ask", help={"en": "!ask"})(self.ask)
        self.decided: list[Decision] = []
        self.came = asyncio.Event()
        self.minutes = 60.0
        self.by: frozenset[str] | None = None
        self.fails: list[Exception] = []

    async def ask(self, call: Call) -> None:
        await call.ask(Text(call.words, f"<b>{call.words}</b>"), self.then, minutes=self.minutes, by=self.by)

    async def then(self, decision: Decision) -> None:
        if self.fails:
            raise self.fails.pop()
        self.decided.append(decision)
        self.came.set()


@pytest.fixture
def asking() -> Asking:
    return Asking()


@pytest.fixture
async def scene(asking: Asking, workspace: FakeWorkspace, tmp_path: Path) -> AsyncIterator[Scene]:
    client = FakeClient(rooms={ROOM: room(ROOM, CAMILLE, INES, LOUIS), CHAT: room(CHAT, CAMILLE)})
    async with apps.running(asking.app, client, workspace, tmp_path) as scene_:
        yield scene_


async def asked(scene: Scene, where: str = ROOM) -> tuple[str, str]:
    """A question's message and its code."""
    await scene.says(where, CAMILLE, "!ask Publish it?")
    body = scene.client.told(where)[-1]
    found = re.search(r"!approve (\w+)", body)
    assert body.startswith("Publish it?")
    assert found
    return f"$sent{len(scene.client.said)}", found.group(1)


@pytest.mark.parametrize(
    ("key", "verdict"), [("✅", Verdict.APPROVED), ("❌", Verdict.REFUSED), ("✅\ufe0f", Verdict.APPROVED)]
)
async def test_a_members_proven_reaction_decides_once(scene: Scene, asking: Asking, key: str, verdict: Verdict) -> None:
    question, code = await asked(scene)
    await scene.reacts(ROOM, INES, question, key)
    await scene.reacts(ROOM, LOUIS, question, "❌")
    await scene.says(ROOM, LOUIS, f"!refuse {code}")
    assert asking.decided == [Decision(verdict, INES)]


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("!approve {code}", Verdict.APPROVED),
        ("!Approuver {low}", Verdict.APPROVED),
        ("!refuse {code}", Verdict.REFUSED),
        ("!refuser {code}", Verdict.REFUSED),
    ],
)
async def test_so_does_a_command(scene: Scene, asking: Asking, body: str, verdict: Verdict) -> None:
    _question, code = await asked(scene)
    await scene.says(ROOM, INES, body.format(code=code, low=code.lower()))
    assert asking.decided == [Decision(verdict, INES)]


@pytest.mark.parametrize(
    "how",
    [
        {"trust": Trust.CLEARTEXT, "encrypted": False, "relation_sealed": False},
        {"trust": Trust.UNKNOWN_DEVICE},
        {"relation_sealed": False},
    ],
)
async def test_a_reaction_that_a_server_could_have_written_decides_nothing_and_is_answered(
    scene: Scene, asking: Asking, how: dict[str, object]
) -> None:
    question, code = await asked(scene)
    for _ in range(3):
        await scene.reacts(ROOM, INES, question, "✅", **how)
    assert asking.decided == []
    [_, answer] = scene.client.told(ROOM)
    assert f"!approve {code}" in answer
    await scene.says(ROOM, INES, f"!approve {code}")
    assert asking.decided == [Decision(Verdict.APPROVED, INES)]


async def test_a_command_of_an_unproven_device_decides_nothing(scene: Scene, asking: Asking) -> None:
    _question, code = await asked(scene)
    await scene.says(ROOM, INES, f"!approve {code}", trust=Trust.CLEARTEXT)
    assert asking.decided == []


async def test_whoever_asked_does_not_decide_nor_who_is_not_there(scene: Scene, asking: Asking) -> None:
    question, code = await asked(scene)
    for sender in (CAMILLE, MALLORY):
        await scene.reacts(ROOM, sender, question, "✅")
        await scene.says(ROOM, sender, f"!approve {code}")
    assert asking.decided == []
    assert "not yours to decide" in scene.client.told(ROOM)[-1]
    del scene.client.rooms[ROOM].members[INES]
    await scene.reacts(ROOM, INES, question, "✅")
    assert asking.decided == []


async def test_in_a_direct_chat_they_decide_themselves(scene: Scene, asking: Asking) -> None:
    question, _code = await asked(scene, CHAT)
    await scene.reacts(CHAT, CAMILLE, question, "✅")
    assert asking.decided == [Decision(Verdict.APPROVED, CAMILLE)]


async def test_only_those_who_are_named_decide(scene: Scene, asking: Asking) -> None:
    asking.by = frozenset({LOUIS})
    question, _code = await asked(scene)
    await scene.reacts(ROOM, INES, question, "✅")
    assert asking.decided == []
    await scene.reacts(ROOM, LOUIS, question, "❌")
    assert asking.decided == [Decision(Verdict.REFUSED, LOUIS)]


async def test_a_code_counts_in_its_own_room_only_and_other_reactions_nowhere(scene: Scene, asking: Asking) -> None:
    question, code = await asked(scene)
    scene.client.rooms["!three"] = room("!three", INES, LOUIS)
    await scene.says("!three", INES, f"!approve {code}")
    await scene.reacts("!three", INES, question, "✅")
    await scene.reacts(ROOM, INES, "$other", "✅")
    for key in ("👍", ["✅"], None):
        await scene.reacts(ROOM, INES, question, key)  # type: ignore[arg-type]  # a server may send anything
    await scene.event(ROOM, INES, "m.reaction", {"m.relates_to": "✅"})
    assert asking.decided == []


async def test_what_nobody_decides_is_late_and_open_no_more(scene: Scene, asking: Asking) -> None:
    asking.minutes = 0.0005
    question, code = await asked(scene)
    async with asyncio.timeout(PATIENCE):
        await asking.came.wait()
    await scene.reacts(ROOM, INES, question, "✅")
    await scene.says(ROOM, INES, f"!approve {code}")
    assert asking.decided == [Decision(Verdict.LATE)]


async def test_a_decision_that_could_not_be_carried_out_is_taken_again(scene: Scene, asking: Asking) -> None:
    question, _code = await asked(scene)
    asking.fails = [HomeserverUnavailable("away")]
    with pytest.raises(HomeserverUnavailable):
        await scene.reacts(ROOM, INES, question, "✅")
    await scene.reacts(ROOM, INES, question, "✅")
    assert asking.decided == [Decision(Verdict.APPROVED, INES)]


async def test_there_is_a_bound_on_what_is_open(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_OPEN", 1)
    await asked(scene)
    with pytest.raises(module.TooManyQuestions):
        await scene.says(ROOM, CAMILLE, "!ask Another?")
