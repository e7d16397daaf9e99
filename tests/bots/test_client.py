"""The client's direct chats, with a homeserver of which one decides what it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bots.framework import client as client_module
from bots.framework.client import ClientSettings, SafeClient
from bots.framework.errors import HomeserverRefused
from bots.framework.files import claimed
from bots.framework.state import State

BOT, ALICE, INES = "@bot:b.test", "@alice:a.test", "@ines:a.test"


class FakeHomeserver:
    """Makes rooms, and keeps `m.direct`; every answer takes a moment."""

    def __init__(self) -> None:
        self.direct: dict[str, Any] = {}
        self.rooms: dict[str, str] = {}
        self.refusals: list[HomeserverRefused] = []

    async def get(self, path: str) -> dict[str, Any]:
        await asyncio.sleep(0)
        if path.endswith("/m.direct"):
            return dict(self.direct)
        invited = self.rooms[path.split("/")[2].replace("%21", "!")]
        members = [
            {"type": "m.room.member", "state_key": user, "sender": BOT, "content": {"membership": membership}}
            for user, membership in ((BOT, "join"), (invited, "invite"))
        ]
        encryption = {"type": "m.room.encryption", "state_key": "", "sender": BOT, "content": {}}
        return {"list": [encryption, *members]}

    async def post(self, path: str, body: Mapping[str, Any], *, patience: float = 60) -> dict[str, Any]:
        if path.startswith("/join/"):
            if self.refusals:
                raise self.refusals.pop(0)
            return {}
        assert path == "/createRoom"
        [invited] = body["invite"]
        room_id = f"!{len(self.rooms)}"
        self.rooms[room_id] = invited
        await asyncio.sleep(0)
        return {"room_id": room_id}

    async def put(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(0)
        self.direct = dict(body)
        return {}


@pytest.fixture
def homeserver() -> FakeHomeserver:
    return FakeHomeserver()


@pytest.fixture
def client(tmp_path: Path, homeserver: FakeHomeserver) -> Iterator[SafeClient]:
    machine = SimpleNamespace(user_id=BOT, device_id="DEV")
    settings = ClientSettings("http://127.0.0.1:1", BOT, "password", tmp_path)
    state = State(tmp_path / "state.db")
    with claimed(tmp_path) as claim:
        yield SafeClient(settings, cast("Any", homeserver), cast("Any", machine), state, claim, cross_signed=True)
    state.close()


async def test_there_is_one_direct_chat_a_person(client: SafeClient, homeserver: FakeHomeserver) -> None:
    rooms = await asyncio.gather(*(client.direct(user) for user in (ALICE, INES, ALICE, INES)))
    assert len({room.room_id for room in rooms}) == 2
    assert rooms[0] is rooms[2]


async def test_chats_that_begin_at_the_same_time_are_both_remembered(
    client: SafeClient, homeserver: FakeHomeserver
) -> None:
    one, other, _ = await asyncio.gather(client.direct(ALICE), client.direct(INES), client.note_direct("!old", ALICE))
    assert set(homeserver.direct[ALICE]) == {"!old", one.room_id}
    assert homeserver.direct[INES] == [other.room_id]


async def test_nothing_is_kept_of_whom_we_have_spoken_to(client: SafeClient) -> None:
    await asyncio.gather(*(client.direct(f"@{number}:a.test") for number in range(5)))
    assert len(client._direct_locks) == 0


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_JOIN_PAUSES", (0, 0, 0))


@pytest.mark.usefixtures("_quick")
async def test_who_follows_an_invitation_before_it_is_stored_tries_again(
    client: SafeClient, homeserver: FakeHomeserver
) -> None:
    homeserver.rooms["!new"] = ALICE
    homeserver.refusals = [HomeserverRefused("M_FORBIDDEN", "You are not invited to this room.", 403)] * 3
    assert (await client.join("!new")).encrypted


@pytest.mark.usefixtures("_quick")
@pytest.mark.parametrize(("code", "left"), [("M_FORBIDDEN", 6), ("M_NOT_FOUND", 9)])
async def test_an_invitation_that_does_not_hold_is_refused(
    client: SafeClient, homeserver: FakeHomeserver, code: str, left: int
) -> None:
    homeserver.refusals = [HomeserverRefused(code, "no", 403)] * 10
    with pytest.raises(HomeserverRefused):
        await client.join("!new")
    assert len(homeserver.refusals) == left
