"""How rooms are arranged and who may change what in them, as their state says, whatever is written in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bridge.matrix import events
from bridge.matrix.arrangement import Arrangement, Origin, may_send, named
from bridge.matrix.homeserver import Homeserver as RealHomeserver
from bridge.matrix.homeserver import path
from bridge.matrix.rooms import Rooms
from bridge.ports import SPACE_CHILD, SPACE_PARENT, Permanent, Retriable
from contract.ids import EventId, MatrixId, RoomId
from tests.bridge.fakes import CAMILLE, INES, PARVIS, ROOM
from tests.bridge.matrix.keys import keys_in
from tests.bridge.matrix.test_events import ME, raw

SPACE = RoomId("!space:hub.test")
ALL = frozenset({CAMILLE, INES, PARVIS})
NOT_FOUND = Permanent("M_NOT_FOUND", "HTTP 404")
ELEVEN = Origin(is_space=False, creators=frozenset({CAMILLE}), above_all=False)
TWELVE = Origin(is_space=False, creators=frozenset({CAMILLE}), above_all=True)
VIA = {"via": ["culture.gouv.test"]}


def child(room: Any, content: Any, sender: Any = CAMILLE, type_: str = SPACE_CHILD) -> dict[str, Any]:
    return {"type": type_, "state_key": room, "sender": sender, "content": content}


class TestWhatASpaceNames:
    def test_is_its_children_with_who_named_each(self) -> None:
        state = [child("!a", VIA), child("!b:hub.test", {**VIA, "suggested": True}, INES), {"type": "m.room.name"}]
        assert named(state) == {"!a": CAMILLE, "!b:hub.test": INES}

    @pytest.mark.parametrize(
        "event",
        [
            child("!a", {}),
            child("!a", {"via": []}),
            child("!a", {"via": "culture.gouv.test"}),
            child("!a", {"via": [1, None, ""]}),
            child("!a", {"via": {"culture.gouv.test": True}}),
            child("!a", []),
            child("!a", None),
            child("!a", "via"),
            child("a", VIA),
            child(None, VIA),
            child(["!a"], VIA),
            child("!" + "a" * 300, VIA),
            child("!\ud800", VIA),
            child("!a", VIA, sender="camille"),
            child("!a", VIA, sender=None),
            child("!a", VIA, type_=SPACE_PARENT),
            "m.space.child",
            None,
            [],
        ],
    )
    def test_is_nothing_where_it_makes_no_sense(self, event: Any) -> None:
        assert named([event, child("!b", VIA)]) == {"!b": CAMILLE}


class TestPower:
    @pytest.mark.parametrize(
        ("levels", "allowed"),
        [
            ({"users": {CAMILLE: 100, INES: 50}}, {CAMILLE, INES}),
            ({"users": {CAMILLE: 100, INES: 49}}, {CAMILLE}),
            ({"users": {CAMILLE: 100}, "state_default": 100, "users_default": 50}, {CAMILLE}),
            ({"users_default": 50}, ALL),
            ({"state_default": 0}, ALL),
            ({"users": {CAMILLE: "100", INES: " 50 "}, "state_default": "50"}, {CAMILLE, INES}),
            ({"users": {CAMILLE: 100}, "events": {"m.room.name": 0}}, {CAMILLE}),
            ({}, set()),
        ],
    )
    def test_to_change_a_room_is_that_to_send_state_which_it_does_not_name(
        self, levels: dict[str, Any], allowed: set[MatrixId]
    ) -> None:
        assert may_send(levels, ELEVEN, ALL, None) == allowed

    @pytest.mark.parametrize(
        ("levels", "allowed"),
        [
            ({"users": {CAMILLE: 100, INES: 50}, "events": {SPACE_CHILD: 100}}, {CAMILLE}),
            ({"users": {CAMILLE: 100}, "events": {SPACE_CHILD: 0}}, ALL),
            ({"users": {CAMILLE: 100}, "events": {SPACE_PARENT: 0}}, {CAMILLE}),
            ({"users": {CAMILLE: 100}, "events": {SPACE_CHILD: "no"}}, {CAMILLE}),
        ],
    )
    def test_to_arrange_a_space_is_that_to_send_what_names_its_rooms(
        self, levels: dict[str, Any], allowed: set[MatrixId]
    ) -> None:
        assert may_send(levels, ELEVEN, ALL, SPACE_CHILD) == allowed

    @pytest.mark.parametrize(
        "levels",
        [
            {"users": [CAMILLE]},
            {"users": {INES: True}},
            {"users": {INES: None}},
            {"users": {INES: {}}},
            {"users": {INES: 99.5}},
            {"users": {INES: "1e3"}},
            {"users": {INES: "9" * 5_000}},
            {"users_default": "all"},
            {"users_default": True, "state_default": [], "events": 7},
            {"state_default": None},
            {"state_default": False},
        ],
    )
    def test_is_nobodys_by_what_makes_no_sense(self, levels: dict[str, Any]) -> None:
        assert may_send(levels, ELEVEN, ALL, None) == set()
        assert may_send(levels, ELEVEN, ALL, SPACE_CHILD) == set()

    def test_is_all_of_who_made_the_room_since_version_12(self) -> None:
        levels = {"users": {INES: 100}, "state_default": 101}
        assert may_send(levels, TWELVE, ALL, None) == {CAMILLE}
        assert may_send(levels, ELEVEN, ALL, None) == set()

    @pytest.mark.parametrize("origin", [ELEVEN, TWELVE])
    def test_is_theirs_alone_where_the_room_has_no_levels(self, origin: Origin) -> None:
        assert may_send(None, origin, ALL, None) == {CAMILLE}

    def test_is_of_who_is_joined(self) -> None:
        assert may_send({"users": {CAMILLE: 100}}, TWELVE, frozenset({INES}), None) == set()


@pytest.mark.parametrize(
    ("event", "origin"),
    [
        ({"sender": CAMILLE, "content": {"room_version": "11"}}, ELEVEN),
        ({"sender": CAMILLE, "content": {}}, ELEVEN),
        ({"sender": CAMILLE, "content": {"room_version": "12"}}, TWELVE),
        ({"sender": CAMILLE, "content": {"room_version": 12, "type": ["m.space"]}}, ELEVEN),
        ({"sender": CAMILLE, "content": {"room_version": "11", "additional_creators": [INES]}}, ELEVEN),
        (
            {"sender": CAMILLE, "content": {"room_version": "12", "additional_creators": [INES, 1], "type": "m.space"}},
            Origin(is_space=True, creators=frozenset({CAMILLE, INES}), above_all=True),
        ),
        ({"content": "m.space"}, Origin(is_space=False, creators=frozenset(), above_all=False)),
    ],
)
def test_a_creation_says_whether_it_is_a_space_and_who_made_it(event: Any, origin: Origin) -> None:
    assert Origin.of(event) == origin


@dataclass
class Homeserver:
    """Answers by path; what is not there is not found. `asked` is how often each was."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    user_id: MatrixId = PARVIS

    async def request(self, _method: str, where: str, *_: object, query: Any = None) -> dict[str, Any]:
        found: dict[str, Any] = await self.listing(where)
        return found

    async def listing(self, where: str) -> Any:
        self.asked.append(where)
        answer = self.answers.get(where, NOT_FOUND)
        if isinstance(answer, Exception):
            raise answer
        return answer


