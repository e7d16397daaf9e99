"""What the pump does with what it cannot read, or not answer, at once; driven by prepared answers of a homeserver."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bots.framework import pump as pump_module
from bots.framework import state as state_module
from bots.framework.errors import (
    HomeserverRefused,
    HomeserverUnavailable,
    KeysUnavailable,
    LoginRefused,
    Undecryptable,
)
from bots.framework.message import RoomEvent
from bots.framework.pump import Pump
from bots.framework.rooms import Room
from bots.framework.state import Invitation, State
from bots.framework.trust import Trust

ALICE, MALLORY = "@alice:a.test", "@mallory:m.test"
ROOM = "!room"


@dataclass
class FakeHomeserver:
    """Gives one prepared answer after the other; when there is no batch left, we are signed out."""

    batches: list[dict[str, Any]] = field(default_factory=list)
    older: list[dict[str, Any] | Exception] = field(default_factory=list)

    async def get(self, path: str, query: Mapping[str, str], *, wait: float = 0) -> dict[str, Any]:
        answers: Sequence[Any] = self.batches if path == "/sync" else self.older
        if not answers:
            raise HomeserverRefused("M_UNKNOWN_TOKEN", "signed out", 401)
        answer = cast("list[Any]", answers).pop(0)
        if isinstance(answer, Exception):
            raise answer
        return cast("dict[str, Any]", answer)


@dataclass
class FakeIntake:
    """Reads everything but what it is told otherwise of, by event id."""

    errors: dict[str, Exception] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    async def read(self, room_id: str, raw: Mapping[str, Any], *, history: bool) -> RoomEvent:
        event_id = raw["event_id"]
        self.tries[event_id] += 1
        if event_id in self.errors:
            raise self.errors[event_id]
        return RoomEvent(
            room_id, event_id, raw["sender"], raw["type"], {}, 0, True, Trust.KNOWN_DEVICE, history=history
        )


@dataclass
class Recorder:
    """A listener that remembers, and fails where it is told to, by event id."""

    heard: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    errors: dict[str, Exception] = field(default_factory=dict)

    async def on_ready(self) -> None:
        """The rooms are known."""

    async def on_event(self, event: RoomEvent) -> None:
        if event.event_id in self.errors:
            raise self.errors[event.event_id]
        self.heard.append(event.event_id)

    async def on_unreadable(self, room_id: str, sender: str, event_id: str) -> None:
        self.told.append(event_id)

    async def on_invitation(self, invitation: Invitation) -> None:
        """Nobody invites us."""

    async def on_typing(self, room_id: str, users: Sequence[str]) -> None:
        """Nobody types."""


class FakeMachine:
    def receive_to_device(self, event: Mapping[str, Any]) -> str | None:
        """Every to-device event is the key of a session."""
        return str(event["content"]["session_id"])

    def one_time_keys_upload(self, on_server: int) -> None:
        """There are enough."""


@dataclass
class World:
    """A pump and all around it."""

    state: State
    homeserver: FakeHomeserver = field(default_factory=FakeHomeserver)
    intake: FakeIntake = field(default_factory=FakeIntake)
    listener: Recorder = field(default_factory=Recorder)
    now: float = 1_800_000_000.0

    async def sync(self, *batches: dict[str, Any]) -> None:
        """Handle these answers of the homeserver."""
        self.homeserver.batches = [{"next_batch": "s", **batch} for batch in batches]
        self.state.put("next_batch", "s0")
        self.state.joined(ROOM)
        with pytest.raises(LoginRefused):
            await self._pump().run()

    async def after(self, seconds: float) -> None:
        """Let time pass, and the homeserver answer that there is nothing new."""
        self.now += seconds
        await self.sync({})

    def _pump(self) -> Pump:
        async def nothing(*_: Any) -> None:
            """Nothing to be done."""

        client = SimpleNamespace(
            state=self.state,
            homeserver=self.homeserver,
            rooms={ROOM: Room(ROOM)},
            user_id="@bot:b.test",
            settings=SimpleNamespace(history_events=0),
            directory=SimpleNamespace(changed=lambda _: None, no_longer_shared=lambda _: None),
            read_members=nothing,
        )
        sender = SimpleNamespace(flush=nothing, forget=lambda _: None)
        return Pump(
            cast("Any", client),
            self.listener,
            cast("Any", FakeMachine()),
            cast("Any", self.intake),
            cast("Any", sender),
        )


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    world = World(State(tmp_path / "state.db"))
    monkeypatch.setattr(pump_module, "AWAY_SECONDS", 0)
    monkeypatch.setattr(time, "time", lambda: world.now)
    yield world
    world.state.close()


def message(event_id: str, sender: str = ALICE, session: str = "session") -> dict[str, Any]:
    content = {"session_id": session}
    return {"event_id": event_id, "sender": sender, "type": "m.room.encrypted", "content": content}


def batch(*events: dict[str, Any], prev_batch: str | None = None, keys: Sequence[str] = ()) -> dict[str, Any]:
    timeline = {"events": list(events), "limited": prev_batch is not None, "prev_batch": prev_batch}
    given = [{"type": "m.room_key", "sender": ALICE, "content": {"session_id": key}} for key in keys]
    return {"rooms": {"join": {ROOM: {"timeline": timeline}}}, "to_device": {"events": given}}


async def test_what_could_not_be_answered_is_tried_again_later(world: World) -> None:
    world.listener.errors["$1"] = HomeserverUnavailable("no answer")
    await world.sync(batch(message("$1"), message("$2")))
    assert world.listener.heard == ["$2"]
    assert not world.state.was_handled("$1")
    del world.listener.errors["$1"]
    await world.after(60)
    assert world.listener.heard == ["$2", "$1"]
    assert world.state.was_handled("$1")
    await world.after(60)
    assert world.listener.heard == ["$2", "$1"]
    assert world.listener.told == [], "their application has done nothing wrong"


async def test_a_homeserver_that_wants_to_be_left_alone_is(world: World) -> None:
    world.listener.errors["$1"] = HomeserverUnavailable("rate limited", retry_after=3600)
    await world.sync(batch(message("$1")))
    tries = world.intake.tries["$1"]
    await world.after(3000)
    assert world.intake.tries["$1"] == tries
    del world.listener.errors["$1"]
    await world.after(700)
    assert world.listener.heard == ["$1"]


async def test_what_waited_and_was_handled_by_another_way_is_not_handled_again(world: World) -> None:
    """A crash before our place in the sync was stored: the homeserver sends the same events once more."""
    world.listener.errors["$1"] = HomeserverUnavailable("no answer")
    await world.sync(batch(message("$1")))
    del world.listener.errors["$1"]
    await world.sync(batch(message("$1")))
    await world.after(3600)
    assert world.listener.heard == ["$1"]


async def test_what_was_written_in_the_clear_is_not_kept(world: World) -> None:
    world.listener.errors["$1"] = HomeserverUnavailable("no answer")
    await world.sync(batch(message("$1") | {"type": "m.room.message", "content": {"body": "mots"}}))
    assert list(world.state.waiting(world.now + 3600)) == []


async def test_an_answer_is_not_tried_for_ever(world: World) -> None:
    world.listener.errors["$1"] = HomeserverUnavailable("no answer")
    await world.sync(batch(message("$1")))
    await world.after(pump_module.GIVE_UP_SECONDS + 1)
    del world.listener.errors["$1"]
    await world.after(3600)
    assert world.listener.heard == []


async def test_older_messages_are_asked_for_until_the_homeserver_is_back(world: World) -> None:
    world.homeserver.older = [
        HomeserverUnavailable("no answer"),
        HomeserverUnavailable("no answer"),
        {"chunk": [message("$0")]},
    ]
    await world.sync(batch(message("$1"), prev_batch="p"))
    assert world.listener.heard == ["$0", "$1"]


async def test_a_room_whose_older_messages_never_come_holds_up_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pump_module, "GAP_SECONDS", 0)
    world.homeserver.older = [HomeserverUnavailable("no answer")] * 3
    await world.sync(batch(message("$1"), prev_batch="p"))
    assert world.listener.heard == ["$1"]


async def test_a_question_that_the_homeserver_refuses_stops_nothing(world: World) -> None:
    world.intake.errors["$1"] = HomeserverRefused("M_TOO_LARGE", "the answer is too large", 502)
    await world.sync(batch(message("$1", MALLORY), message("$2")))
    assert world.listener.heard == ["$2"]


async def test_a_message_is_read_as_soon_as_its_key_comes(world: World) -> None:
    world.intake.errors["$1"] = Undecryptable("no key", waits=True)
    await world.sync(batch(message("$1")))
    world.now += 1
    await world.sync({})
    assert world.intake.tries["$1"] == 1, "nothing has changed for it"
    del world.intake.errors["$1"]
    await world.sync(batch(keys=["another"]))
    assert world.intake.tries["$1"] == 1
    await world.sync(batch(keys=["session"]))
    assert world.listener.heard == ["$1"]


async def test_what_waits_is_looked_at_more_and_more_seldom(world: World) -> None:
    world.intake.errors["$1"] = KeysUnavailable("their homeserver does not answer")
    await world.sync(batch(message("$1")))
    for _ in range(600):
        await world.after(6)
    assert 5 <= world.intake.tries["$1"] <= 15


async def test_who_sent_what_cannot_be_read_is_told_once_a_session(world: World) -> None:
    for event_id in ("$1", "$2", "$3"):
        world.intake.errors[event_id] = Undecryptable("no key", waits=True)
    await world.sync(batch(message("$1"), message("$2")))
    assert world.listener.told == []
    for _ in range(10):
        await world.after(10)
    assert world.listener.told == ["$1"]
    await world.sync(batch(message("$3")))
    for _ in range(10):
        await world.after(10)
    assert world.listener.told == ["$1"]


async def test_somebody_whose_devices_are_not_known_is_not_told_that_their_application_is_at_fault(
    world: World,
) -> None:
    world.intake.errors["$1"] = KeysUnavailable("their homeserver does not answer")
    await world.sync(batch(message("$1")))
    for _ in range(10):
        await world.after(10)
    assert world.listener.told == []


async def test_a_flood_that_nobody_can_read_takes_nothing_from_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_module, "WAITING_A_SENDER", 5)
    flood = [message(f"$m{number}", MALLORY, f"session {number}") for number in range(50)]
    for one in (*flood, message("$1")):
        world.intake.errors[one["event_id"]] = Undecryptable("no key", waits=True)
    await world.sync(batch(message("$1"), *flood))
    assert len(list(world.state.waiting(world.now + 3600))) == 6
    world.intake.errors.clear()
    await world.after(60)
    assert "$1" in world.listener.heard
    assert len(world.listener.heard) == 6


async def test_a_message_that_will_never_be_read_is_not_kept(world: World) -> None:
    world.intake.errors["$1"] = Undecryptable("malformed", waits=False)
    await world.sync(batch(message("$1")))
    assert list(world.state.waiting(world.now + 3600)) == []


async def test_a_handler_that_fails_or_hangs_is_not_run_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pump_module, "HANDLE_SECONDS", 0.01)

    async def hang(event: RoomEvent) -> None:
        world.listener.heard.append(event.event_id)
        await asyncio.sleep(60)

    monkeypatch.setattr(world.listener, "on_event", hang)
    await world.sync(batch(message("$1")))
    await world.after(3600)
    assert world.listener.heard == ["$1"]
