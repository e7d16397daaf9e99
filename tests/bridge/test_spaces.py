"""Which rooms are in a space, and what the workspace is told of that: what both say, and nobody alone."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from bridge.ports import Invite, Permanent, Retriable, Upgrade
from bridge.spaces import MAX_DEPTH, MAX_SPACES
from bridge.store.spaces import SpaceTable
from contract.ids import MatrixId, RoomId
from contract.spaces import MAX_SPACE_ROOMS
from tests.bridge.conftest import Bridge
from tests.bridge.fakes import CAMILLE, INES, PARVIS, ROOM, message

SPACE, OTHER, SUB = RoomId("!space"), RoomId("!other"), RoomId("!sub")
MALLORY = MatrixId("@mallory:culture.gouv.test")


def a_space(bridge: Bridge, space: RoomId, named: dict[RoomId, MatrixId], by: MatrixId = CAMILLE) -> None:
    """A space of `by`, into which the bridge can go."""
    bridge.rooms.spaces[space] = named
    bridge.rooms.unencrypted.add(space)
    bridge.rooms.members[space] = bridge.rooms.members.get(space, frozenset()) | {by}
    bridge.rooms.powers[space] = {by}


async def into(bridge: Bridge, space: RoomId, by: MatrixId = CAMILLE) -> None:
    """Somebody invites the bridge."""
    await bridge.middle.on_invite(Invite(space, by, is_direct=False, encrypted=False, is_space=True))


@pytest.fixture(autouse=True)
async def _space(bridge: Bridge) -> None:
    """Camille arranges the space. She manages one of its rooms and Inès the other, and each has put theirs into it."""
    bridge.rooms.members |= {ROOM: frozenset({PARVIS, CAMILLE, INES}), OTHER: frozenset({PARVIS, INES})}
    bridge.rooms.powers |= {ROOM: {CAMILLE}, OTHER: {INES}}
    a_space(bridge, SPACE, {ROOM: CAMILLE, OTHER: INES})
    for room in (ROOM, OTHER):
        await bridge.roster.tell(room)


async def told(bridge: Bridge, space: RoomId = SPACE) -> list[RoomId] | None:
    """The rooms that the workspace knows to be in a space, once it was told."""
    await bridge.spaces.settle()
    known = bridge.workspace.spaces.get(space)
    return sorted(known["rooms"]) if known else None


async def changes(bridge: Bridge, space: RoomId, named: dict[RoomId, MatrixId]) -> None:
    bridge.rooms.spaces[space] = named
    await bridge.middle.on_arranged(space)


class TestASpaceToWhichTheBridgeIsInvited:
    async def test_is_gone_into_and_nothing_is_said_in_it(self, bridge: Bridge) -> None:
        await into(bridge, SPACE)
        assert SPACE in bridge.rooms.joined
        assert bridge.rooms.said(SPACE) == []
        (said,) = bridge.rooms.said(RoomId(f"!direct-{CAMILLE}"))
        assert "je n’écris rien" in said["body"]
        assert await told(bridge) == [OTHER, ROOM]
        assert bridge.workspace.spaces[SPACE]["arrangers"] == [CAMILLE]
        assert SPACE not in bridge.workspace.rooms

    async def test_is_none_if_only_the_invitation_says_so(self, bridge: Bridge) -> None:
        plain = RoomId("!plain")
        bridge.rooms.members[plain] = frozenset({CAMILLE})
        bridge.rooms.unencrypted.add(plain)
        await into(bridge, plain)
        assert plain in bridge.rooms.left
        assert await told(bridge, plain) is None

    async def test_is_one_even_if_it_is_encrypted(self, bridge: Bridge) -> None:
        bridge.rooms.unencrypted.discard(SPACE)
        await bridge.middle.on_invite(Invite(SPACE, CAMILLE, is_direct=False, encrypted=True, is_space=False))
        assert bridge.rooms.said(SPACE) == []
        assert await told(bridge) == [OTHER, ROOM]

    async def test_hears_nothing_that_is_written_in_it(self, bridge: Bridge) -> None:
        await into(bridge, SPACE)
        bridge.workspace.asked.clear()
        await bridge.middle.on_message(message("!parvis help", room=SPACE))
        await bridge.middle.on_members_changed(SPACE)
        assert bridge.rooms.said(SPACE) == []
        assert bridge.workspace.asked == []

    async def test_has_its_rooms_have_nothing_by_it_any_more_once_it_is_left(self, bridge: Bridge) -> None:
        await into(bridge, SPACE)
        await told(bridge)
        del bridge.rooms.members[SPACE]
        await bridge.middle.on_left(SPACE)
        assert not bridge.spaces.has(SPACE)
        assert await told(bridge) is None

    async def test_begins_anew_where_it_is_left_and_come_into_again_before_the_workspace_was_told(
        self, bridge: Bridge
    ) -> None:
        await into(bridge, SPACE)
        await told(bridge)
        bridge.workspace.spaces[SPACE]["bindings"] = ["of the stay before"]
        del bridge.rooms.members[SPACE]
        await bridge.middle.on_left(SPACE)
        a_space(bridge, SPACE, {ROOM: CAMILLE})
        await into(bridge, SPACE)
        assert await told(bridge) == [ROOM]
        assert bridge.workspace.spaces[SPACE]["bindings"] == []


class TestARoomIsInASpace:
    async def test_if_who_put_it_there_may_say_so_in_the_room(self, bridge: Bridge) -> None:
        bridge.rooms.spaces[SPACE] = {ROOM: MALLORY, OTHER: INES}
        await into(bridge, SPACE)
        assert await told(bridge) == [OTHER]

    async def test_if_it_names_the_space_as_its_parent_too(self, bridge: Bridge) -> None:
        bridge.rooms.spaces[SPACE] = {ROOM: MALLORY}
        await into(bridge, SPACE)
        assert await told(bridge) == []
        bridge.rooms.parents.add((ROOM, SPACE))
        await bridge.middle.on_arranged(SPACE)
        assert await told(bridge) == [ROOM]

    async def test_not_by_its_own_claim(self, bridge: Bridge) -> None:
        bridge.rooms.spaces[SPACE] = {}
        bridge.rooms.parents |= {(ROOM, SPACE), (OTHER, SPACE)}
        await into(bridge, SPACE)
        await bridge.middle.on_arranged(SPACE)
        assert await told(bridge) == []

    async def test_not_if_mallory_names_rooms_of_others_in_a_space_of_hers(self, bridge: Bridge) -> None:
        theirs = RoomId("!theirs")
        a_space(bridge, theirs, {ROOM: MALLORY, OTHER: MALLORY, RoomId("!nowhere"): MALLORY}, MALLORY)
        await into(bridge, theirs, MALLORY)
        assert await told(bridge, theirs) == []

    async def test_and_stays_so_when_who_put_it_there_is_gone(self, bridge: Bridge) -> None:
        await into(bridge, SPACE)
        await told(bridge)
        bridge.rooms.powers |= {ROOM: set(), OTHER: set()}
        await changes(bridge, SPACE, {ROOM: MALLORY, OTHER: MALLORY})  # whoever sorts the rooms says it again
        assert await told(bridge) == [OTHER, ROOM]

    async def test_until_the_space_names_it_no_longer(self, bridge: Bridge) -> None:
        await into(bridge, SPACE)
        await told(bridge)
        await changes(bridge, SPACE, {OTHER: INES})
        assert await told(bridge) == [OTHER]
        await changes(bridge, SPACE, {ROOM: MALLORY, OTHER: INES})
        assert await told(bridge) == [OTHER], "what they had agreed on is over"

    async def test_only_while_the_bridge_is_in_the_room_which_is_encrypted(self, bridge: Bridge) -> None:
        later, clear = RoomId("!later"), RoomId("!clear")
        bridge.rooms.members[clear] = frozenset({PARVIS, CAMILLE})
        bridge.rooms.unencrypted.add(clear)
        bridge.rooms.powers |= {later: {CAMILLE}, clear: {CAMILLE}}
        bridge.rooms.spaces[SPACE] |= {later: CAMILLE, clear: CAMILLE}
        await into(bridge, SPACE)
        assert await told(bridge) == [OTHER, ROOM]
        bridge.rooms.members[later] = frozenset({CAMILLE})
        await bridge.middle.on_invite(Invite(later, CAMILLE, is_direct=False, encrypted=True))
        assert await told(bridge) == [later, OTHER, ROOM]

    async def test_that_is_left_and_come_into_again_before_the_workspace_was_told(self, bridge: Bridge) -> None:
        await into(bridge, SPACE)
        del bridge.rooms.members[ROOM]
        await bridge.middle.on_left(ROOM)
        bridge.rooms.members[ROOM] = frozenset({PARVIS, CAMILLE})
        await bridge.middle.on_members_changed(ROOM)
        assert await told(bridge) == [OTHER, ROOM]
        await bridge.roster.tell(ROOM)  # forgets the stay before
        bridge.workspace.spaces[SPACE]["rooms"].remove(ROOM)  # as the workspace does with it
        assert await told(bridge) == [OTHER, ROOM]

    async def test_that_the_workspace_has_not_heard_of_it_is_told_of_first(self, bridge: Bridge) -> None:
        bridge.workspace.rooms.clear()
        await into(bridge, SPACE)
        assert await told(bridge) == [OTHER, ROOM]


class TestASpaceInASpace:
    @pytest.fixture(autouse=True)
    def _sub(self, bridge: Bridge) -> None:
        """Inès arranges it, and has put it into Camille's."""
        a_space(bridge, SUB, {OTHER: INES}, INES)
        bridge.rooms.spaces[SPACE] = {ROOM: CAMILLE, SUB: INES}

    async def test_brings_its_rooms_if_the_bridge_is_in_it(self, bridge: Bridge) -> None:
        await into(bridge, SPACE)
        assert await told(bridge) == [ROOM]
        await into(bridge, SUB, INES)
        await bridge.middle.on_arranged(SPACE)
        assert await told(bridge) == [OTHER, ROOM]
        assert await told(bridge, SUB) == [OTHER]
        await changes(bridge, SUB, {})
        assert await told(bridge) == [ROOM]

    async def test_and_if_it_agrees(self, bridge: Bridge) -> None:
        bridge.rooms.spaces[SPACE] = {SUB: MALLORY}
        await into(bridge, SUB, INES)
        await into(bridge, SPACE)
        assert await told(bridge) == []
        bridge.rooms.parents.add((SUB, SPACE))
        await bridge.middle.on_arranged(SPACE)
        assert await told(bridge) == [OTHER]

    async def test_takes_its_rooms_away_when_it_is_left(self, bridge: Bridge) -> None:
        for space, by in ((SUB, INES), (SPACE, CAMILLE)):
            await into(bridge, space, by)
        assert await told(bridge) == [OTHER, ROOM]
        del bridge.rooms.members[SUB]
        await bridge.middle.on_left(SUB)
        assert await told(bridge) == [ROOM]

    async def test_is_no_room_even_if_it_is_encrypted_and_was_not_seen_yet(self, bridge: Bridge) -> None:
        bridge.rooms.unencrypted.discard(SUB)
        await bridge.rooms.join(SUB)
        await into(bridge, SPACE)
        assert await told(bridge) == [OTHER, ROOM]
        assert SUB not in bridge.workspace.rooms
        assert await told(bridge, SUB) == [OTHER]

    async def test_that_names_the_one_above_it_goes_round_once(self, bridge: Bridge) -> None:
        bridge.rooms.spaces[SUB] |= {SPACE: CAMILLE, SUB: INES}
        for space, by in ((SUB, INES), (SPACE, CAMILLE)):
            await into(bridge, space, by)
        async with asyncio.timeout(10):
            assert await told(bridge) == await told(bridge, SUB) == [OTHER, ROOM]

    async def test_is_not_looked_for_without_end(self, bridge: Bridge) -> None:
        """Each has one room and one space."""
        spaces = [SPACE, *(RoomId(f"!deep-{depth}") for depth in range(MAX_DEPTH + 3))]
        rooms = [RoomId(f"!room-{depth}") for depth in range(len(spaces))]
        for space, room, under in zip(spaces, rooms, [*spaces[1:], SPACE], strict=True):
            bridge.rooms.members[room] = frozenset({PARVIS, CAMILLE})
            bridge.rooms.powers[room] = {CAMILLE}
            a_space(bridge, space, {room: CAMILLE, under: CAMILLE})
            await into(bridge, space)
        assert await told(bridge) == sorted(rooms[: MAX_DEPTH + 1])

    async def test_is_one_of_so_many_at_most_with_so_many_rooms(self, bridge: Bridge) -> None:
        subs = [RoomId(f"!sub-{number:03}") for number in range(MAX_SPACES + 5)]
        rooms = [RoomId(f"!room-{number:03}") for number in range(MAX_SPACE_ROOMS + 5)]
        for room in rooms:
            bridge.rooms.members[room] = frozenset({PARVIS, CAMILLE})
            bridge.rooms.powers[room] = {CAMILLE}
            bridge.workspace.rooms[room] = {"room_id": room, "language": None, "bindings": []}
        for sub in subs:
            a_space(bridge, sub, {})
            bridge.rooms.members[sub] |= {PARVIS}
            await bridge.spaces.arrived(sub)
        a_space(bridge, SPACE, {**dict.fromkeys(rooms, CAMILLE), **dict.fromkeys(subs, CAMILLE)})
        read: list[RoomId] = []
        children = bridge.rooms.children

        async def counted(space: RoomId) -> object:
            read.append(space)
            return await children(space)

        bridge.rooms.children = counted  # type: ignore[method-assign, assignment]
        await into(bridge, SPACE)
        await bridge.spaces.tell(SPACE)
        assert len(bridge.workspace.spaces[SPACE]["rooms"]) == MAX_SPACE_ROOMS
        assert len(read) <= MAX_SPACES


