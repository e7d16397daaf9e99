"""What changed while the bridge was down is found, whatever happens to the homeserver meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bridge.matrix import events
from bridge.matrix.catchup import CatchUp
from bridge.matrix.inbox import Inbox
from bridge.matrix.rooms import Rooms
from bridge.ports import Permanent, Retriable, RoomError
from contract.ids import MatrixId, RoomId
from tests.bridge.fakes import CAMILLE, PARVIS
from tests.bridge.matrix.keys import Keys, keys_in

ONE, TWO, THREE = RoomId("!one"), RoomId("!two"), RoomId("!three")


@dataclass
class Homeserver:
    """In all rooms are the bridge and Camille. `fail` raises what it says when a room's members are asked for."""

    rooms: tuple[RoomId, ...] = (ONE, TWO, THREE)
    fail: dict[RoomId, list[RoomError]] = field(default_factory=dict)
    user_id: MatrixId = PARVIS

    async def request(self, _method: str, path: str, *_: object) -> dict[str, Any]:
        *_, room, what = path.split("/")
        room = RoomId(room.replace("%21", "!"))
        if what == "joined_rooms":
            return {"joined_rooms": list(self.rooms)}
        if what == "joined_members":
            if self.fail.get(room):
                raise self.fail[room].pop()
            return {"joined": {PARVIS: {}, CAMILLE: {}}}
        return {}


@pytest.fixture
async def keys(tmp_path: Path) -> AsyncIterator[Keys]:
    async with keys_in(tmp_path) as these:
        yield these


async def found(keys: Keys, homeserver: Homeserver, monkeypatch: pytest.MonkeyPatch) -> tuple[set[RoomId], Inbox]:
    """In which rooms something was found."""
    monkeypatch.setattr("bridge.matrix.retrying.random.uniform", lambda *_: 0.0)
    server: Any = homeserver
    awake: set[RoomId] = set()

    def wake(rooms: Iterable[RoomId]) -> None:
        awake.update(rooms)

    inbox = Inbox(keys.db)
    await CatchUp(server, Rooms(server, keys.state, keys.store), inbox, wake, "parvis").once()
    return awake, inbox


async def test_every_room_that_changed_is_told_of_once(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await found(keys, Homeserver(), monkeypatch))[0] == {ONE, TWO, THREE}
    assert (await found(keys, Homeserver(), monkeypatch))[0] == set()


async def test_a_homeserver_that_goes_away_meanwhile_is_waited_for_and_nothing_is_missed(
    keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    homeserver = Homeserver(fail={TWO: [Retriable("ServerDisconnectedError")] * 3})
    assert (await found(keys, homeserver, monkeypatch))[0] == {ONE, TWO, THREE}


async def test_one_room_that_cannot_be_read_keeps_the_others_from_nothing(
    keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    homeserver = Homeserver(fail={TWO: [Permanent("M_INVALID_PARAM", "HTTP 400")]})
    assert (await found(keys, homeserver, monkeypatch))[0] == {ONE, THREE}


async def test_a_room_that_we_are_no_longer_in_was_left(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    await found(keys, Homeserver(), monkeypatch)
    awake, inbox = await found(keys, Homeserver(rooms=(ONE, THREE)), monkeypatch)
    assert awake == {TWO}
    rows = [row async for row in _rows(inbox, TWO)]
    assert isinstance(rows[-1].event, events.Left)


async def _rows(inbox: Inbox, room: RoomId) -> AsyncIterator[Any]:
    while (row := await inbox.next(room, 60.0)) is not None:
        yield row
        await inbox.done(row)
