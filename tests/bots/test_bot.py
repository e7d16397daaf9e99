"""Whom the bot answers, how often, and which invitations it follows; without a homeserver."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bots.framework import bot as bot_module
from bots.framework.bot import Bot, Call
from bots.framework.commands import Commands
from bots.framework.errors import HomeserverRefused, HomeserverUnavailable
from bots.framework.message import RoomEvent
from bots.framework.state import Invitation
from bots.framework.trust import Trust
from tests.bots.fake_client import BOT, FakeClient, room

ALICE, MALLORY = "@alice:a.test", "@mallory:m.test"
ROOM = "!room"


class Fixture:
    """A bot in a room with two people, with a command that counts."""

    def __init__(self, at_least: Trust = Trust.KNOWN_DEVICE) -> None:
        self.client = FakeClient(rooms={ROOM: room(ROOM, ALICE, MALLORY)})
        self.ran: list[str] = []
        self.asked_for_language = 0
        commands = Commands()
        commands.add("count", help={"fr": "!count", "en": "!count"})(self._count)
        self.bot = Bot(cast("Any", self.client), commands, at_least=at_least, language_of=self._language)
        self._events = 0

    async def _count(self, call: Call) -> None:
        self.ran.append(call.message.sender)

    async def _language(self, user: str) -> str:
        self.asked_for_language += 1
        return "en" if user == MALLORY else "fr"

    async def says(self, sender: str, body: str = "!count", trust: Trust = Trust.CROSS_SIGNED) -> None:
        self._events += 1
        content = {"msgtype": "m.text", "body": body}
        event = RoomEvent(
            ROOM, f"${self._events}", sender, "m.room.message", content, 0, encrypted=True, trust=trust, history=False
        )
        await self.bot.on_event(event)

    async def invited(self, room_id: str = "!new") -> None:
        """Invited, and done with it."""
        await self.bot.on_invitation(Invitation(room_id, ALICE, direct=False, encrypted=True))
        await asyncio.gather(*self.bot._joining.values())


@pytest.fixture
def world() -> Fixture:
    return Fixture()


async def test_somebody_who_asks_too_much_keeps_nobody_else_from_being_answered(world: Fixture) -> None:
    for _ in range(500):
        await world.says(MALLORY)
    await world.says(ALICE)
    assert world.ran.count(MALLORY) == 40
    assert world.ran.count(ALICE) == 1
    assert world.asked_for_language == 42  # for each answer, and to tell one of them once that it is too much
    assert len([one for one in world.client.said if "many things at once" in str(one)]) == 1


async def test_what_is_not_said_to_the_bot_counts_for_nothing(world: Fixture) -> None:
    for _ in range(100):
        await world.says(ALICE, "nous parlons entre nous")
    await world.says(ALICE)
    assert world.ran == [ALICE]


async def test_a_kind_word_is_said_seldom_and_not_remembered_for_ever(
    world: Fixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(bot_module, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    for _ in range(3):
        await world.says(ALICE, trust=Trust.CLEARTEXT)
    assert len(world.client.told(ROOM)) == 1
    clock[0] += 3601
    await world.says(MALLORY, trust=Trust.CLEARTEXT)
    assert [user for _, user, _ in world.bot._said] == [MALLORY]
    await world.says(ALICE, trust=Trust.CLEARTEXT)
    assert len(world.client.told(ROOM)) == 3


@pytest.mark.parametrize(
    ("trust", "said"),
    [
        (Trust.CLEARTEXT, "n’était pas chiffré"),
        (Trust.KNOWN_DEVICE, "que vous n’avez pas vérifié"),
        (Trust.OTHER_IDENTITY, "demandez aux personnes qui gèrent Parvis"),
    ],
)
async def test_whoever_is_not_trusted_enough_can_read_what_they_can_do_about_it(trust: Trust, said: str) -> None:
    world = Fixture(Trust.CROSS_SIGNED)
    await world.says(ALICE, trust=trust)
    [(_, content)] = world.client.said
    assert said in content["body"]
    assert content["even_untrusted"] is True
    assert world.ran == []
    await world.says(ALICE)
    assert world.ran == [ALICE]


async def test_people_are_told_things_in_their_own_language(world: Fixture) -> None:
    await world.says(MALLORY, trust=Trust.CLEARTEXT)
    assert "was not encrypted" in world.client.told(ROOM)[0]
    world.client.joins["!new"] = [None]
    await world.invited()
    assert "Bonjour" in world.client.told("!new")[0]


async def test_a_kind_word_that_could_not_be_said_is_said_later(world: Fixture) -> None:
    world.client.fails = HomeserverUnavailable("no answer")
    with pytest.raises(HomeserverUnavailable):
        await world.says(ALICE, trust=Trust.CLEARTEXT)
    world.client.fails = None
    await world.says(ALICE, trust=Trust.CLEARTEXT)
    assert len(world.client.told(ROOM)) == 1


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, each over at once."""
    made: list[float] = []
    clock = [0.0]

    async def sleep(seconds: float) -> None:
        made.append(seconds)
        clock[0] += seconds

    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(bot_module, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    return made


async def test_an_invitation_is_followed_when_the_homeserver_is_back(world: Fixture, pauses: list[float]) -> None:
    world.client.joins["!new"] = [*[HomeserverUnavailable("no answer")] * 20, None]
    await world.invited()
    assert world.client.joined == ["!new"]
    assert pauses[:3] == [10, 20, 40]
    assert max(pauses) <= 900


async def test_an_invitation_waits_as_long_as_the_homeserver_wants_to_be_left_alone(
    world: Fixture, pauses: list[float]
) -> None:
    world.client.joins["!new"] = [HomeserverUnavailable("rate limited", retry_after=3600), None]
    await world.invited()
    assert (world.client.joined, pauses) == (["!new"], [3600])


async def test_an_invitation_is_not_followed_for_ever(world: Fixture, pauses: list[float]) -> None:
    world.client.joins["!new"] = [HomeserverUnavailable("no answer")] * 1000
    await world.invited()
    assert world.client.joined == []
    assert 23 * 3600 < sum(pauses) < 25 * 3600
    assert world.client.answered == [], "it is told again at the next start"


async def test_an_invitation_that_is_refused_is_answered(world: Fixture) -> None:
    world.client.joins = {"!gone": [HomeserverRefused("M_FORBIDDEN", "not invited", 403)]}
    await world.invited("!gone")
    assert world.client.answered == ["!gone"]


async def test_invitations_that_wait_hold_up_no_other(world: Fixture) -> None:
    for number in range(10):
        world.client.joins[f"!dead{number}"] = [HomeserverUnavailable("no answer")] * 10
        await world.bot.on_invitation(Invitation(f"!dead{number}", MALLORY, direct=False, encrypted=True))
    world.client.joins["!new"] = [None]
    await world.bot.on_invitation(Invitation("!new", ALICE, direct=False, encrypted=True))
    async with asyncio.timeout(5):
        await world.bot._joining["!new"]
    assert world.client.joined == ["!new"]
    for task in world.bot._joining.values():
        task.cancel()
    assert BOT not in world.client.told("!new")
