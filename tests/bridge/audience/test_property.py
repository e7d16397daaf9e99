"""Whatever happens between any two awaits of the bridge, nothing that a room is told shows what a member may not read.

The world changes at random whenever the bridge waits for a homeserver or for the workspace: people come and go, rights
are given and taken, Matrix ids are linked and unlinked. Meanwhile things happen to documents, links are pasted,
questions are asked, offers are answered, and documents are discussed, there and in the rooms; people are mentioned, and
files sent and saved. `PARVIS_SEED` plays one seed: the same choices, though not in the same order to the last, for the
database has a thread and a clock of its own.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection

import pytest

from tests.bridge.audience.world import ACTS, live
from tests.bridge.conftest import Bridge

#: In which ways something of the workspace comes into a room, by what people do there.
FILES = {"answer", "errand", "file", "offer", "sealed file"}
TALK = {"mention", "mention in a room", "talk", "talk, edited"}
REST = {"card", "card, edited", "flood", "flood, edited", "link"}


def _seeds(first: int, count: int) -> list[int]:
    chosen = os.environ.get("PARVIS_SEED")
    return [int(chosen)] if chosen else list(range(first, first + count))


async def _holds(
    bridge: Bridge, seed: int, steps: int, monkeypatch: pytest.MonkeyPatch, acts: Collection[str] = tuple(ACTS)
) -> Counter[str]:
    """What was told, of each way."""
    world = await live(bridge, seed, steps, monkeypatch, acts=acts)
    told = world.rooms.oracle.told
    each = ", ".join(f"{count} {what}" for what, count in sorted(told.items()))
    print(f"audience: seed {seed}, {world.step} steps; told {each}")
    return told


@pytest.mark.parametrize("seed", _seeds(0, 2))
async def test_no_room_is_told_what_a_member_may_not_read(
    bridge: Bridge, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = await _holds(bridge, seed, 1_500, monkeypatch)
    assert told.total() > 10, "a world in which nothing is told proves nothing"


@pytest.mark.long
@pytest.mark.parametrize("seed", _seeds(1_000, 7))
async def test_nor_in_a_hundred_thousand_steps(bridge: Bridge, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    told = await _holds(bridge, seed, 10_000, monkeypatch)
    assert set(told) | {"sealed file"} == FILES | TALK | REST, "each way is taken, and we know of no other"


@pytest.mark.long
@pytest.mark.parametrize("seed", _seeds(2_000, 2))
async def test_nor_where_people_only_talk(bridge: Bridge, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(await _holds(bridge, seed, 10_000, monkeypatch, ("comments", "talks"))) >= TALK


@pytest.mark.long
@pytest.mark.parametrize("seed", _seeds(3_000, 1))
async def test_nor_where_they_only_hand_files_around(
    bridge: Bridge, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(await _holds(bridge, seed, 10_000, monkeypatch, ("files",))) >= FILES
