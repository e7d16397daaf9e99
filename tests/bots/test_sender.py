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
from bots.framework.errors import HomeserverUnavailable, Undecryptable
from bots.framework.machine import Machine, Sealed
from bots.framework.operators import NoStore, forget_identity
from bots.framework.rooms import Room
from bots.framework.sender import RoomSender
from bots.framework.state import State
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
    state: State
    room: Room
    alice: Person
    ines: Person
    sender: RoomSender

    async def say(self, *, even_untrusted: bool = False) -> dict[str, Any]:
        """Say something in the room: what everybody in it sees."""
        content = {"body": "bonjour"}
        await self.sender.send(self.room, "m.room.message", content, "transaction", even_untrusted=even_untrusted)
        return self.homeserver.sent[-1]

    def reset(self, person: Person) -> None:
        """Their identity is another one from now on."""
        person.reset()
        self.directory.changed([person.machine.user_id])


def world_of(folder: Path, shares_with: Trust) -> Iterator[World]:
    machine = Machine(BOT, "BOT", folder / "bot", "a pickle key")
    alice, ines = [
        Person(Machine(user, "DEV", folder / user[1:5], "a pickle key"), Identity.new(user)) for user in (ALICE, INES)
    ]
    homeserver = FakeHomeserver({ALICE: alice, INES: ines})
    directory = KeyDirectory(cast("Any", homeserver), machine)
    state = State(folder / "state.db")
    sender = RoomSender(
        cast("Any", homeserver),
        machine,
        directory,
        state.pinned_master,
        shares_with=shares_with,
        shares_with_invited=False,
    )
    room = Room(ROOM, encrypted=True, members=dict.fromkeys((BOT, ALICE, INES), "join"))
    yield World(homeserver, machine, directory, state, room, alice, ines, sender)
    for one in (machine, alice.machine, ines.machine, state):
        one.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from world_of(tmp_path, Trust.KNOWN_DEVICE)


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[World]:
    """Where only cross-signed devices may read."""
    yield from world_of(tmp_path, Trust.CROSS_SIGNED)


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


async def test_who_left_after_a_key_was_sent_and_nobody_said_that_it_arrived_reads_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = world.homeserver.put

    async def put_and_lose_the_answer(path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        await put(path, body)
        raise HomeserverUnavailable("the answer was lost")

    with monkeypatch.context() as patched:
        patched.setattr(world.homeserver, "put", put_and_lose_the_answer)
        with pytest.raises(HomeserverUnavailable):
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


async def test_an_identity_that_a_homeserver_made_up_reads_nothing_where_only_verified_devices_may(
    strict: World,
) -> None:
    assert strict.ines.reads(await strict.say())
    strict.reset(strict.ines)
    said = await strict.say()
    assert strict.alice.reads(said)
    assert not strict.ines.reads(said)


async def test_a_new_identity_reads_where_known_devices_may(world: World) -> None:
    await world.say()
    world.reset(world.ines)
    assert world.ines.reads(await world.say())


async def test_a_new_identity_counts_once_an_operator_says_so(strict: World, tmp_path: Path) -> None:
    await strict.say()
    strict.reset(strict.ines)
    await strict.say()
    assert forget_identity(tmp_path, INES)
    assert strict.ines.reads(await strict.say())
    assert not forget_identity(tmp_path, "@nobody:a.test")
    with pytest.raises(NoStore):
        forget_identity(tmp_path / "nowhere", INES)


async def test_whom_we_do_not_trust_reads_what_anybody_may_and_nothing_before_or_after_it(strict: World) -> None:
    await strict.say()
    strict.reset(strict.ines)
    before = await strict.say()
    meant = await strict.say(even_untrusted=True)
    after = await strict.say()
    assert [strict.ines.reads(said) for said in (before, meant, after)] == [False, True, False]
    assert all(strict.alice.reads(said) for said in (before, meant, after))
