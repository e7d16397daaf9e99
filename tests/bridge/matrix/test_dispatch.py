"""The middle of the bridge is told of everything, for as long as that makes sense."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bridge.matrix import events
from bridge.matrix.dispatch import CONCURRENT_ROOMS, MAX_ATTEMPTS, Dispatcher
from bridge.matrix.inbox import Inbox
from bridge.matrix.retrying import Backoff
from bridge.ports import AudienceChanged, Invite, RateLimited, Retriable
from contract.errors import Unavailable
from contract.ids import EventId, MatrixId, RoomId
from tests.bridge.fakes import CAMILLE, INES, ROOM
from tests.bridge.matrix.harness import Recorder
from tests.bridge.matrix.keys import Device, Keys, keys_in

A_DAY_AGO = "UPDATE parvis_event SET received_at=received_at-86500000"


@pytest.fixture
async def keys(tmp_path: Path) -> AsyncIterator[Keys]:
    async with keys_in(tmp_path) as these:
        yield these


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited at least before each further attempt. Nothing is waited really."""
    waited: list[float] = []

    async def wait(_backoff: Backoff, at_least: float = 0.0) -> None:
        waited.append(at_least)
        await asyncio.sleep(0)

    monkeypatch.setattr(Backoff, "wait", wait)
    return waited


class NoDirectRooms:
    async def adopt(self, *_: object) -> None:
        """None is."""


def invited(room: RoomId = ROOM) -> events.Event:
    return events.Invited(room, EventId(f"${room}"), CAMILLE, is_direct=False, encrypted=True)


def encrypted(sender: MatrixId, session: str) -> events.Event:
    content = {"algorithm": events.MEGOLM, "session_id": session, "ciphertext": "x", "sender_key": "y"}
    return events.Written(ROOM, EventId(f"${sender}-{session}"), sender, 0, events.ENCRYPTED, content)


async def nothing(_event: events.Event) -> None:
    """Nothing follows for the rooms."""


@asynccontextmanager
async def running(keys: Keys, handler: Recorder, *received: events.Event, aged: str = "") -> AsyncIterator[Inbox]:
    inbox, direct = Inbox(keys.db), NoDirectRooms()
    await inbox.store("1", received, nothing)
    if aged:
        await keys.db.execute(aged)
    untyped: Any = direct
    dispatcher = Dispatcher(inbox, keys.machine, untyped, handler, 60.0, lambda: None)
    task = asyncio.create_task(dispatcher.run())
    try:
        yield inbox
    finally:
        task.cancel()
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(outcome, asyncio.CancelledError), outcome


async def until(inbox: Inbox, holds: Callable[[frozenset[RoomId]], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds(await inbox.rooms()):  # noqa: ASYNC110 - the database announces nothing
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "error", [Retriable("HTTP 503"), AudienceChanged(), Unavailable("unreachable", "away", 0, 1.0)]
)
@pytest.mark.usefixtures("waits")
async def test_what_fails_because_somebody_is_away_is_told_again_for_a_day(keys: Keys, error: Exception) -> None:
    handler = Recorder(fail=[error] * (MAX_ATTEMPTS * 3))
    async with running(keys, handler, invited()):
        assert await handler.wait(Invite)


@pytest.mark.usefixtures("waits")
async def test_after_a_day_it_is_given_up(keys: Keys) -> None:
    handler = Recorder(fail=[Retriable("HTTP 503")] * 1_000)
    async with running(keys, handler, invited(), aged=A_DAY_AGO) as inbox:
        await until(inbox, lambda rooms: not rooms)
    assert handler.told == []
    assert len(handler.fail) == 1_000 - MAX_ATTEMPTS


@pytest.mark.usefixtures("waits")
async def test_what_fails_of_itself_is_given_up_after_some_attempts(keys: Keys) -> None:
    handler = Recorder(fail=[RuntimeError("a defect")] * 1_000)
    async with running(keys, handler, invited()) as inbox:
        await until(inbox, lambda rooms: not rooms)
    assert len(handler.fail) == 1_000 - MAX_ATTEMPTS


async def test_who_asks_to_wait_is_waited_for(keys: Keys, waits: list[float]) -> None:
    handler = Recorder(fail=[RateLimited(90.0), Unavailable("busy", "busy", 429, 30.0), Retriable("HTTP 503")])
    async with running(keys, handler, invited()):
        await handler.wait(Invite)
    assert waits == [90.0, 30.0, 0.0]


async def test_rooms_that_wait_to_be_tried_again_keep_no_other_from_being_told(
    keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def for_ever(_backoff: Backoff, at_least: float = 0.0) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Backoff, "wait", for_ever)
    handler = Recorder(fail=[Retriable("HTTP 504")] * CONCURRENT_ROOMS)
    rooms = [RoomId(f"!{number}") for number in range(CONCURRENT_ROOMS + 1)]
    async with running(keys, handler, *map(invited, rooms)):
        await handler.wait(Invite)


async def test_the_keys_of_many_senders_are_asked_for_with_one_question(
    keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.matrix.dispatch._TICK", 0.01)
    camille, ines = Device(CAMILLE, "PHONE"), Device(INES, "LAPTOP")
    keys.homeserver.lists(camille.listed(), ines.listed())
    messages = [encrypted(CAMILLE, "one"), encrypted(INES, "two"), encrypted(INES, "one")]
    async with running(keys, Recorder(), *messages) as inbox:
        async with asyncio.timeout(20):
            while len(await inbox.waiting(0.0)) < len(messages):  # noqa: ASYNC110 - nothing announces it
                await asyncio.sleep(0.01)
            monkeypatch.setattr("bridge.matrix.dispatch.ASK_AFTER", 0.0)
            while len(keys.homeserver.sent) < 2:  # noqa: ASYNC110 - nothing announces it
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)  # it does not ask again
    assert keys.homeserver.asked.count("keys/query") == 1
    sessions = [
        (user, device["body"]["session_id"])
        for sent in keys.homeserver.sent
        for user, devices in sent.items()
        for device in devices.values()
    ]
    assert sorted(sessions) == [(CAMILLE, "one"), (INES, "two")]
    assert keys.machine.asked == {"one", "two"}
