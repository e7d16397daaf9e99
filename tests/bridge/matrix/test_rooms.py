"""Who is in a room, as the homeserver says it, and what is believed of what else answers in its place."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bridge.matrix.homeserver import path
from bridge.matrix.rooms import Rooms
from bridge.ports import Permanent, Retriable
from contract.ids import MatrixId, RoomId
from tests.bridge.fakes import CAMILLE, INES, PARVIS, ROOM
from tests.bridge.matrix.keys import keys_in

NOT_IN_IT = Permanent("M_FORBIDDEN", "HTTP 403")


@dataclass
class Homeserver:
    """Answers by the end of a path; an answer that is an exception is raised."""

    answers: dict[str, Any] = field(default_factory=dict)
    user_id: MatrixId = PARVIS

    async def request(self, _method: str, path: str, *_: object) -> dict[str, Any]:
        answer = self.answers[path.rsplit("/", 1)[1]]
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)

    def has(self, *members: MatrixId) -> None:
        self.answers = {
            "joined_members": {"joined": {member: {} for member in members}},
            "joined_rooms": {"joined_rooms": [ROOM]},
        }


@pytest.fixture
async def homeserver() -> Homeserver:
    return Homeserver()


@pytest.fixture
async def rooms(tmp_path: Path, homeserver: Homeserver) -> AsyncIterator[Rooms]:
    server: Any = homeserver
    async with keys_in(tmp_path) as keys:
        yield Rooms(server, keys.state, keys.store)


async def test_members_are_who_the_homeserver_says(homeserver: Homeserver, rooms: Rooms) -> None:
    homeserver.has(PARVIS, CAMILLE, INES)
    assert await rooms.members(ROOM) == {PARVIS, CAMILLE, INES}
    assert await rooms.joined() == {ROOM}


async def test_nobody_is_in_a_room_that_we_are_not_in(homeserver: Homeserver, rooms: Rooms) -> None:
    homeserver.answers = {"joined_members": NOT_IN_IT, "joined_rooms": {"joined_rooms": []}}
    assert await rooms.members(ROOM) == frozenset()


async def test_a_room_that_we_are_in_after_all_is_asked_about_again(homeserver: Homeserver, rooms: Rooms) -> None:
    homeserver.has(PARVIS, CAMILLE)
    homeserver.answers["joined_members"] = NOT_IN_IT
    with pytest.raises(Retriable):
        await rooms.members(ROOM)
    homeserver.has(PARVIS, CAMILLE)
    assert await rooms.members(ROOM) == {PARVIS, CAMILLE}


@pytest.mark.parametrize("answer", [{}, {"joined": []}, {"joined": None}])
async def test_an_answer_that_lists_nobody_at_all_is_not_believed(
    homeserver: Homeserver, rooms: Rooms, answer: dict[str, Any]
) -> None:
    homeserver.answers = {"joined_members": answer, "joined_rooms": answer}
    with pytest.raises(Retriable):
        await rooms.members(ROOM)
    with pytest.raises(Retriable):
        await rooms.joined()


async def test_what_a_room_was_like_is_kept_while_nothing_credible_is_said(
    homeserver: Homeserver, rooms: Rooms
) -> None:
    homeserver.has(PARVIS, CAMILLE)
    await rooms.members(ROOM)
    homeserver.answers["joined_members"] = Retriable("HTTP 404 M_UNKNOWN")
    with pytest.raises(Retriable):
        await rooms.refresh(RoomId(ROOM))
    assert await rooms.members(ROOM) == {PARVIS, CAMILLE}


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ({"displayname": "Ali \ud800"}, "Ali ?"),
        ({"displayname": 3}, ""),
        ({}, ""),
        (Permanent("M_NOT_FOUND", "nobody"), ""),
        (Permanent("M_FORBIDDEN", "not in the room"), ""),
    ],
)
async def test_a_name_is_what_a_homeserver_says_if_it_is_a_text(
    homeserver: Homeserver, rooms: Rooms, answer: Any, name: str
) -> None:
    homeserver.answers = {path(str(INES)).rsplit("/", 1)[1]: answer}
    assert await rooms.display_name(ROOM, INES) == name
