"""Whatever happens between any two awaits of the bridge, nothing that a room is told names what a member may not read.

The world changes at random whenever the bridge waits for a homeserver or for the workspace: people come and go, rights
are given and taken, Matrix ids are linked and unlinked. Meanwhile things happen to documents, links are pasted,
questions are asked, and offers are answered. `PARVIS_SEED` repeats one run.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from bridge import linkcards, offers
from bridge.audiences import Audiences
from bridge.ports import AudienceChanged, Permanent, Reaction, RoomError, Sealed, Trust
from cards.offers import Choice
from contract.events import EventType
from contract.ids import EventId, ItemId, MatrixId, RoomId, Sub
from tests.bridge.conftest import Bridge
from tests.bridge.fakes import CAMILLE, INES, PARVIS, SERVICES, event, item, message, url_of

LOUIS, SOFIA = MatrixId("@louis.petit:culture.gouv.test"), MatrixId("@sofia.roux:interieur.gouv.test")
PEOPLE = (CAMILLE, INES, LOUIS, SOFIA)
ROOMS = (RoomId("!one"), RoomId("!two"))
TYPES = (EventType.DOCUMENT_CREATED, EventType.DOCUMENT_UPDATED, EventType.DOCUMENT_SHARED)
#: Steps after which an answer is older than any attempt that began with it.
STALE = 400
_TITLE = re.compile(r"Titre-([0-9a-f]{32})")


class Leak(AssertionError):
    """A title reached somebody who may not read it."""


class World:
    """The two edges of the bridge, which change as `chance` will, and what was answered and told at which step."""

    def __init__(self, bridge: Bridge, seed: int) -> None:
        self.bridge, self.chance = bridge, random.Random(seed)
        self.rooms, self.workspace = bridge.rooms, bridge.workspace
        self.step = 0
        self.told = 0
        self.allowed: dict[tuple[frozenset[MatrixId], ItemId], int] = {}
        self.folders = [self._new() for _ in range(2)]
        self.items = [self._new() for _ in range(6)]
        self.now = datetime.now(UTC) + timedelta(seconds=1)
        for room in ROOMS:
            self.rooms.members[room] = frozenset({PARVIS, CAMILLE, INES})
        self.rooms.seal = self.seal  # type: ignore[method-assign]
        self.rooms.joined_members = self.joined_members  # type: ignore[method-assign]
        self.workspace._may = self.may  # type: ignore[method-assign]

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
        match self.chance.randrange(6):
            case 0:
                self.rooms.members[where] |= {who}
            case 1:
                self.rooms.members[where] -= {who}
            case 2 | 3:
                self.workspace.readers[what] ^= {who}
            case 4:
                self.workspace.linked ^= {who}
            case _:
                self.workspace.allows ^= {who}

    # -- the edges

    async def joined_members(self, room: RoomId) -> frozenset[MatrixId]:
        await self.pause()
        return self.rooms.members.get(room, frozenset())

    def may(self, body: Any, question: Any) -> dict[str, Any]:
        members, id_ = frozenset(body["audiences"][question["audience"]]), ItemId(UUID(question["item"]))
        self.step += 1
        cannot = members - (self.workspace.readers.get(id_, set()) & self.workspace.linked)
        if cannot or not members:
            return {"cannot": len(cannot), "facts": None}
        self.allowed[members, id_] = self.step
        return {"cannot": 0, "facts": {"kind": "document", "title": f"Titre-{id_.hex}", "actor": "Inès Benali"}}

    async def seal(
        self, room: RoomId, event_type: str, content: Mapping[str, Any], *, only_for: frozenset[MatrixId] | None = None
    ) -> Sealed:
        await self.pause()
        joined = self.rooms.members.get(room, frozenset())
        if only_for is not None and only_for != joined:
            raise AudienceChanged
        if PARVIS not in joined:
            raise Permanent("M_FORBIDDEN", "not in the room")
        self.check(room, content, joined)
        return Sealed(room, event_type, {"clear": content})

    def check(self, room: RoomId, content: Mapping[str, Any], joined: frozenset[MatrixId]) -> None:
        """Everyone who gets the key may read, or could at the check before, whatever is named."""
        for found in set(_TITLE.findall(json.dumps(content, ensure_ascii=False))):
            id_, agents = ItemId(UUID(found)), joined - SERVICES
            answered = self.allowed.get((agents, id_))
            if answered is None or self.step - answered > STALE:
                raise Leak(f"step {self.step}: {room} with {sorted(agents)} was told of {id_}")
            self.told += 1

    # -- what people do

    async def act(self) -> None:
        """One thing that somebody does, or that happens."""
        room, who, what = self.chance.choice(ROOMS), self.chance.choice(PEOPLE), self.chance.choice(self.items)
        try:
            match self.chance.randrange(8):
                case 0:
                    await self.bridge.middle.on_message(message(f"Voir {url_of(what)}", sender=who, room=room))
                case 1:
                    await self.bridge.middle.on_message(message("!parvis bindings", sender=who, room=room))
                case 2:
                    await self.bridge.middle.on_message(message("!parvis access", sender=who, room=room))
                case 3:
                    await self.bridge.middle.on_message(message(f"!parvis bind {url_of(what)}", sender=who, room=room))
                case 4:
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
async def delivering(bridge: Bridge) -> AsyncIterator[None]:
    task = asyncio.create_task(bridge.deliverer.run())
    try:
        yield
    finally:
        task.cancel()
        ended = await asyncio.gather(task, return_exceptions=True)
        leaks = [error for error in ended if isinstance(error, BaseExceptionGroup)]
        if leaks:
            raise leaks[0]


async def live(bridge: Bridge, seed: int, steps: int, monkeypatch: pytest.MonkeyPatch) -> World:
    """So many steps of a world. Raises `Leak`, by itself or in a group."""
    monkeypatch.setattr(linkcards, "ONCE_WITHIN", timedelta(0))
    monkeypatch.setattr(offers, "ASKED_WITHIN", timedelta(0))
    monkeypatch.setattr(bridge.middle._allowance, "take", lambda _who: True)
    monkeypatch.setattr("bridge.deliverer.log.exception", _raise)
    world = World(bridge, seed)
    async with delivering(bridge):
        for room in ROOMS:
            await bridge.roster.tell(room)
        while world.step < steps:
            await asyncio.gather(*(world.act() for _ in range(world.chance.randint(1, 3))))
    return world


def _raise(*_: object) -> None:
    """What the deliverer would log and go on after: here it ends the run."""
    raise  # noqa: PLE0704 - it is called where an exception is handled


def _seeds(count: int) -> list[int]:
    chosen = os.environ.get("PARVIS_SEED")
    return [int(chosen)] if chosen else list(range(count))


@pytest.mark.parametrize("seed", _seeds(3))
async def test_no_room_is_told_what_a_member_may_not_read(
    bridge: Bridge, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await live(bridge, seed, 2_000, monkeypatch)
    print(f"audience: seed {seed}, {world.step} steps, {world.told} titles told")
    assert world.told > 10, "a world in which nothing is told proves nothing"


@pytest.mark.long
@pytest.mark.parametrize("seed", _seeds(10))
async def test_nor_in_a_hundred_thousand_steps(bridge: Bridge, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    world = await live(bridge, 1_000 + seed, 10_000, monkeypatch)
    print(f"audience: seed {1_000 + seed}, {world.step} steps, {world.told} titles told")
    assert world.told > 50


async def test_a_bridge_that_remembers_answers_is_caught(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Audiences.of
    remembered: dict[Any, Any] = {}

    async def of(self: Audiences, members: frozenset[MatrixId], id_: ItemId, *args: Any, **more: Any) -> Any:
        key = (frozenset(members - {LOUIS, SOFIA}), id_)  # whoever came later is not asked about
        if key not in remembered:
            remembered[key] = await asked(self, members, id_, *args, **more)
        return remembered[key]

    monkeypatch.setattr(Audiences, "of", of)
    with pytest.raises((Leak, BaseExceptionGroup)):
        await live(bridge, 7, 4_000, monkeypatch)