class TestWhatWasMissed:
    async def test_is_caught_up_at_the_next_comparison(self, bridge: Bridge) -> None:
        await into(bridge, SPACE)
        await told(bridge)
        bridge.rooms.spaces[SPACE] = {OTHER: INES}  # no event said so
        assert await told(bridge) == [OTHER, ROOM]
        await bridge.spaces.compare()
        assert await told(bridge) == [OTHER]

    async def test_may_be_a_space_that_was_left_or_come_into(self, bridge: Bridge) -> None:
        a_space(bridge, SUB, {OTHER: INES}, INES)
        await into(bridge, SUB, INES)
        await told(bridge)
        del bridge.rooms.members[SUB]
        await bridge.rooms.join(SPACE)
        await bridge.spaces.compare()
        assert await told(bridge) == [OTHER, ROOM]
        assert await told(bridge, SUB) is None

    async def test_may_be_a_space_of_which_only_the_workspace_knows(self, bridge: Bridge) -> None:
        bridge.workspace.spaces[SUB] = {"space_id": SUB, "rooms": [], "bindings": []}
        await bridge.spaces.compare()
        assert bridge.workspace.spaces == {}

    async def test_is_not_a_space_that_is_come_into_meanwhile(self, bridge: Bridge) -> None:
        await into(bridge, SPACE)
        joined = bridge.rooms.joined_rooms

        async def before_it_was_left_and_come_into_again() -> frozenset[RoomId]:
            found = await joined() - {SPACE}
            await bridge.middle.on_arranged(SPACE)
            return found

        bridge.rooms.joined_rooms = before_it_was_left_and_come_into_again  # type: ignore[method-assign]
        await bridge.spaces.compare()
        assert bridge.spaces.has(SPACE)

    async def test_is_no_room_for_the_roster(self, bridge: Bridge) -> None:
        await bridge.rooms.join(SPACE)
        await bridge.roster._compare()
        assert bridge.spaces.has(SPACE)
        assert await bridge.table.standing(SPACE) is None
        assert await told(bridge) == [OTHER, ROOM]

    async def test_may_be_a_space_in_which_somebody_comes_or_goes(self, bridge: Bridge) -> None:
        await bridge.rooms.join(SPACE)
        await bridge.middle.on_members_changed(SPACE)
        assert await told(bridge) == [OTHER, ROOM]
        assert await bridge.table.standing(SPACE) is None

    async def test_is_remembered_over_a_restart(self, bridge: Bridge) -> None:
        await into(bridge, SPACE)
        again = SpaceTable(bridge.db)
        await again.load()
        assert again.known == {SPACE}


