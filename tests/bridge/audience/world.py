"""What people do in and around the rooms of the bridge, and what becomes of their world meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from bridge import linkcards, offers
from bridge.audiences import Audiences
from bridge.deliverer import Deliverer
from bridge.files import queue, save
from bridge.files.queue import Errands
from bridge.matrix.retrying import Backoff
from bridge.ports import Reaction, Redaction, RoomError, Trust
from bridge.store.delivery import Delivery
from bridge.store.errands import Errand, ErrandTable
from cards.offers import Choice
from contract.answers import Audience
from contract.client import WorkspaceClient
from contract.comments import CommentQuestion, CommentTold
from contract.events import EventType
from contract.ids import EventId, ItemId, MatrixId, RoomId, Sub
from tests.bridge.audience.board import EMOJIS
from tests.bridge.audience.moving import PEOPLE, ROOMS, Chance, MovingRooms, MovingWorkspace, sub_of
from tests.bridge.audience.oracle import CONTENT, begin, mark
from tests.bridge.conftest import Bridge
from tests.bridge.fakes import CAMILLE, INES, PARVIS, event, item, message, url_of
from tests.bridge.files.harness import attach

TYPES = (
    EventType.DOCUMENT_CREATED,
    EventType.DOCUMENT_UPDATED,
    EventType.DOCUMENT_SHARED,
    EventType.DOCUMENT_TRASHED,
    EventType.DOCUMENT_RESTORED,
)
#: What people do, and how often: links, commands, what happens, discussions on the page and in rooms, and files.
ACTS = {"pastes": 2, "commands": 4, "answers": 1, "happens": 3, "comments": 4, "talks": 3, "files": 3}


class World:
    """Between the two edges of the bridge, which change as `chance` will. People do what is one of `acts`."""

    def __init__(
        self, bridge: Bridge, rooms: MovingRooms, workspace: MovingWorkspace, chance: Chance, acts: Collection[str]
    ) -> None:
        self.bridge, self.rooms, self.workspace, self.chance = bridge, rooms, workspace, chance
        self._acts = {act: ACTS[act] for act in acts}
        self._random = chance.random
        self._now = datetime.now(UTC) + timedelta(seconds=1)
        self._folders = [self._new("folder") for _ in range(2)]
        self._above: dict[ItemId, ItemId] = {}
        self._documents = [self._new("document") for _ in range(6)]
        self._files = [self._new("file", f"rapport-{number}") for number in range(4)]
        for room in ROOMS:
            rooms.members[room] = frozenset({PARVIS, CAMILLE, INES})
        for folder in self._folders:
            workspace.drive.writers[str(folder)] = set(PEOPLE)
        workspace.drive.sealed = {str(self._folders[1])}
        chance.change = self.change

    @property
    def step(self) -> int:
        """How many times the bridge waited for an edge."""
        return self.chance.step

    def _new(self, kind: str, name: str = "") -> ItemId:
        made = item()
        self.workspace.readers[made] = set(self._random.sample(PEOPLE, self._random.randint(1, 4)))
        self.workspace.owners[made] = {CAMILLE}
        self.workspace.kinds[made], self.workspace.titles[made] = kind, name
        if kind == "document":
            self._above[made] = self._random.choice(self._folders)
        if kind == "file":
            self.workspace.drive.files[made] = mark(CONTENT, made).encode()
        return made

    # -- what changes while the bridge waits

    def change(self) -> None:
        """One change of who is where, or of who may what."""
        who, where = self._random.choice(PEOPLE), self._random.choice(ROOMS)
        saved = list(self.workspace.drive.files)[-4:]
        what = self._random.choice([*self._folders, *self._documents, *self._files, *saved])
        match self._random.randrange(10):
            case 0 | 1:
                self.rooms.members[where] |= {who}
            case 2:
                self.rooms.members[where] -= {who}
            case 3 | 4:
                self._mostly(self.workspace.readers[what], who)
            case 5:
                self._mostly(self.workspace.linked, who)
            case 6:
                is_one = what in self.workspace.trash or self._random.random() < 0.2
                self.workspace.trash ^= {what} if is_one else set()
            case 7:
                self._mostly(self.workspace.allows, who)
            case _:
                self._rarely(who)

    def _mostly(self, those: set[MatrixId], who: MatrixId) -> None:
        """Let them in, or sometimes out: where nobody may do anything, nothing is told."""
        if self._random.random() < 0.9:
            those.add(who)
        else:
            those.discard(who)

    def _rarely(self, who: MatrixId) -> None:
        """Somebody comes into the direct chat of another, or wants to be told of mentions elsewhere."""
        if self._random.random() < 0.5:
            where = self._random.choice(["direct", "room", "room", "room"])
            self.workspace.persons.setdefault(who, {})["mentions"] = where
        elif self.rooms.chats:
            self.rooms.members[self._random.choice(list(self.rooms.chats.values()))] |= {who}

    # -- what people do

    async def act(self) -> None:
        """One thing that somebody does, or that happens."""
        begin()
        room, who = self._random.choice(ROOMS), self._random.choice(PEOPLE)
        (act,) = self._random.choices(list(self._acts), list(self._acts.values()))
        with suppress(RoomError):  # the bridge would be told again
            await getattr(self, f"_{act}_")(room, who)
        await self._tell()

    async def _pastes_(self, room: RoomId, who: MatrixId) -> None:
        said = f"Voir {url_of(self._random.choice([*self._documents, *self._files]))}"
        edits = EventId("$before") if self._random.random() < 0.3 else None
        await self._says(room, who, said, replaces=edits)

    async def _commands_(self, room: RoomId, who: MatrixId) -> None:
        what = url_of(self._random.choice([*self._folders, *self._documents]))
        says = ("!parvis bindings", "!parvis access", f"!parvis bind {what}", f"!parvis unbind {what}")
        await self._says(room, who, self._random.choice(says))

    async def _says(self, room: RoomId, who: MatrixId, body: str, **more: Any) -> None:
        await self.bridge.middle.on_message(message(body, sender=who, room=room, **more))

    async def _answers_(self, _room: RoomId, _who: MatrixId) -> None:
        """Somebody answers the last offer that was made."""
        for row in await self.bridge.db.fetch("SELECT * FROM middle_offer ORDER BY made_at DESC LIMIT 1"):
            key = self._random.choice(list(Choice)).emoji
            await self._reacts(RoomId(row["chat"]), MatrixId(row["person"]), EventId(row["event_id"]), key)

    async def _reacts(self, room: RoomId, who: MatrixId, to: EventId, key: str) -> None:
        reaction = Reaction(room, EventId(f"$r{self.step}"), who, to, key, Trust.CLEARTEXT)
        await self.bridge.middle.on_reaction(reaction)

    async def _happens_(self, room: RoomId, _who: MatrixId) -> None:
        """Some things at once, in a folder that the room follows; sometimes so many alike that they are counted."""
        folder = await self._followed(room)
        if self._random.random() < 0.3:
            type_, actor = self._random.choice(TYPES), self._random.choice(["ines", "camille"])
            await self._take(folder, [(type_, what, actor) for what in self._documents])
            return
        count = self._random.choice([1, 1, 1, 5])
        some = [(self._random.choice(TYPES), self._random.choice(self._documents)) for _ in range(count)]
        await self._take(folder, [(*one, self._random.choice(["ines", "camille"])) for one in some])

    async def _followed(self, room: RoomId) -> ItemId:
        folder = self._random.choice(self._folders)
        await self.bridge.take(event(EventType.ROOM_BOUND, folder, room=room))
        return folder

    async def _take(self, folder: ItemId, happened: Sequence[tuple[EventType, ItemId, str]]) -> None:
        some = []
        for type_, what, actor in happened:
            self._now += timedelta(milliseconds=500)
            made = event(type_, what, at=self._now)
            some.append(replace(made, path=(folder, what), actor=Sub(actor)))
        await self.bridge.take(*some)
        self.bridge.deliverer.wake(ROOMS)

    # -- discussions

    async def _comments_(self, room: RoomId, _who: MatrixId) -> None:
        """Some things that people do on the pages of documents that the room follows; sometimes of a new one, of which
        no card is there yet.
        """
        await self._followed(room)
        await self.bridge.roster.tell(room)
        if self._random.random() < 0.2:
            self._documents = [*self._documents[1:], self._new("document")]
        for _ in range(self._random.choice([1, 1, 3])):
            self.workspace.board.anything(self._random, self._documents, self._somebody)

    def _somebody(self) -> list[str]:
        return [sub_of(who) for who in self._random.sample(PEOPLE, 2)]

    async def _talks_(self, room: RoomId, who: MatrixId) -> None:
        """Something that a member does in the thread of a discussion."""
        rows = await self.bridge.db.fetch(
            "SELECT event_id, root, sender FROM middle_talk WHERE room_id=$1 AND what='said' ORDER BY id DESC LIMIT 9",
            room,
        )
        if not rows:
            return
        row = self._random.choice(rows)
        target, author = EventId(row["event_id"]), MatrixId(row["sender"] or who)
        match self._random.randrange(6):
            case 0 | 1 | 2:
                await self._says(room, who, "Je vois.", thread_root=EventId(row["root"]))
            case 3:
                await self._says(room, author, "Je ne vois pas.", replaces=target)
            case 4:
                await self._reacts(room, who, target, self._random.choice((*EMOJIS, "✅")))
            case _:
                await self.bridge.middle.on_redaction(Redaction(room, EventId(f"$d{self.step}"), author, target))

    async def _tell(self) -> None:
        """The stream has what happened to comments; each is told under the folder that its document hangs in."""
        happened, self.workspace.board.events = self.workspace.board.events, []
        if happened:
            some = [replace(one, path=(self._above[one.resource.id], one.resource.id)) for one in happened]
            await self.bridge.take(*some)
            self.bridge.deliverer.wake(ROOMS)

    # -- files

    async def _files_(self, room: RoomId, who: MatrixId) -> None:
        """Somebody asks for a file by its address or by words, or has one saved, or one that was sealed opened."""
        match self._random.randrange(8):
            case 0 | 1:
                await self._says(room, who, f"!drive send {url_of(self._random.choice(self._files))}")
            case 2:
                await self._says(room, who, f"!drive send rapport-{self._random.randrange(4)}")
            case 3:
                await self._says(room, who, "!drive send rapport")
            case 4 | 5:
                await self._opens(room, who)
            case _:
                await self._says(room, who, f"!parvis bind {url_of(self._random.choice(self._folders))}")
                await self._says(room, who, "!drive save", reply_to=self._attached(room, who))

    async def _opens(self, room: RoomId, who: MatrixId) -> None:
        rows = await self.bridge.db.fetch(
            "SELECT subject FROM middle_errand WHERE room_id=$1 AND kind='save' AND state='done' ORDER BY id DESC"
            " LIMIT 3",
            room,
        )
        if rows:
            await self._says(room, who, "!drive open", reply_to=EventId(self._random.choice(rows)["subject"]))

    def _attached(self, room: RoomId, who: MatrixId) -> EventId:
        """A message of the room that carries a file: one of the last, or a new one."""
        there = [said.event_id for said in self.rooms.messages.values() if said.room == room]
        if there and self._random.random() < 0.6:
            return self._random.choice(there[-3:])
        content = uuid4()
        said = replace(attach(self.bridge, mark(CONTENT, content).encode(), sender=who), room=room)
        self.rooms.messages[said.event_id] = said
        self.rooms.attached[said.event_id] = content
        return said.event_id


@asynccontextmanager
async def _at_work(bridge: Bridge) -> AsyncIterator[Sequence[asyncio.Task[None]]]:
    """Deliverer and errands at work; how one ended, if it did, is raised."""
    tasks = [asyncio.create_task(bridge.deliverer.run()), asyncio.create_task(bridge.files.errands.run())]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def live(
    bridge: Bridge,
    seed: int,
    steps: int,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[], None] = lambda: None,
    acts: Collection[str] = tuple(ACTS),
) -> World:
    """So many steps of a world of `acts`, around a bridge that `spoil` may have spoilt. Raises `Leak`, alone or in a
    group.
    """
    rooms, workspace = bridge.rooms, bridge.workspace
    assert isinstance(rooms, MovingRooms)
    assert isinstance(workspace, MovingWorkspace)
    chance = rooms.chance
    chance.random.seed(seed)
    world = World(bridge, rooms, workspace, chance, acts)
    _without_waiting(bridge, monkeypatch)
    _listened_to(rooms, monkeypatch)
    spoil()
    await bridge.db.execute("PRAGMA synchronous = OFF")  # nobody dies here
    async with _at_work(bridge) as tasks:
        for room in ROOMS:
            await bridge.roster.tell(room)
        while world.step < steps and not any(task.done() for task in tasks):
            await asyncio.gather(*(world.act() for _ in range(chance.random.randint(1, 3))))
    return world


def _without_waiting(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has asked for too much, nothing was said lately, and what fails is tried again at once. What is logged as
    unexpected ends the run.
    """
    monkeypatch.setattr(linkcards, "ONCE_WITHIN", timedelta(0))
    monkeypatch.setattr(offers, "ASKED_WITHIN", timedelta(0))
    monkeypatch.setattr(bridge.middle._allowance, "take", lambda _who: True)
    monkeypatch.setattr(queue, "PAUSES", (0.0, 0.0, 0.0))
    monkeypatch.setattr(save, "_IN_THE_MAKING", 0.0)
    for where in ("bridge.deliverer", "bridge.files.queue"):
        monkeypatch.setattr(f"{where}.log.exception", _raise)
    for where in ("bridge.deliverer", "bridge.files.save"):
        monkeypatch.setattr(f"{where}.Backoff", lambda **_: Backoff(first=0.001, longest=0.01))


