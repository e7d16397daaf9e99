"""The mirror property, on the real thing: whatever is killed, two rooms and the page come to show the same discussions.

Agents of two homeservers, in two rooms that follow one folder, and the page: all begin discussions, reply, edit, take
back, react, resolve and reopen, while parts of Parvis are killed. Then both rooms are read by a client, and the page by
its API. (What a note of the bridge says of a member's message is held by `tests/bridge/talk/test_mirror.py`: here
everybody changes what they wrote where they wrote it.)
"""

from __future__ import annotations

import asyncio
import random

import pytest

from parvis.tour.cast import Actor
from tests.system.conftest import PARVIS, Stack
from tests.system.killing import kill
from tests.system.mirror import Mirror, Square

pytestmark = pytest.mark.system

VICTIMS = ("bridge", "web", "relay", "nats")
DOCUMENTS = 3


async def _square(stack: Stack, camille: Actor, ines: Actor) -> Square:
    """Two rooms on one folder, with a card of each document in each."""
    rooms = (await stack.room(camille, ines), await stack.room(camille, ines))
    folder = await camille.browser.create_folder(f"Dossier de {rooms[0][1:7]}")
    for room in rooms:
        await camille.asks(room, f"!parvis bind {folder['url']}", PARVIS)
        await camille.browser.share_with_room(folder["id"], room, "commenter")
        # Each document has a card of its own here; a flood would be one card that counts.
        await camille.asks(room, "!parvis settings floods off", PARVIS, for_="floods")
    documents = {}
    for number in range(DOCUMENTS):
        title = f"Projet {number} de {rooms[0][1:7]}"
        documents[title] = (await camille.browser.create_document(title, "# Projet\n", folder["id"]))["id"]
        for room in rooms:
            await ines.hears(room, PARVIS, f"^📄 {title}")
    return Square(camille, ines, rooms, documents)


@pytest.mark.parametrize(
    ("seed", "steps", "kills"),
    [
        pytest.param(20261124, 20, 1),
        *(pytest.param(seed, 90, 4, marks=pytest.mark.long) for seed in (1, 2)),
        pytest.param(3, 50, 2, marks=pytest.mark.long),
    ],
)
async def test_whatever_is_killed_two_rooms_and_the_page_show_the_same_discussions(
    stack: Stack,
    camille: Actor,
    ines: Actor,
    seed: int,
    steps: int,
    kills: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    chance = random.Random(seed)
    when = [(moment, part) for part in VICTIMS for moment in chance.sample(range(steps), kills)]
    with capsys.disabled():
        print(f"\nseed {seed}: {sorted(when)}")
    square = await _square(stack, camille, ines)
    mirror = Mirror(square, chance)
    await mirror.begin()
    before = await mirror.told()
    async with asyncio.TaskGroup() as killers:
        for step in range(steps):
            for moment, part in when:
                if moment == step:
                    killers.create_task(kill(stack, part, chance.uniform(0.0, 0.5)))
            await mirror.act()
    await mirror.come_to_rest()
    with capsys.disabled():
        print(f"seed {seed}: {mirror.summary()}")
    assert await mirror.told() == before, "nobody is told in private that their words stay in the room"
