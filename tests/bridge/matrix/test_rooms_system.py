"""The Matrix side with real homeservers: rooms, keys, trust."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from bridge.ports import RoomMessage, Trust
from tests.bridge.matrix.harness import Bridge, Person

pytestmark = pytest.mark.system
Make = Callable[[str], Awaitable[Person]]


async def test_an_agent_of_another_homeserver_reads_a_notice_and_is_heard(bridge: Bridge, person: Make) -> None:
    camille = await person("camille")
    room = await camille.create_room(bridge.side.user_id)
    await bridge.join_invited(room)
    assert await bridge.side.is_encrypted(room)
    assert await bridge.side.joined_members(room) == {camille.user_id, bridge.side.user_id}

    await bridge.say(room, "Bonjour !")
    seen = await camille.sees("Bonjour !")
    assert seen.decrypted
    assert seen.sender == bridge.side.user_id

    await camille.send(room, "!parvis help")
    heard = await bridge.told.wait(RoomMessage, lambda message: message.room == room)
    assert (heard.sender, heard.body, heard.trust) == (camille.user_id, "!parvis help", Trust.KNOWN_DEVICE)
