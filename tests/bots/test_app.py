"""A bot as a process: what it says where it cannot run, and what becomes of an event that it cannot handle."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bots.framework import events
from bots.framework.app import App, Happening
from bots.framework.errors import HomeserverUnavailable
from contract.errors import Unavailable
from contract.events import EventType
from tests.bots import apps
from tests.bots.fake_client import FakeClient, room
from tests.bots.fake_workspace import FakeWorkspace


def test_what_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert App("night-watch").main() == 1
    assert "night-watch: PARVIS_NIGHT_WATCH_USER_ID is not set" in capsys.readouterr().err
    monkeypatch.setenv("PARVIS_NIGHT_WATCH_USERID", "@x:y")
    assert App("night-watch").main() == 1
    assert "did you mean PARVIS_NIGHT_WATCH_USER_ID?" in capsys.readouterr().err


async def test_an_event_waits_while_somebody_is_away_and_is_left_where_it_cannot_be_handled(
    workspace: FakeWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "FIRST_PAUSE", 0.01)
    app = App("watch")
    fails: list[Exception] = [RuntimeError("a bug"), HomeserverUnavailable("away"), Unavailable("x", "away", 503, 0.01)]
    handled: list[Any] = []
    done = asyncio.Event()

    @app.event(EventType.DOCUMENT_UPDATED)
    async def updated(happening: Happening) -> None:
        if fails:
            raise fails.pop()
        handled.append(happening.event.id)
        if len(handled) == 2:
            done.set()

    client = FakeClient(rooms={"!room": room("!room", "@a:a.test")})
    async with apps.running(app, client, workspace, tmp_path) as scene:
        note = workspace.add("Note")
        left, second, third = [workspace.happens(note) for _ in range(3)]
        workspace.happens(note, EventType.DOCUMENT_TRASHED)
        async with asyncio.timeout(apps.PATIENCE):
            await done.wait()
        assert handled == [second.id, third.id]
        assert left.id not in handled
        assert not scene.client.said
