"""The property can fail: a bridge that leaves out one question, on any of the ways into a room, is caught."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import pytest

from bridge.audiences import Audiences
from bridge.speaker import Speaker
from bridge.turns import Turns
from contract.answers import Audience
from contract.ids import EventId, ItemId, MatrixId, RoomId
from tests.bridge.audience.moving import LOUIS, SOFIA
from tests.bridge.audience.oracle import Leak
from tests.bridge.audience.spoilt import ALONE, ASKING, ONCE, SEALING, Careless, Presuming, Remembering
from tests.bridge.audience.world import ACTS, live
from tests.bridge.conftest import Bridge

#: The others take a while until the same people are told the same again.
SOON = ALONE | {"a card", "a link", "an attachment"}


def _long(what: str) -> list[pytest.MarkDecorator]:
    return [] if what in SOON else [pytest.mark.long]


async def _is_caught(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[], None], acts: Collection[str] = ACTS
) -> None:
    with pytest.raises((Leak, BaseExceptionGroup)) as raised:
        await live(bridge, 7, 10_000, monkeypatch, spoil, acts)
    error = raised.value
    assert isinstance(error, Leak) or error.subgroup(Leak) is not None, "something else went wrong"
    print(f"caught at step {bridge.rooms.chance.step}: {error}")  # type: ignore[attr-defined]


@pytest.mark.parametrize("what", [what for what in ASKING if what not in ALONE])
async def test_a_bridge_that_asks_about_one_of_them_is_caught(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    part, attribute = ASKING[what]
    await _is_caught(bridge, monkeypatch, lambda: part.spoil(bridge, attribute, Presuming), part.acts)


@pytest.mark.parametrize("what", [pytest.param(what, marks=_long(what)) for what in ASKING if what not in ONCE])
async def test_a_bridge_that_remembers_answers_is_caught(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    part, attribute = ASKING[what]
    await _is_caught(bridge, monkeypatch, lambda: part.spoil(bridge, attribute, Remembering), part.acts)


@pytest.mark.parametrize("what", SEALING)
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