class TestAHomeserverThatDoesNotAnswer:
    async def test_about_one_space_keeps_no_other_from_being_told(self, bridge: Bridge) -> None:
        a_space(bridge, SUB, {OTHER: INES}, INES)
        await into(bridge, SUB, INES)
        await into(bridge, SPACE)
        bridge.rooms.unreadable.add(SPACE)
        with pytest.raises(Retriable):
            await bridge.spaces.settle()
        assert bridge.workspace.spaces[SUB]["rooms"] == [OTHER]
        bridge.rooms.unreadable.clear()
        assert await told(bridge) == [OTHER, ROOM]

    async def test_is_asked_again_though_somebody_asked_for_something_meanwhile(self, bridge: Bridge) -> None:
        await into(bridge, SPACE)
        bridge.rooms.unreadable.add(SPACE)
        assert await bridge.spaces.around(ROOM) == []
        bridge.rooms.unreadable.clear()
        assert await bridge.spaces._table.untold() == [SPACE]
        assert bridge.spaces._table.news.is_set()

    async def test_is_waited_for(self, bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("bridge.matrix.retrying.random.uniform", lambda *_: 0.0)
        await into(bridge, SPACE)
        bridge.workspace.refuse = [httpx.Response(503), httpx.Response(503)]
        task, there = asyncio.create_task(bridge.spaces.run()), asyncio.Event()

        async def noticed() -> None:
            if len(bridge.workspace.spaces.get(SPACE, {}).get("rooms", ())) == 2:
                there.set()

        bridge.workspace.meanwhile = [noticed] * 40
        try:
            async with asyncio.timeout(20):
                await there.wait()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


class TestASpaceThatIsUpgraded:
    NEW = RoomId("!new-space")

    @pytest.fixture(autouse=True)
    async def _successor(self, bridge: Bridge) -> None:
        await into(bridge, SPACE)
        await told(bridge)
        a_space(bridge, self.NEW, {ROOM: CAMILLE})

    async def upgraded(self, bridge: Bridge) -> None:
        await bridge.middle.on_upgrade(Upgrade(SPACE, CAMILLE, self.NEW))

    async def test_hands_over_what_it_was_bound_to_if_both_say_so(self, bridge: Bridge) -> None:
        bridge.rooms.predecessors[self.NEW] = SPACE
        await self.upgraded(bridge)
        assert bridge.workspace.succeeded == [(SPACE, self.NEW)]
        assert SPACE in bridge.rooms.left
        assert await told(bridge, self.NEW) == [ROOM]
        assert bridge.rooms.said(self.NEW) == []

    async def test_keeps_the_rooms_that_it_names_again_whoever_does(self, bridge: Bridge) -> None:
        bridge.rooms.predecessors[self.NEW] = SPACE
        third = RoomId("!third")
        bridge.rooms.members[third] = frozenset({PARVIS, INES})
        bridge.rooms.spaces[self.NEW] = {ROOM: CAMILLE, OTHER: CAMILLE, third: CAMILLE}
        await self.upgraded(bridge)
        assert await told(bridge, self.NEW) == [OTHER, ROOM]

    async def test_hands_over_nothing_if_the_new_one_does_not(self, bridge: Bridge) -> None:
        await self.upgraded(bridge)
        assert bridge.workspace.succeeded == []
        assert self.NEW in bridge.rooms.left
        assert SPACE not in bridge.rooms.left

    async def test_hands_over_nothing_to_a_room_nor_a_room_to_a_space(self, bridge: Bridge) -> None:
        bridge.rooms.predecessors |= {self.NEW: ROOM, OTHER: SPACE}
        await bridge.middle.on_upgrade(Upgrade(ROOM, CAMILLE, self.NEW))
        await bridge.middle.on_upgrade(Upgrade(SPACE, CAMILLE, OTHER))
        assert bridge.workspace.succeeded == []
        assert bridge.rooms.left.keys() == {self.NEW}, "we were in the other one before"

    async def test_hands_over_when_somebody_invites_us(self, bridge: Bridge) -> None:
        bridge.rooms.predecessors[self.NEW] = SPACE
        bridge.rooms.closed.add(self.NEW)
        await self.upgraded(bridge)
        bridge.rooms.closed.clear()
        await into(bridge, self.NEW)
        assert bridge.workspace.succeeded == [(SPACE, self.NEW)]


class TestARoomOfASpaceThatIsUpgraded:
    async def test_is_in_it_when_the_space_names_the_new_one(self, bridge: Bridge) -> None:
        new = RoomId("!new")
        bridge.rooms.members[new] = frozenset({CAMILLE})
        bridge.rooms.powers[new] = {CAMILLE}
        bridge.rooms.predecessors[new] = ROOM
        await into(bridge, SPACE)
        assert await told(bridge) == [OTHER, ROOM]
        await bridge.middle.on_upgrade(Upgrade(ROOM, CAMILLE, new))
        assert bridge.workspace.succeeded == [(ROOM, new)]
        await bridge.spaces.compare()
        assert await told(bridge) == [OTHER]
        await changes(bridge, SPACE, {new: CAMILLE, OTHER: INES})
        assert await told(bridge) == [new, OTHER]


async def test_a_space_that_cannot_be_looked_at_any_more_is_left_alone(bridge: Bridge) -> None:
    async def gone(_room: RoomId) -> bool:
        raise Permanent("M_FORBIDDEN", "HTTP 403")

    bridge.rooms.is_space = gone  # type: ignore[method-assign]
    await bridge.rooms.join(SPACE)
    await bridge.spaces.compare()
    assert not bridge.spaces.has(SPACE)
