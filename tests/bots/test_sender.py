"""Who is given a room's key, seen through the machines of those who are: real ones, around a homeserver of which one
decides what it answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from bots.framework.crosssigning import Identity
from bots.framework.directory import KeyDirectory
from bots.framework.errors import Undecryptable
from bots.framework.machine import Machine, Sealed
from bots.framework.rooms import Room
from bots.framework.sender import RoomSender
from bots.framework.trust import Trust

BOT, ALICE, INES = "@bot:b.test", "@alice:a.test", "@ines:a.test"
ROOM = "!room"


@dataclass
class Person:
    """Somebody with one device, which their identity signed."""

    machine: Machine
    identity: Identity
    keys: dict[str, Any] = field(default_factory=dict)
    one_time_keys: list[tuple[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        body = self.machine.device_keys_upload()
        self.keys, self.one_time_keys = body["device_keys"], list(body["one_time_keys"].items())

    def reset(self) -> None:
        """Begin a new identity, or have one's homeserver pretend so."""
        self.identity = Identity.new(self.machine.user_id)

    def shown(self) -> dict[str, Any]:
        """The device keys as a homeserver shows them."""
        user = self.machine.user_id
        signed = self.identity.sign_device(self.keys)["signatures"][user]
        return {**self.keys, "signatures": {user: {**self.keys["signatures"][user], **signed}}}

    def reads(self, sealed: Mapping[str, Any]) -> bool:
        try:
            self.machine.decrypt(ROOM, Sealed.parse(sealed))
        except Undecryptable:
            return False
        return True


@dataclass
class FakeHomeserver:
    """Knows everybody's keys, and hands on what is sent."""

    people: dict[str, Person] = field(default_factory=dict)
    sent: list[dict[str, Any]] = field(default_factory=list)
    claims: int = 0

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        if path == "/keys/query":
            asked = [self.people[user] for user in body["device_keys"] if user in self.people]
            uploads = {one.machine.user_id: one.identity.upload("DEV", lambda _: "unused") for one in asked}
            return {
                "device_keys": {one.machine.user_id: {"DEV": one.shown()} for one in asked},
                "master_keys": {user: upload["master_key"] for user, upload in uploads.items()},
                "self_signing_keys": {user: upload["self_signing_key"] for user, upload in uploads.items()},
            }
        assert path == "/keys/claim"
        self.claims += 1
        claimed = {}
        for user in body["one_time_keys"]:
            if self.people[user].one_time_keys:
                claimed[user] = {"DEV": dict([self.people[user].one_time_keys.pop()])}
        return {"one_time_keys": claimed}

    async def put(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        if path.startswith("/sendToDevice/"):
            for user, devices in body["messages"].items():
                event = {"type": "m.room.encrypted", "sender": BOT, "content": devices["DEV"]}
                self.people[user].machine.receive_to_device(event)
            return {}
        self.sent.append(dict(body))
        return {"event_id": f"${len(self.sent)}"}


@dataclass
class World:
    """The bot in a room with Alice and Inès."""

    homeserver: FakeHomeserver
    machine: Machine
    directory: KeyDirectory
    room: Room
    alice: Person
    ines: Person
    sender: RoomSender

    async def say(self) -> dict[str, Any]:
        """Say something in the room: what everybody in it sees."""
        await self.sender.send(self.room, "m.room.message", {"body": "bonjour"}, "transaction")
        return self.homeserver.sent[-1]


def world_of(folder: Path, shares_with: Trust) -> Iterator[World]:
    machine = Machine(BOT, "BOT", folder / "bot", "a pickle key")
    alice, ines = [
        Person(Machine(user, "DEV", folder / user[1:5], "a pickle key"), Identity.new(user)) for user in (ALICE, INES)
    ]
    homeserver = FakeHomeserver({ALICE: alice, INES: ines})
    directory = KeyDirectory(cast("Any", homeserver), machine)
    sender = RoomSender(cast("Any", homeserver), machine, directory, shares_with=shares_with, shares_with_invited=False)
    room = Room(ROOM, encrypted=True, members=dict.fromkeys((BOT, ALICE, INES), "join"))
    yield World(homeserver, machine, directory, room, alice, ines, sender)
    for one in (machine, alice.machine, ines.machine):
        one.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from world_of(tmp_path, Trust.KNOWN_DEVICE)


async def test_everybody_in_the_room_reads_what_is_said_there(world: World) -> None:
    said = await world.say()
    assert world.alice.reads(said)
    assert world.ines.reads(said)


async def test_who_has_left_reads_nothing_more(world: World) -> None:
    await world.say()
    del world.room.members[INES]
    said = await world.say()
    assert world.alice.reads(said)
    assert not world.ines.reads(said)


async def test_who_left_while_we_were_out_of_the_room_reads_nothing_when_we_are_back(world: World) -> None:
    await world.say()
    world.sender.forget(ROOM)
    del world.room.members[INES]
    said = await world.say()
    assert world.alice.reads(said)
    assert not world.ines.reads(said)


async def test_a_device_without_keys_for_us_is_asked_seldom_and_gets_none(world: World) -> None:
    world.ines.one_time_keys.clear()
    for _ in range(3):
        said = await world.say()
    assert world.alice.reads(said)
    assert not world.ines.reads(said)
    assert world.homeserver.claims == 1
    assert len(world.sender._no_key_since) == 1


async def test_nothing_is_kept_of_rooms_that_we_have_left(world: World) -> None:
    await world.say()
    world.sender.forget(ROOM)
    assert (len(world.sender._locks), len(world.sender._has_key)) == (0, 0)
    assert not world.machine.usable(ROOM)
