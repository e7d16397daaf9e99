"""Whatever happens between any two awaits of the bridge, nothing that a room is told names what a member may not read.

The world changes at random whenever the bridge waits for a homeserver or for the workspace: people come and go, rights
are given and taken, Matrix ids are linked and unlinked. Meanwhile things happen to documents, links are pasted,
questions are asked, and offers are answered. `PARVIS_SEED` plays one seed: the same choices, though not in the same
order to the last, for the database has a thread and a clock of its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from bridge import linkcards, offers
from bridge.audiences import Audiences
from bridge.matrix.retrying import Backoff
from bridge.ports import AudienceChanged, Permanent, Reaction, Retriable, RoomError, Sealed, Trust
from cards.offers import Choice
from contract.answers import Audience
from contract.events import EventType
from contract.ids import EventId, ItemId, MatrixId, RoomId, Sub
from tests.bridge.conftest import Bridge
from tests.bridge.fakes import CAMILLE, INES, PARVIS, SERVICES, event, item, message, url_of

LOUIS, SOFIA = MatrixId("@louis.petit:culture.gouv.test"), MatrixId("@sofia.roux:interieur.gouv.test")
PEOPLE = (CAMILLE, INES, LOUIS, SOFIA)
ROOMS = (RoomId("!one"), RoomId("!two"))
TYPES = (
    EventType.DOCUMENT_CREATED,
    EventType.DOCUMENT_UPDATED,
    EventType.DOCUMENT_SHARED,
    EventType.DOCUMENT_TRASHED,
    EventType.DOCUMENT_RESTORED,
)
_TITLE = re.compile(r"Titre-([0-9a-f]{32})")


class Leak(AssertionError):
    """A title reached somebody who may not read it, or might have."""


@dataclass
class Attempt:
    """What one task of the bridge has asked: who is in each room, and who may read what. At which step, each."""

    joined: dict[RoomId, int] = field(default_factory=dict)
    #: When it was last answered that all of these may read that; gone when the answer was that they may not.
    yes: dict[tuple[frozenset[MatrixId], ItemId], int] = field(default_factory=dict)


_attempt: ContextVar[Attempt | None] = ContextVar("attempt", default=None)


def attempt() -> Attempt:
    """That of the task that asks, and of those that it waits for."""
    mine = _attempt.get()
    if mine is None:
        mine = Attempt()
        _attempt.set(mine)
    return mine


class Always:
    """What the fake workspace does after each answer, before it is received."""

    def __init__(self, what: Callable[[], Awaitable[None]]) -> None:
        self.what = what

    def pop(self, _index: int) -> Callable[[], Awaitable[None]]:
        return self.what


class World:
    """The two edges of the bridge, which change as `chance` will, and what was answered and told at which step."""

    def __init__(self, bridge: Bridge, seed: int) -> None:
        self.bridge, self.chance = bridge, random.Random(seed)
        self.rooms, self.workspace = bridge.rooms, bridge.workspace
        self.step = 0
        self.told = 0
        self.sealed: dict[tuple[RoomId, str], set[frozenset[MatrixId]]] = {}
        self.folders = [self._new() for _ in range(2)]
        self.items = [self._new() for _ in range(6)]
        self.now = datetime.now(UTC) + timedelta(seconds=1)
        for room in ROOMS:
            self.rooms.members[room] = frozenset({PARVIS, CAMILLE, INES})
        self.put = self.rooms.send
        self.rooms.seal = self.seal  # type: ignore[method-assign]
        self.rooms.send = self.send  # type: ignore[method-assign]
        self.rooms.joined_members = self.joined_members  # type: ignore[method-assign]
        self.workspace._may = self.may  # type: ignore[method-assign]
        self.workspace.meanwhile = Always(self.pause)  # type: ignore[assignment]

    def _new(self) -> ItemId:
        made = item()
        self.workspace.readers[made] = set(self.chance.sample(PEOPLE, self.chance.randint(1, 4)))
        self.workspace.owners[made] = {CAMILLE}
        return made

    async def pause(self) -> None:
        """Somebody else's turn, and maybe another world after it."""
        self.step += 1
        await asyncio.sleep(0)
        if self.chance.random() < 0.25:
            self.change()

    def change(self) -> None:
        """One change of who is where, or of who may what."""
        who, where = self.chance.choice(PEOPLE), self.chance.choice(ROOMS)
        what = self.chance.choice([*self.folders, *self.items])
        match self.chance.randrange(8):
            case 0 | 1:
                self.rooms.members[where] |= {who}
            case 2:
                self.rooms.members[where] -= {who}
            case 3 | 4:
                self._mostly(self.workspace.readers[what], who)
            case 5:
                self._mostly(self.workspace.linked, who)
            case 6:
                self.workspace.trash ^= {what} if what in self.workspace.trash or self.chance.random() < 0.2 else set()
            case _:
                self._mostly(self.workspace.allows, who)

    def _mostly(self, those: set[MatrixId], who: MatrixId) -> None:
        """Let them in, or sometimes out: where nobody may do anything, nothing is told."""
        if self.chance.random() < 0.75:
            those.add(who)
        else:
            those.discard(who)

    # -- the edges

    async def joined_members(self, room: RoomId) -> frozenset[MatrixId]:
        await self.pause()
        attempt().joined[room] = self.step
        return self.rooms.members.get(room, frozenset())

    def may(self, body: Any, question: Any) -> dict[str, Any]:
        members, id_ = frozenset(body["audiences"][question["audience"]]), ItemId(UUID(question["item"]))
        is_gone = id_ in self.workspace.trash and not question["trashing"]
        readers = set() if is_gone else self.workspace.readers.get(id_, set())
        cannot = members - (readers & self.workspace.linked)
        if cannot or not members:
            return {"cannot": len(cannot), "facts": None}
        return {"cannot": 0, "facts": {"kind": "document", "title": f"Titre-{id_.hex}", "actor": "Inès Benali"}}

    def heard(self, members: frozenset[MatrixId], id_: ItemId, *, may: bool) -> None:
        """A task of the bridge was told whether all of these may read that."""
        if may:
            attempt().yes[members, id_] = self.step
        else:
            attempt().yes.pop((members, id_), None)

    async def seal(
        self, room: RoomId, event_type: str, content: Mapping[str, Any], *, only_for: frozenset[MatrixId] | None = None
    ) -> Sealed:
        await self.pause()
        joined = self.rooms.members.get(room, frozenset())
        if only_for is not None and only_for != joined:
            raise AudienceChanged
        if PARVIS not in joined:
            raise Permanent("M_FORBIDDEN", "not in the room")
        if only_for is None and _TITLE.search(json.dumps(content)):
            raise Leak(f"step {self.step}: {room} is told a title, whoever has come meanwhile")
        self.check(room, content, joined)
        self.sealed.setdefault((room, json.dumps(content, sort_keys=True)), set()).add(joined)
        return Sealed(room, event_type, {"clear": content})

    async def send(self, room: RoomId, txn_id: str, sealed: Sealed) -> EventId:
        await self.pause()
        content = sealed.content["clear"]
        readers = self.sealed.get((room, json.dumps(content, sort_keys=True)), set())
        if not any(self.allowed(room, content, those) for those in readers):
            raise Leak(f"step {self.step}: {room} is sent what was sealed for others, or long ago")
        if self.chance.random() < 0.05:
            raise Retriable("the homeserver is away")
        return await self.put(room, txn_id, sealed)

    def check(self, room: RoomId, content: Mapping[str, Any], joined: frozenset[MatrixId]) -> None:
        """Raises `Leak` where somebody gets the key who may not read, as far as was asked, what is named."""
        if not self.allowed(room, content, joined):
            raise Leak(f"step {self.step}: {room} with {sorted(joined)} was told {content}")
        self.told += len(set(_TITLE.findall(json.dumps(content))))

    def allowed(self, room: RoomId, content: Mapping[str, Any], joined: frozenset[MatrixId]) -> bool:
        """Whether the last answer to this very task, about exactly these and each thing that is named, was yes; and
        came after it asked who is in the room. (In a direct chat there is one person, who was asked about first.)
        """
        mine, agents = attempt(), joined - SERVICES
        asked = mine.joined.get(room, 0) if room in ROOMS else 0
        named = {ItemId(UUID(found)) for found in _TITLE.findall(json.dumps(content))}
        return all(mine.yes.get((agents, id_), -1) >= asked for id_ in named)

    # -- what people do

    async def act(self) -> None:
        """One thing that somebody does, or that happens."""
        room, who, what = self.chance.choice(ROOMS), self.chance.choice(PEOPLE), self.chance.choice(self.items)
        _attempt.set(Attempt())
        says = (
            f"Voir {url_of(what)}",
            "!parvis bindings",
            "!parvis access",
            f"!parvis bind {url_of(what)}",
            f"!parvis unbind {url_of(what)}",
        )
        try:
            match self.chance.randrange(9):
                case number if number < len(says):
                    edits = EventId("$before") if number == 0 and self.chance.random() < 0.3 else None
                    said = message(says[number], sender=who, room=room, replaces=edits)
                    await self.bridge.middle.on_message(said)
                case 5:
                    await self.answer()
                case _:
                    await self.happens(room)
        except RoomError:
            pass  # the bridge would be told again

    async def happens(self, room: RoomId) -> None:
        """Some things at once, in a folder that the room follows."""
        folder = self.chance.choice(self.folders)
        await self.bridge.take(event(EventType.ROOM_BOUND, folder, room=room))
        some = []
        for _ in range(self.chance.choice([1, 1, 1, 5])):
            self.now += timedelta(milliseconds=500)
            what = self.chance.choice(self.items)
            made = event(self.chance.choice(TYPES), what, at=self.now)
            some.append(replace(made, path=(folder, what), actor=Sub(self.chance.choice(["ines", "camille"]))))
        await self.bridge.take(*some)
        self.bridge.deliverer.wake(ROOMS)

    async def answer(self) -> None:
        """Somebody answers the last offer that was made."""
        rows = await self.bridge.db.fetch("SELECT * FROM middle_offer ORDER BY made_at DESC LIMIT 1")
        for row in rows:
            key = self.chance.choice(list(Choice)).emoji
            target, by = EventId(row["event_id"]), MatrixId(row["person"])
            reaction = Reaction(RoomId(row["chat"]), EventId(f"$r{self.step}"), by, target, key, Trust.CLEARTEXT)
            await self.bridge.middle.on_reaction(reaction)