CREATE = path("rooms", SPACE, "state", "m.room.create", "")


@pytest.fixture
def homeserver() -> Homeserver:
    return Homeserver(
        {
            path("joined_rooms"): {"joined_rooms": [SPACE]},
            path("rooms", SPACE, "joined_members"): {"joined": {PARVIS: {}, CAMILLE: {}, INES: {}}},
            CREATE: {"sender": CAMILLE, "content": {"type": "m.space", "room_version": "12"}},
        }
    )


@pytest.fixture
async def arrangement(tmp_path: Path, homeserver: Homeserver) -> AsyncIterator[Arrangement]:
    server: Any = homeserver
    async with keys_in(tmp_path) as keys:
        yield Arrangement(server, Rooms(server, keys.state, keys.store))


async def test_a_space_is_one_by_its_creation_which_is_asked_once(
    homeserver: Homeserver, arrangement: Arrangement
) -> None:
    assert await arrangement.is_space(SPACE)
    assert await arrangement.is_space(SPACE)
    assert homeserver.asked == [CREATE]
    with pytest.raises(Permanent):
        await arrangement.is_space(ROOM)


async def test_power_is_read_anew_each_time(homeserver: Homeserver, arrangement: Arrangement) -> None:
    where = path("rooms", SPACE, "state", "m.room.power_levels", "")
    assert await arrangement.allowed(SPACE, None) == {CAMILLE}
    homeserver.answers[where] = {"users": {INES: 50}}
    assert await arrangement.allowed(SPACE, None) == {CAMILLE, INES}
    homeserver.answers[where] = Retriable("HTTP 502")
    with pytest.raises(Retriable):
        await arrangement.allowed(SPACE, None)


