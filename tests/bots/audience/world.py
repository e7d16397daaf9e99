"""What people ask a bot, and what it follows, while people come and go and rights are given and taken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest

from bots.find.search import Search
from bots.framework.bot import Bot
from bots.framework.errors import BotError
from bots.framework.memory import Memory
from bots.framework.message import RoomEvent
from bots.framework.rooms import Room
from bots.framework.showing import Showing
from bots.framework.trust import Trust
from contract.answers import Audience, Found, Question
from contract.client import WorkspaceClient
from contract.events import EventType
from contract.ids import ItemId, MatrixId
from tests.bots.audience.moving import MovingClient, heard
from tests.bridge.audience.moving import PEOPLE, ROOMS, Chance, MovingWorkspace
from tests.bridge.audience.oracle import begin
from tests.bridge.fakes import CAMILLE, FIND, INES, PARVIS, event, item

TYPES = (EventType.DOCUMENT_CREATED, EventType.DOCUMENT_UPDATED, EventType.DOCUMENT_TRASHED)


class World:
    """A bot that answers searches, and shows what happens, in two rooms and the chats that it begins."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = Chance()
        self._random = self.chance.random
        self._random.seed(seed)
        self.client, self.workspace = MovingClient(self.chance), MovingWorkspace(self.chance)
        self._services = self.workspace.client()
        self.memory = Memory(folder / "memory.db")
        search = Search(self._services, service_users=frozenset({FIND, PARVIS}), parvis=PARVIS, language="fr")
        self.search = search
        self.bot = Bot(
            cast("Any", self.client), search.commands(), at_least=Trust.KNOWN_DEVICE, language_of=search.language_of
        )
        self.showing = Showing(
            cast("Any", self.client), self._services, self.memory, service_users=frozenset({FIND, PARVIS})
        )
        self.items = [self._new(number) for number in range(8)]
        for room in ROOMS:
            members = dict.fromkeys((FIND, CAMILLE, INES), "join")
            self.client.rooms[room] = Room(room, encrypted=True, members=cast("Any", members))
        self.chance.change = self.change

    async def close(self) -> None:
        self.memory.close()
        await self._services.close()

    def _new(self, number: int) -> ItemId:
        made = item()
        self.workspace.kinds[made], self.workspace.titles[made] = "document", f"rapport-{number}"
        self.workspace.readers[made] = set(self._random.sample(PEOPLE, self._random.randint(1, 4)))
        return made

    # -- what changes while the bot waits

    def change(self) -> None:
        """One change of who is where, or of who may what."""
        who, what = self._random.choice(PEOPLE), self._random.choice(self.items)
        where = self._random.choice(ROOMS)
        match self._random.randrange(9):
            case 0 | 1:
                self.client.rooms[where].members[who] = self._random.choice(["join", "join", "invite"])
            case 2:
                self.client.rooms[where].members.pop(who, None)
            case 3 | 4:
                self._mostly(self.workspace.readers[what], who)
            case 5:
                self._mostly(self.workspace.linked, who)
            case 6:
                self._mostly(self.workspace.allows, who)
            case 7:
                is_one = what in self.workspace.trash or self._random.random() < 0.2
                self.workspace.trash ^= {what} if is_one else set()
            case _:
                self._in_a_chat(who)

    def _mostly(self, those: set[MatrixId], who: MatrixId) -> None:
        if self._random.random() < 0.9:
            those.add(who)
        else:
            those.discard(who)

    def _in_a_chat(self, who: MatrixId) -> None:
        """Whoever the chat is with comes into it, and sometimes another."""
        if self.client.chats:
            user, room = self._random.choice(list(self.client.chats.items()))
            self.client.rooms[room].members[who if self._random.random() < 0.3 else user] = "join"

    # -- what people do

    async def act(self) -> None:
        """Somebody asks something, or something happens."""
        begin()
        with suppress(BotError):  # it is done again, or said in words
            if self._random.random() < 0.3:
                await self._happens()
            else:
                await self._asks()

    async def _asks(self) -> None:
        who = self._random.choice(PEOPLE)
        room = self._random.choice([*ROOMS, *([self.client.chats[who]] if who in self.client.chats else [])])
        words = self._random.choice(["rapport", f"rapport-{self._random.randrange(8)}"])
        said = {"msgtype": "m.text", "body": f"!find {words}"}
        asked = RoomEvent(
            room, f"$asked{self.chance.step}", who, "m.room.message", said, 0, True, Trust.CROSS_SIGNED, False
        )
        await self.bot.on_event(asked)

    async def _happens(self) -> None:
        happened = event(self._random.choice(TYPES), self._random.choice(self.items))
        await self.showing.show(happened, self._random.choice(ROOMS), "fr")


async def live(
    folder: Path, seed: int, steps: int, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[World], None] | None = None
) -> World:
    """So many steps of a world, around a bot that `spoil` may have spoilt. Raises `Leak`."""
    world = World(folder, seed)
    monkeypatch.setattr(world.bot._allowance, "take", lambda _who: True)
    _listened_to(monkeypatch)
    if spoil is not None:
        spoil(world)
    try:
        while world.chance.step < steps:
            await asyncio.gather(*(world.act() for _ in range(world.chance.random.randint(1, 3))))
    finally:
        await world.close()
    return world


def _listened_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the bot is answered is heard, in which attempt."""
    searched, asked = WorkspaceClient.search, WorkspaceClient.audience

    async def search(
        self: WorkspaceClient, words: str, asker: MatrixId, *, audience: Sequence[MatrixId] | None = None, **more: Any
    ) -> Found:
        found = await searched(self, words, asker, audience=audience, **more)
        alone = [hit.item for hit in (found.asker_hits if audience is not None else found.hits)]
        heard([asker], alone, instead=True)
        if audience is not None:
            heard(audience, [hit.item for hit in found.hits], instead=list(audience) != [asker])
        return found

    async def ask(
        self: WorkspaceClient, audiences: dict[str, list[MatrixId]], questions: list[Question]
    ) -> tuple[Audience, ...]:
        answers = await asked(self, audiences, questions)
        for question, answer in zip(questions, answers, strict=True):
            heard(audiences[question.audience], [question.item] if answer.facts else [], instead=True)
        return answers

    monkeypatch.setattr(WorkspaceClient, "search", search)
    monkeypatch.setattr(WorkspaceClient, "audience", ask)