@asynccontextmanager
async def delivering(bridge: Bridge) -> AsyncIterator[asyncio.Task[None]]:
    """The deliverer at work; how it ended, if it did, is raised."""
    task = asyncio.create_task(bridge.deliverer.run())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def live(
    bridge: Bridge, seed: int, steps: int, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[], None] = lambda: None
) -> World:
    """So many steps of a world, of a bridge that `spoil` may have spoilt. Raises `Leak`, by itself or in a group."""
    monkeypatch.setattr(linkcards, "ONCE_WITHIN", timedelta(0))
    monkeypatch.setattr(offers, "ASKED_WITHIN", timedelta(0))
    monkeypatch.setattr(bridge.middle._allowance, "take", lambda _who: True)
    monkeypatch.setattr("bridge.deliverer.log.exception", _raise)
    monkeypatch.setattr("bridge.deliverer.Backoff", lambda: Backoff(first=0.001, longest=0.01))
    world, asked = World(bridge, seed), Audiences.of

    async def of(self: Audiences, members: frozenset[MatrixId], id_: ItemId, *args: Any, **more: Any) -> Audience:
        answer = await asked(self, members, id_, *args, **more)
        world.heard(members, id_, may=answer.facts is not None)
        return answer

    monkeypatch.setattr(Audiences, "of", of)
    spoil()
    async with delivering(bridge) as deliverer:
        for room in ROOMS:
            await bridge.roster.tell(room)
        while world.step < steps and not deliverer.done():
            await asyncio.gather(*(world.act() for _ in range(world.chance.randint(1, 3))))
    return world


