"""The flood of the tour: what it does and what it refuses to call good, with rooms and a workspace that are made up."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from bots.framework.trust import Trust
from parvis.chat.agent import Seen
from parvis.tour.flood import Flood, Size
from parvis.tour.steps import Broken, Steps

PARVIS = "@parvis:hub.test"
FOLDER = {"id": "f0", "url": "http://workspace.test/drive/f0/"}


class World:
    """Rooms in which the bridge says three files one by one, then counts; `slip` is what it does wrong."""

    def __init__(self, slip: str = "") -> None:
        self.slip = slip
        self.rooms: dict[str, list[Seen]] = {}
        self.members: dict[str, set[str]] = {}
        self.made_by: dict[str, int] = {}
        self.uploaded = 0
        self.uploading = self.most_uploading = 0

    def say(self, room: str, body: str) -> None:
        said = self.rooms[room]
        said.append(Seen(f"${len(said)}{room}", room, PARVIS, body, None, encrypted=True, trust=Trust.CROSS_SIGNED))

    def tell(self) -> None:
        """The bridge tells of one more file."""
        for number, room in enumerate(self.rooms):
            if self.uploaded == 4:
                self.say(room, "📎 Camille a déposé 4 fichiers")
            if self.uploaded <= 3 or (self.slip == "drowned" and number == 1):
                self.say(room, f"📎 pièce-{self.uploaded}")
            if self.uploaded > 4:
                card = next(seen for seen in self.rooms[room] if "fichiers" in seen.body)
                at = self.rooms[room].index(card)
                count = self.uploaded - (self.slip == "one is forgotten")
                self.rooms[room][at] = Seen(**{**_fields(card), "body": f"📎 Camille a déposé {count} fichiers"})


class Person:
    """An actor in it: the browser and the client in one."""

    def __init__(self, world: World, id_: str) -> None:
        self.world = world
        self.person = SimpleNamespace(user_id=f"@{id_}:ministry.test", name=id_)
        self.browser = self.client = self

    async def create_folder(self, _title: str) -> dict[str, str]:
        return FOLDER

    async def api(self, *_: Any) -> dict[str, str]:
        return {"id": "someone"}

    async def create_room(self, _name: str, invite: list[str]) -> str:
        room = f"!{len(self.world.rooms)}"
        self.world.rooms[room], self.world.members[room] = [], {self.person.user_id, *invite}
        self.world.made_by[self.person.name] = self.world.made_by.get(self.person.name, 0) + 1
        return room

    async def wait_invitation(self, *_: Any) -> None: ...

    async def join(self, *_: Any) -> None: ...

    async def wait_joined(self, *_: Any) -> None: ...

    async def asks(self, room: str, command: str, whom: str) -> None:
        assert (command, whom) == (f"!parvis bind {FOLDER['url']}", PARVIS)
        self.world.say(room, "Ce salon suit désormais : Pièces du dossier")

    async def upload_bytes(self, name: str, content: bytes, media_type: str, parent: str) -> None:
        assert (media_type, parent) == ("text/plain", FOLDER["id"])
        assert name.endswith(".txt")
        assert content
        world = self.world
        world.uploading += 1
        world.most_uploading = max(world.most_uploading, world.uploading)
        await asyncio.sleep(0)
        world.uploading -= 1
        world.uploaded += 1
        world.tell()

    def messages(self, room: str) -> list[Seen]:
        return self.world.rooms[room]

    async def hears(self, room: str, _whom: str, pattern: str) -> Seen:
        count = pattern.removeprefix(r"\b").removesuffix(r" fichiers\b")
        card = next((seen for seen in self.messages(room) if f" {count} fichiers" in seen.body), None)
        if card is None:
            raise TimeoutError
        differs = self.world.slip == "two cards" and self.person.name == "Inès"
        return Seen(**{**_fields(card), "event_id": "$another"}) if differs else card

    async def kick(self, room: str, user: str) -> None:
        self.world.members[room].remove(user)

    async def leave(self, room: str) -> None:
        self.world.members[room].remove(self.person.user_id)


def _fields(seen: Seen) -> dict[str, Any]:
    return {name: getattr(seen, name) for name in Seen.__dataclass_fields__}


async def play(world: World, steps: Steps, size: Size) -> None:
    camille, ines = Person(world, "Camille"), Person(world, "Inès")
    await Flood(PARVIS, steps, camille, ines, size).play()  # type: ignore[arg-type]


async def test_every_room_counts_all_the_files_and_it_is_said_what_was_seen() -> None:
    world, told = World(), list[str]()
    steps = Steps(progress=told.append)
    await play(world, steps, Size(rooms=4, files=30))
    assert [(done.name, done.ok) for done in steps.done] == [
        ("flood.rooms", True),
        ("flood", True),
        ("flood.close", True),
    ]
    seen = next(done.seen for done in steps.done if done.name == "flood")
    assert "30 files in" in seen
    assert "in at most 4 messages" in seen
    assert "Camille and Inès read in each" in seen
    assert "📎 Camille a déposé 30 fichiers" in seen
    assert (world.uploaded, world.most_uploading) == (30, 2)
    assert world.made_by == {"Camille": 2, "Inès": 2}
    assert "1 of 4 rooms" in told
    assert "30 of 30 files" in told


async def test_one_room_is_left_to_look_at_and_nobody_stays_in_the_others() -> None:
    world = World()
    await play(world, Steps(), Size(rooms=4, files=30))
    assert [len(members) for members in world.members.values()] == [3, 0, 0, 0]


@pytest.mark.parametrize(
    ("slip", "words"),
    [("drowned", "A room has 31 messages"), ("two cards", "not read the same card"), ("one is forgotten", "Timeout")],
)
async def test_what_is_not_well_ends_the_tour(slip: str, words: str) -> None:
    steps = Steps()
    with pytest.raises(Broken):
        await play(World(slip), steps, Size(rooms=2, files=30))
    assert steps.done[-1].name == "flood"
    assert not steps.done[-1].ok
    assert words in steps.done[-1].seen
