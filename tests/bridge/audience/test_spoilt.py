"""The property can fail: a bridge that leaves out one question, on any of the ways into a room, is caught."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from bridge.audiences import Audiences
from bridge.speaker import Speaker
from bridge.turns import Turns
from contract.answers import Audience
from contract.ids import EventId, ItemId, MatrixId, RoomId
from tests.bridge.audience.moving import LOUIS, SOFIA
from tests.bridge.audience.oracle import Leak
from tests.bridge.audience.spoilt import ASKING, ONCE, SEALING, Careless, Presuming, Remembering
from tests.bridge.audience.world import ACTS, live
from tests.bridge.conftest import Bridge

#: What the same people are soon told again.
SOON = {"a card", "a link", "an attachment", "an offer"}
#: What does not happen often.
SELDOM = {"what a mention is on", "mentions in a room"}


def _each(names: Iterable[str], seldom: Collection[str]) -> list[ParameterSet]:
    """Each of these, those that take a while in the long tests."""
    return [pytest.param(name, marks=[pytest.mark.long] if name in seldom else []) for name in names]


async def _is_caught(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[], None], acts: Collection[str] = ACTS
) -> None:
    with pytest.raises((Leak, BaseExceptionGroup)) as raised:
        await live(bridge, 7, 20_000, monkeypatch, spoil, acts)
    error = raised.value
    assert isinstance(error, Leak) or error.subgroup(Leak) is not None, "something else went wrong"
    print(f"caught at step {bridge.rooms.chance.step}: {error}")  # type: ignore[attr-defined]


@pytest.mark.parametrize("what", _each(sorted(ASKING.keys() - {"an offer"}), SELDOM))
async def test_a_bridge_that_asks_about_somebody_else_is_caught(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """(An offer is made where one person may read and all may not: by one answer there is none.)"""
    part, attribute = ASKING[what]
    await _is_caught(bridge, monkeypatch, lambda: part.spoil(bridge, attribute, Presuming), part.acts)


@pytest.mark.parametrize("what", _each(sorted(ASKING.keys() - ONCE), ASKING.keys() - SOON))
async def test_a_bridge_that_remembers_answers_is_caught(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    part, attribute = ASKING[what]
    await _is_caught(bridge, monkeypatch, lambda: part.spoil(bridge, attribute, Remembering), part.acts)


@pytest.mark.parametrize("what", _each(SEALING, SELDOM))
async def test_a_bridge_that_seals_for_whoever_is_there_is_caught(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    part = SEALING[what]
    await _is_caught(bridge, monkeypatch, lambda: part.spoil(bridge, "_rooms", Careless), part.acts)


async def test_a_bridge_that_asks_before_it_is_its_turn_is_caught(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil() -> None:
        speaker: Any = bridge.middle._speaker
        monkeypatch.setattr(speaker, "_turns", Turns())
        say_now = Speaker._say_now

        async def say(room: RoomId, *args: Any, **more: Any) -> EventId | None:
            async with bridge.deliverer._turns.of(room):
                return await say_now(speaker, room, *args, **more)

        monkeypatch.setattr(speaker, "_say_now", say)

    await _is_caught(bridge, monkeypatch, spoil)


async def test_a_bridge_that_asks_about_the_others_alone_is_caught(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil() -> None:
        asked = Audiences.of

        async def of(self: Audiences, members: frozenset[MatrixId], of: ItemId, *args: Any, **more: Any) -> Audience:
            return await asked(self, members - {LOUIS, SOFIA} or members, of, *args, **more)

        monkeypatch.setattr(Audiences, "of", of)

    await _is_caught(bridge, monkeypatch, spoil)