def _raise(*_: object) -> None:
    """What the deliverer would log and go on after: here it ends the run."""
    raise  # noqa: PLE0704 - it is called where an exception is handled


def _seeds(first: int, count: int) -> list[int]:
    chosen = os.environ.get("PARVIS_SEED")
    return [int(chosen)] if chosen else list(range(first, first + count))


@pytest.mark.parametrize("seed", _seeds(0, 3))
async def test_no_room_is_told_what_a_member_may_not_read(
    bridge: Bridge, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await live(bridge, seed, 2_000, monkeypatch)
    print(f"audience: seed {seed}, {world.step} steps, {world.told} titles told")
    assert world.told > 10, "a world in which nothing is told proves nothing"


@pytest.mark.long
@pytest.mark.parametrize("seed", _seeds(1_000, 10))
async def test_nor_in_a_hundred_thousand_steps(bridge: Bridge, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    world = await live(bridge, seed, 10_000, monkeypatch)
    print(f"audience: seed {seed}, {world.step} steps, {world.told} titles told")
    assert world.told > 50


async def test_a_bridge_that_remembers_answers_is_caught(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    remembered: dict[Any, Audience] = {}

    def spoil() -> None:
        asked = Audiences.of

        async def of(self: Audiences, members: frozenset[MatrixId], id_: ItemId, *args: Any, **more: Any) -> Audience:
            if (members, id_) not in remembered:
                remembered[members, id_] = await asked(self, members, id_, *args, **more)
            return remembered[members, id_]

        monkeypatch.setattr(Audiences, "of", of)

    await _is_caught(bridge, monkeypatch, spoil)


async def test_a_bridge_that_seals_for_whoever_is_there_is_caught(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil() -> None:
        seal = bridge.rooms.seal

        async def for_anybody(room: RoomId, event_type: str, content: Mapping[str, Any], **_only: Any) -> Sealed:
            return await seal(room, event_type, content)

        monkeypatch.setattr(bridge.rooms, "seal", for_anybody)

    await _is_caught(bridge, monkeypatch, spoil)


async def test_a_bridge_that_asks_about_the_others_alone_is_caught(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil() -> None:
        asked = Audiences.of

        async def of(self: Audiences, members: frozenset[MatrixId], id_: ItemId, *args: Any, **more: Any) -> Audience:
            return await asked(self, members - {LOUIS, SOFIA} or members, id_, *args, **more)

        monkeypatch.setattr(Audiences, "of", of)

    await _is_caught(bridge, monkeypatch, spoil)


async def _is_caught(bridge: Bridge, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[], None]) -> None:
    with pytest.raises((Leak, BaseExceptionGroup)) as raised:
        await live(bridge, 7, 4_000, monkeypatch, spoil)
    error = raised.value
    assert isinstance(error, Leak) or error.subgroup(Leak) is not None, "something else went wrong"
