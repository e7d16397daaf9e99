"""The whole of Parvis, started once by `parvis up --detach` as a person would, on ports of the tests' own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from parvis.layout import Layout
from parvis.setup import Setup, load
from parvis.tour.cast import PATIENCE, Actor

#: 8400 + 21600 = 30000, the first port of these tests' range. Two checkouts may be tested at once with another shift.
PORT_SHIFT = int(os.environ.get("PARVIS_TEST_PORT_SHIFT", "21600"))
_UP_SECONDS = 180

PARVIS, FIND = "@parvis:parvis.gouv.test", "@find:parvis.gouv.test"


@dataclass
class Stack:
    """What runs, and how `parvis` is called for it."""

    layout: Layout
    actors: dict[str, Actor] = field(default_factory=dict)

    def parvis(self, *arguments: str, seconds: float = 300) -> subprocess.CompletedProcess[str]:
        """A command of `parvis` for this home."""
        return subprocess.run(
            [sys.executable, "-m", "parvis", "--home", str(self.layout.home), *arguments],
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            # What is the tests' own is no setting of Parvis, which refuses those that it does not know.
            env={name: value for name, value in os.environ.items() if not name.startswith("PARVIS_TEST_")},
        )

    def status(self) -> dict[str, Any]:
        """What `parvis status --json` says."""
        told: dict[str, Any] = json.loads(self.parvis("status", "--json").stdout)
        return told

    @property
    def setup(self) -> Setup:
        """What it was rendered from."""
        return load(self.layout)

    async def room(self, camille: Actor, *others: Actor) -> str:
        """An encrypted room of Camille's with the others and `@parvis`, all joined."""
        ids = [other.person.user_id for other in others]
        room = await camille.client.create_room("essai", invite=[*ids, PARVIS])
        for other in others:
            await other.client.wait_invitation(room, PATIENCE)
            await other.client.join(room)
        for user in (*ids, PARVIS):
            for actor in (camille, *others):
                await actor.client.wait_joined(room, user, PATIENCE)
        return room

    async def bound_folder(self, camille: Actor, room: str, *, shared: bool = True) -> dict[str, Any]:
        """A new folder of Camille's that `room` follows, and has access to."""
        folder = await camille.browser.create_folder(f"Dossier de {room[1:7]}")
        await camille.asks(room, f"!parvis bind {folder['url']}", PARVIS)
        if shared:
            await camille.browser.share_with_room(folder["id"], room)
        return folder

    async def indexed(self, actor: Actor, word: str, item: str) -> None:
        """Wait until `word` finds the item."""
        async with asyncio.timeout(PATIENCE):
            while True:
                found = await actor.browser.api("GET", f"search/?q={quote(word)}&order=recent")
                if any(hit["item"] == item for hit in found["hits"]):
                    return
                await asyncio.sleep(0.2)  # the index announces nothing


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    layout = Layout(tmp_path_factory.mktemp("stack") / "home", PORT_SHIFT)
    this = Stack(layout)
    up = this.parvis("up", "--detach", "--port-shift", str(PORT_SHIFT), seconds=_UP_SECONDS)
    try:
        assert up.returncode == 0, up.stdout + up.stderr
        yield this
    finally:
        this.parvis("down")


@pytest.fixture(scope="session")
async def actors(stack: Stack) -> AsyncIterator[dict[str, Actor]]:
    """Camille and Sofia of one ministry, Inès and Louis of another, signed in everywhere and linked."""
    async with AsyncExitStack() as stage:
        entered = {}
        for id_ in ("camille.martin", "sofia.roux", "ines.benali", "louis.petit"):
            actor = await Actor.enter(stack.layout, id_, device="tests")
            stage.push_async_callback(actor.leave)
            await actor.link(PARVIS)
            entered[id_.split(".")[0]] = actor
        yield entered


@pytest.fixture
def camille(actors: dict[str, Actor]) -> Actor:
    return actors["camille"]


@pytest.fixture
def sofia(actors: dict[str, Actor]) -> Actor:
    return actors["sofia"]


@pytest.fixture
def ines(actors: dict[str, Actor]) -> Actor:
    return actors["ines"]


@pytest.fixture
def louis(actors: dict[str, Actor]) -> Actor:
    return actors["louis"]


@pytest.fixture
def markdown(tmp_path: Path) -> Path:
    path = tmp_path / "compte-rendu-été.md"
    path.write_text("# Réunion\n\nLa délibération porte sur la vendange.\n", encoding="utf-8")
    return path