async def test_nobody_has_power_in_a_room_that_we_are_not_in(homeserver: Homeserver, arrangement: Arrangement) -> None:
    homeserver.answers[path("joined_rooms")] = {"joined_rooms": []}
    homeserver.answers[path("rooms", SPACE, "joined_members")] = NOT_FOUND
    assert await arrangement.allowed(SPACE, None) == frozenset()


@pytest.mark.parametrize(
    ("content", "names"),
    [(VIA, True), ({**VIA, "canonical": True}, True), ({}, False), ({"via": []}, False), (NOT_FOUND, False)],
)
async def test_a_room_names_its_parent_with_a_way_to_it(
    homeserver: Homeserver, arrangement: Arrangement, content: Any, names: bool
) -> None:
    homeserver.answers[path("rooms", ROOM, "state", SPACE_PARENT, SPACE)] = content
    assert await arrangement.names_parent(ROOM, SPACE) is names


async def test_a_space_that_we_are_in_names_nothing_only_if_it_says_so(
    homeserver: Homeserver, arrangement: Arrangement
) -> None:
    where = path("rooms", SPACE, "state")
    homeserver.answers[where] = [child("!a", VIA)]
    assert await arrangement.children(SPACE) == {"!a": CAMILLE}
    homeserver.answers[where] = Permanent("M_FORBIDDEN", "HTTP 403")
    with pytest.raises(Retriable):
        await arrangement.children(SPACE)
    homeserver.answers[path("joined_rooms")] = {"joined_rooms": []}
    assert await arrangement.children(SPACE) == {}


@pytest.mark.parametrize(
    ("type_", "key", "space"),
    [
        (SPACE_CHILD, "!child", ROOM),
        (SPACE_PARENT, SPACE, SPACE),
    ],
)
def test_a_room_that_is_arranged_is_heard_of(type_: str, key: str, space: RoomId) -> None:
    event = events.parse(raw(type_, {}, state_key=key), ME)
    assert event == events.Arranged(RoomId("!room"), EventId("$event"), space)
    assert events.from_json(events.to_json(event)) == event


@pytest.mark.parametrize("key", [None, "", "room", 7, "!" + "a" * 300, "!\ud800"])
@pytest.mark.parametrize("type_", [SPACE_CHILD, SPACE_PARENT])
def test_nothing_is_arranged_by_what_names_no_room(type_: str, key: Any) -> None:
    assert events.parse(raw(type_, VIA, state_key=key), ME) is None
    assert events.parse(raw(type_, VIA), ME) is None


@pytest.mark.parametrize(
    ("state", "is_space"),
    [
        ([{"type": "m.room.create", "content": {"type": "m.space"}}], True),
        ([{"type": "m.room.create", "content": {"type": "m.room"}}], False),
        ([{"type": "m.room.create", "content": "m.space"}, 7], False),
        ([], False),
        ({}, False),
    ],
)
def test_an_invitation_says_whether_it_is_to_a_space(state: Any, is_space: bool) -> None:
    invited = raw("m.room.member", {"membership": "invite"}, state_key=ME, unsigned={"invite_room_state": state})
    event = events.parse(invited, ME)
    assert isinstance(event, events.Invited)
    assert event.is_space is is_space


@pytest.mark.parametrize("answer", [b"{}", b"<html>", b"null"])
async def test_a_list_is_one_or_is_asked_for_again(monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    server = RealHomeserver("http://h", "token", PARVIS)

    async def answered(*_: object) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, answer

    monkeypatch.setattr(server, "_answer", answered)
    with pytest.raises(Retriable):
        await server.listing("/state")
    answer = b"[1]"
    assert await server.listing("/state") == [1]
