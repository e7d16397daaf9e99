"""A whisper is made of what its reader may read when it is said, not when it was thought of."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest
from mautrix.util.async_db import Database

from bridge.languages import Languages
from bridge.speaker import Speaker
from bridge.store.said import Said
from bridge.turns import Turns
from cards import Message
from tests.bridge.fakes import CAMILLE, FakeRooms

SECRET = Message("the title", "the title")


@pytest.fixture
def rooms() -> FakeRooms:
    return FakeRooms()


@pytest.fixture
def turns() -> Turns:
    return Turns()


@pytest.fixture
def speaker(rooms: FakeRooms, turns: Turns) -> Speaker:
    return Speaker(rooms, turns, Said(cast("Database", None)), cast("Languages", None))


async def test_who_lost_the_right_while_the_whisper_waited_is_told_nothing(
    speaker: Speaker, rooms: FakeRooms, turns: Turns
) -> None:
    may_read, asked = True, asyncio.Event()

    async def words() -> Message | None:
        asked.set()
        return SECRET if may_read else None

    chat = await rooms.direct_room(CAMILLE)
    async with turns.of(chat):
        whisper = asyncio.create_task(speaker.whisper_what(CAMILLE, words, "about"))
        await asked.wait()
        may_read = False
    assert await whisper is None
    assert rooms.said(chat) == []


async def test_no_chat_is_begun_with_who_is_told_nothing(speaker: Speaker, rooms: FakeRooms) -> None:
    async def words() -> Message | None:
        return None

    assert await speaker.whisper_what(CAMILLE, words, "about") is None
    assert rooms.members == {}


async def test_who_may_read_it_is_told_once(speaker: Speaker, rooms: FakeRooms) -> None:
    async def words() -> Message | None:
        return SECRET

    first, again = [await speaker.whisper_what(CAMILLE, words, "about") for _ in range(2)]
    assert first is not None
    assert first == again
    assert [said["body"] for said in rooms.said(first.room)] == [SECRET.body]
