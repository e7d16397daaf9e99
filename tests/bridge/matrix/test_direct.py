"""A direct chat is one person's and the bridge's, and nobody else's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from bridge.matrix.direct import DirectRooms
from bridge.matrix.rooms import Rooms
from bridge.ports import Permanent
from contract.ids import MatrixId, RoomId
from tests.bridge.fakes import CAMILLE, INES, PARVIS
from tests.bridge.matrix.keys import keys_in

THEIRS = RoomId("!theirs")


@dataclass
class Homeserver:
    """Rooms by the memberships in them."""

    rooms: dict[RoomId, dict[MatrixId, str]] = field(default_factory=dict)
    user_id: MatrixId = PARVIS

    async def request(self, method: str, path: str, body: Any = None, **_: object) -> dict[str, Any]:
        parts = [unquote(part) for part in path.split("/")[4:]]
        match method, parts:
            case "POST", ["createRoom"]:
                room = RoomId(f"!made-{len(self.rooms)}")
                self.rooms[room] = {PARVIS: "join"}
                return {"room_id": room}
            case "GET", ["rooms", room, what]:
                return self._told(RoomId(room), what)
            case "GET", ["rooms", _, "state", "m.room.encryption"]:
                return {"algorithm": "m.megolm.v1.aes-sha2"}
            case "PUT", ["rooms", room, "state", "m.room.member", user]:
                self.rooms[RoomId(room)][MatrixId(user)] = body["membership"]
        return {}

    def _told(self, room: RoomId, what: str) -> dict[str, Any]:
        there = self.rooms[room]
        if there.get(PARVIS) != "join":
            raise Permanent("M_FORBIDDEN", "HTTP 403")
        if what == "joined_members":
            return {"joined": {user: {} for user, membership in there.items() if membership == "join"}}
        return {"chunk": [{"state_key": user, "content": {"membership": one}} for user, one in there.items()]}


@pytest.fixture
async def homeserver() -> Homeserver:
    return Homeserver()


@pytest.fixture
async def direct(tmp_path: Path, homeserver: Homeserver) -> AsyncIterator[DirectRooms]:
    server: Any = homeserver
    async with keys_in(tmp_path) as keys:
        rooms = Rooms(server, keys.state, keys.store)

        async def joined() -> frozenset[RoomId]:
            return frozenset(room for room, there in homeserver.rooms.items() if there.get(PARVIS) == "join")

        rooms.joined = joined  # type: ignore[method-assign]
        homeserver.rooms[THEIRS] = {PARVIS: "join", CAMILLE: "join"}
        await rooms.refresh(THEIRS)
        yield DirectRooms(server, keys.db, rooms)


async def test_a_chat_is_made_once(homeserver: Homeserver, direct: DirectRooms) -> None:
    room = await direct.with_(CAMILLE)
    assert homeserver.rooms[room] == {PARVIS: "join", CAMILLE: "invite"}
    assert await direct.with_(CAMILLE) == room
    homeserver.rooms[room][CAMILLE] = "join"
    assert await direct.with_(CAMILLE) == room


async def test_who_was_not_invited_because_we_died_is_invited_then(homeserver: Homeserver, direct: DirectRooms) -> None:
    room = await direct.with_(CAMILLE)
    del homeserver.rooms[room][CAMILLE]
    assert await direct.with_(CAMILLE) == room
    assert homeserver.rooms[room][CAMILLE] == "invite"


@pytest.mark.parametrize("membership", ["leave", "ban"])
async def test_a_chat_that_they_have_left_is_not_used_again(
    homeserver: Homeserver, direct: DirectRooms, membership: str
) -> None:
    room = await direct.with_(CAMILLE)
    homeserver.rooms[room][CAMILLE] = membership
    assert await direct.with_(CAMILLE) != room


@pytest.mark.parametrize("membership", ["invite", "join"])
async def test_a_chat_into_which_somebody_else_was_let_is_not_used_again(
    homeserver: Homeserver, direct: DirectRooms, membership: str
) -> None:
    room = await direct.with_(CAMILLE)
    homeserver.rooms[room] |= {CAMILLE: "join", INES: membership}
    other = await direct.with_(CAMILLE)
    assert other != room
    assert direct.other(room) is None
    assert homeserver.rooms[other] == {PARVIS: "join", CAMILLE: "invite"}


async def test_who_was_there_once_and_has_left_is_nobody(homeserver: Homeserver, direct: DirectRooms) -> None:
    room = await direct.with_(CAMILLE)
    homeserver.rooms[room] |= {CAMILLE: "join", INES: "leave"}
    assert await direct.with_(CAMILLE) == room


async def test_a_chat_that_they_made_is_the_one_if_nobody_else_is_there(
    homeserver: Homeserver, direct: DirectRooms
) -> None:
    homeserver.rooms[THEIRS][INES] = "invite"
    await direct.adopt(CAMILLE, THEIRS)
    assert direct.other(THEIRS) is None
    homeserver.rooms[THEIRS][INES] = "leave"
    await direct.adopt(CAMILLE, THEIRS)
    assert direct.other(THEIRS) == CAMILLE
    assert await direct.with_(CAMILLE) == THEIRS


async def test_a_chat_that_they_made_replaces_one_that_is_none_any_more(
    homeserver: Homeserver, direct: DirectRooms
) -> None:
    room = await direct.with_(CAMILLE)
    await direct.adopt(CAMILLE, THEIRS)
    assert direct.other(THEIRS) is None
    homeserver.rooms[room][CAMILLE] = "leave"
    await direct.adopt(CAMILLE, THEIRS)
    assert await direct.with_(CAMILLE) == THEIRS
