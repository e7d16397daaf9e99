"""Whatever happens between any two awaits of a bot, nobody holds the key of an answer or card that they may not read.

People come, go and are invited, rights are given and taken, while searches are asked in rooms and in direct chats, and
things happen that the bot follows. `PARVIS_SEED` plays one seed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bots.framework.sender import RoomSender
from contract.answers import Found
from contract.client import WorkspaceClient
from contract.ids import MatrixId
from tests.bots.audience.world import World, live
from tests.bridge.audience.oracle import Leak
from tests.bridge.fakes import FIND


def _seeds(first: int, count: int) -> list[int]:
    chosen = os.environ.get("PARVIS_SEED")
    return [int(chosen)] if chosen else list(range(first, first + count))


async def _holds(folder: Path, seed: int, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    world = await live(folder, seed, steps, monkeypatch)
    told = world.client.holders.told
    print(f"audience of bots: seed {seed}, {world.chance.step} steps; told {dict(told)}")
    assert min(told["!one"], told["!two"], told["!chat"]) > 10, "where nothing is told, nothing is proved"


@pytest.mark.parametrize("seed", _seeds(0, 2))
async def test_nobody_is_told_what_they_may_not_read(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _holds(tmp_path, seed, 2_000, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("seed", _seeds(1_000, 2))
async def test_nor_in_twenty_thousand_steps(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    await _holds(tmp_path, seed, 10_000, monkeypatch)


def _remember(_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same search by the same person, where the same people are, is not done again."""
    known: dict[Any, Found] = {}
    searched = WorkspaceClient.search

    async def search(self: WorkspaceClient, words: str, asker: MatrixId, *, audience: Any = None, **more: Any) -> Found:
        about = words, asker, None if audience is None else tuple(audience)
        if about not in known:
            known[about] = await searched(self, words, asker, audience=audience, **more)
        return known[about]

    monkeypatch.setattr(WorkspaceClient, "search", search)


def _ask_of_the_asker(_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A room is shown what whoever asks may read."""
    searched = WorkspaceClient.search

    async def search(self: WorkspaceClient, words: str, asker: MatrixId, *, audience: Any = None, **more: Any) -> Found:
        return await searched(self, words, asker, audience=None if audience is None else [asker], **more)

    monkeypatch.setattr(WorkspaceClient, "search", search)


def _send_to_anybody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has come meanwhile is given the key."""
    send = world.client.send

    async def to_anybody(*args: Any, **more: Any) -> str:
        return await send(*args, **more | {"only_to": None})

    monkeypatch.setattr(world.client, "send", to_anybody)


def _forget_who_left(_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was given the key just now and has left before it was used is not thought of."""

    def check(self: RoomSender, room: Any, only_to: frozenset[str] | None) -> None:
        if only_to is not None and not room.joined <= only_to | {FIND}:
            checks(self, room, only_to)

    checks = RoomSender._check_audience
    monkeypatch.setattr(RoomSender, "_check_audience", check)


def _show_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A card is made for those who were there at first, whoever it is sent to then."""
    made: dict[Any, Any] = {}
    message = world.showing._message

    async def remembered(happened: Any, people: Any, language: Any) -> Any:
        if happened[-1].id not in made:
            made[happened[-1].id] = await message(happened, people, language)
        return made[happened[-1].id]

    monkeypatch.setattr(world.showing, "_message", remembered)


@pytest.mark.parametrize("spoil", [_remember, _ask_of_the_asker, _send_to_anybody, _forget_who_left, _show_again])
async def test_a_spoilt_bot_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[World, pytest.MonkeyPatch], None]
) -> None:
    with pytest.raises(Leak) as raised:
        await live(tmp_path, 7, 40_000, monkeypatch, lambda world: spoil(world, monkeypatch))
    print(f"caught: {raised.value}")