def _listened_to(rooms: MovingRooms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oracle hears what the bridge is answered, in which attempt."""
    asked, told = Audiences.of, WorkspaceClient.comments
    delivers, does, saves = Deliverer._attempt, Errands._attempt, ErrandTable.about_to_be

    async def of(self: Audiences, members: frozenset[MatrixId], of: ItemId, *args: Any, **more: Any) -> Audience:
        answer = await asked(self, members, of, *args, **more)
        rooms.oracle.heard(members, of, may=answer.facts is not None)
        return answer

    async def comments(
        self: WorkspaceClient, audiences: dict[str, list[MatrixId]], questions: list[CommentQuestion]
    ) -> tuple[CommentTold, ...]:
        answers = await told(self, audiences, questions)
        for question, answer in zip(questions, answers, strict=True):
            members = frozenset(audiences[question.audience])
            rooms.oracle.heard(members, question.comment, may=answer.comment is not None)
        return answers

    async def deliver(self: Deliverer, delivery: Delivery) -> float | frozenset[int]:
        begin()
        return await delivers(self, delivery)

    async def do(self: Errands, errand: Errand) -> None:
        begin()
        await does(self, errand)

    async def about_to_be(self: ErrandTable, errand: Errand, of: ItemId) -> None:
        rooms.oracle.kept_as[rooms.attached[errand.request.subject]] = of
        await saves(self, errand, of)

    monkeypatch.setattr(ErrandTable, "about_to_be", about_to_be)
    monkeypatch.setattr(Audiences, "of", of)
    monkeypatch.setattr(WorkspaceClient, "comments", comments)
    monkeypatch.setattr(Deliverer, "_attempt", deliver)
    monkeypatch.setattr(Errands, "_attempt", do)


def _raise(*_: object) -> None:
    """What the bridge would log and go on after: here it ends the run."""
    raise  # noqa: PLE0704 - it is called where an exception is handled
