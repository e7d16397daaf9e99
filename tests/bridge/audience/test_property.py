"""Whatever happens between any two awaits of the bridge, nothing that a room is told shows what a member may not read.

The world changes at random whenever the bridge waits for a homeserver or for the workspace: people come and go, rights
are given and taken, Matrix ids are linked and unlinked. Meanwhile things happen to documents, links are pasted,
questions are asked, offers are answered, and documents are discussed, there and in the rooms; people are mentioned, and
files sent and saved. `PARVIS_SEED` plays one seed: the same choices, though not in the same order to the last, for the
database has a thread and a clock of its own.
"""

from __future__ import annotations

import os

import pytest

from tests.bridge.audience.world import World, live
from tests.bridge.conftest import Bridge

#: All the ways in which something of the workspace comes into a room.
WAYS = frozenset(
    {
        "answer",
        "card",
        "card, edited",
        "errand",
        "file",
        "flood",
        "flood, edited",
        "link",
        "mention",
        "mention in a room",
        "offer",
        "talk",
        "talk, edited",
    }
)


def _seeds(first: int, count: int) -> list[int]:
    chosen = os.environ.get("PARVIS_SEED")
    return [int(chosen)] if chosen else list(range(first, first + count))


def _print(seed: int, world: World) -> None:
    told = ", ".join(f"{count} {what}" for what, count in sorted(world.rooms.oracle.told.items()))
    print(f"audience: seed {seed}, {world.step} steps; told {told}")


@pytest.mark.parametrize("seed", _seeds(0, 2))
async def test_no_room_is_told_what_a_member_may_not_read(
    bridge: Bridge, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await live(bridge, seed, 2_000, monkeypatch)
    _print(seed, world)
    assert world.rooms.oracle.told.total() > 20, "a world in which nothing is told proves nothing"


@pytest.mark.long
@pytest.mark.parametrize("seed", _seeds(1_000, 10))
async def test_nor_in_a_hundred_thousand_steps(bridge: Bridge, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    world = await live(bridge, seed, 10_000, monkeypatch)
    _print(seed, world)
    assert set(world.rooms.oracle.told) == WAYS, "each way is taken, and we know of no other"
