"""Two rooms on one document, the real workspace behind it, and a bridge that may be killed between any two awaits."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
from django.conf import settings
from django.test import Client
from mautrix.util.async_db import Database

from bridge.audiences import Audiences
from bridge.deliverer import Deliverer
from bridge.languages import Languages
from bridge.letters import Letters
from bridge.ports import AudienceChanged, Reaction, Redaction, Retriable, RoomMessage, Sealed, Trust
from bridge.roster import Roster
from bridge.speaker import Speaker
from bridge.store.bindings import Bindings
from bridge.store.deliveries import Deliveries
from bridge.store.inbox import Inbox, Position
from bridge.store.rooms import RoomTable
from bridge.store.said import Said
from bridge.store.spaces import SpaceTable
from bridge.store.talk import Talks
from bridge.talk.hearing import Hearing
from bridge.talk.mentions import Mentioning
from bridge.talk.telling import Telling
from bridge.turns import Turns
from contract.client import WorkspaceClient
from contract.errors import Unavailable
from contract.events import Event
from contract.grants import Act
from contract.ids import EventId, MatrixId, RoomId
from contract.resources import link
from tests.bridge.fakes import PARVIS, SERVICES, URL, FakeRooms
from tests.workspace.comments import talk
from workspace.api import services
from workspace.api.services import Scope, Service
from workspace.comments import service
from workspace.docs import service as docs
from workspace.events.models import OutboxEvent
from workspace.grants import delegations
from workspace.rooms import service as rooms_service
from workspace.sharing import tree
from workspace.sharing.roles import LinkReach, Role

HERE, THERE = RoomId("!here:hub.test"), RoomId("!there:hub.test")
ROOMS = (HERE, THERE)
OWNER, EDITOR, COMMENTER = (MatrixId(f"@{who}:i.test") for who in ("owner", "editor", "commenter"))
GUEST = MatrixId("@ali:culture.test")
BRIDGE = Service("bridge", frozenset({Scope.AUDIENCE, Scope.ROOMS, Scope.IDENTITIES}), frozenset(Act))


@contextmanager
def outside() -> Iterator[None]:
    """Django keeps the connection of a test from whatever runs in a loop: inside, no loop seems to run."""
    running = asyncio.get_running_loop()
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(running)


class Killed(asyncio.CancelledError):
    """The bridge died here."""


@dataclass
class Fate:
    """Kills, at each of the points that it is asked at, with this likelihood."""

    chance: random.Random
    likelihood: float = 0.0
    kills: int = 0

    def point(self) -> None:
        if self.chance.random() < self.likelihood:
            self.kills += 1
            raise Killed


class Mortal:
    """Something of which every call may be the last thing that the bridge does, or hears of."""

    def __init__(self, of: Any, fate: Fate) -> None:
        self._of, self._fate = of, fate

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._of, name)
        if not callable(value):
            return value

        async def call(*args: Any, **kwargs: Any) -> Any:
            self._fate.point()
            answer = await value(*args, **kwargs)
            self._fate.point()
            return answer

        return call


@dataclass
class Homeserver(FakeRooms):
    """Rooms of which the whole timeline is kept: event, sender (None: the bridge) and content, in order."""

    timeline: dict[RoomId, list[tuple[EventId, MatrixId | None, Mapping[str, Any]]]] = field(default_factory=dict)
    taken_back: set[EventId] = field(default_factory=set)

    async def send(self, room: RoomId, txn_id: str, sealed: Sealed) -> EventId:
        return self._post(room, txn_id, sealed.content["clear"])

    async def react(self, room: RoomId, txn_id: str, target: EventId, key: str) -> EventId:
        relation = {"rel_type": "m.annotation", "event_id": target, "key": key}
        return self._post(room, txn_id, {"m.relates_to": relation})

    async def redact(self, room: RoomId, txn_id: str, target: EventId) -> None:
        senders = {event: sender for event, sender, _ in self.timeline[room]}
        assert senders[target] is None, "not ours to redact"
        self.taken_back.add(target)

    def _post(self, room: RoomId, txn_id: str, content: Mapping[str, Any]) -> EventId:
        if (room, txn_id) not in self.events:
            event = EventId(f"$ours{len(self.events)}")
            self.events[room, txn_id] = (event, content)
            self.timeline.setdefault(room, []).append((event, None, content))
        return self.events[room, txn_id][0]

    def member(self, room: RoomId, event: EventId, sender: MatrixId, content: Mapping[str, Any]) -> None:
        self.timeline.setdefault(room, []).append((event, sender, content))


class Square:
    """The whole of it. What is on disk (`db`, the homeserver, the queue of each room) outlives the bridge."""

    def __init__(self, loop: asyncio.AbstractEventLoop, db: Database, scene: talk.Scene, seed: int) -> None:
        self.loop, self.db, self.scene, self.chance = loop, db, scene, random.Random(seed)
        self.fate = Fate(random.Random(seed + 1))
        self.homeserver = Homeserver()
        self.queues: dict[RoomId, deque[RoomMessage | Reaction | Redaction]] = {room: deque() for room in ROOMS}
        self.taken = 0
        self.wants, self.in_threads, self.renamed = True, False, 0
        self.born()

    def born(self) -> None:
        """A bridge starts on what is on disk."""
        db, rooms = self.db, Mortal(self.homeserver, self.fate)
        client = WorkspaceClient(URL, "of-bridge", transport=httpx.MockTransport(self._answer))
        turns, bindings, deliveries, table = Turns(), Bindings(db), Deliveries(db), RoomTable(db)
        talks = Talks(db)
        languages = Languages(table, client, "fr")
        audiences, speaker = Audiences(client, turns), Speaker(rooms, turns, Said(db), languages)
        roster = Roster(rooms, client, table, bindings, deliveries, SERVICES, languages, SpaceTable(db))
        mortal_talks, mortal_deliveries = Mortal(talks, self.fate), Mortal(deliveries, self.fate)
        mentioning = Mentioning(rooms, client, audiences, mortal_talks, turns, speaker, languages.of_room, SERVICES)
        self.telling = Telling(
            *(rooms, client, audiences, mortal_deliveries, mortal_talks),
            *(turns, mentioning, languages.of_room, SERVICES),
        )
        letters = Letters(audiences, mortal_deliveries, URL, timedelta(0), in_threads=lambda _room: self.in_threads)
        self.deliverer = Deliverer(
            *(rooms, mortal_deliveries, letters, self.telling, roster, turns, languages.of_room, SERVICES)
        )
        self.hearing = Hearing(rooms, client, mortal_talks, roster, speaker, languages, lambda *_: self.wants)
        self.deliveries, self.talks = deliveries, talks
        self.inbox = Inbox(db, bindings, deliveries)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.fate.point()
        headers = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
        with outside():
            answer = Client().generic(
                request.method,
                request.url.raw_path.decode(),
                request.content,
                content_type=request.headers.get("Content-Type", "application/json"),
                headers=headers,
            )
        self.fate.point()
        return httpx.Response(answer.status_code, content=answer.content, headers=dict(answer.items()))

    # -- what the bridge does

    async def take_events(self) -> None:
        """Take what the stream has."""
        with outside():
            rows = list(OutboxEvent.objects.order_by("pk"))[self.taken :][: self.chance.randint(1, 5)]
        if rows:
            events = [Event.from_json(bytes(row.body)) for row in rows]
            await self.inbox.take(events, Position("stream", self.taken + len(rows)))
            self.taken += len(rows)

    async def deliver(self, room: RoomId) -> bool:
        """Make the next delivery of a room. Whether there was one."""
        waiting = await self.deliveries.waiting(room, 1)
        if not waiting:
            return False
        if waiting[0].extra is None:
            await self.deliverer._deliver(waiting[0])
        else:
            await self.telling.deliver(waiting[0])
        return True

    async def hear(self, room: RoomId) -> bool:
        """Hand over the next event of a room, which is told again until it was taken. Whether there was one."""
        if not self.queues[room]:
            return False
        event = self.queues[room][0]
        match event:
            case RoomMessage():
                if (place := await self.hearing.place(event)) is not None:
                    await self.hearing.on_message(event, place)
            case Reaction():
                await self.hearing.on_reaction(event)
            case Redaction():
                await self.hearing.on_redaction(event)
        self.queues[room].popleft()
        return True

    def step(self, do: Callable[[], Coroutine[Any, Any, object]]) -> bool:
        """Do it, unless the bridge dies of it or somebody is away. Whether it was done."""
        try:
            self.loop.run_until_complete(do())
        except asyncio.CancelledError:  # a `Killed` comes out of its task as this
            self.born()
            return False
        except (Retriable, AudienceChanged, Unavailable):
            return False
        return True

    def together(self, *acts: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """Do these at the same time. Where the bridge dies of one, the others end in the middle of what they do."""
        if self.loop.run_until_complete(self._together([act() for act in acts])):
            self.born()

    async def _together(self, acts: Sequence[Coroutine[Any, Any, object]]) -> bool:
        async def alone(act: Coroutine[Any, Any, object]) -> None:
            with suppress(Retriable, AudienceChanged, Unavailable):
                await act

        waiting = {asyncio.create_task(alone(act)) for act in acts}
        while waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if any(one.cancelled() for one in done):
                for one in waiting:
                    one.cancel()
                await asyncio.gather(*waiting, return_exceptions=True)
                return True
            for one in done:
                one.result()
        return False

    def settle(self) -> None:
        """Let everything come to its end, and nobody die any more."""
        self.loop.run_until_complete(self._settle())

    async def _settle(self) -> None:
        self.fate.likelihood = 0.0
        for _ in range(10_000):
            before = self.taken
            await self.take_events()
            busy = self.taken != before
            for room in ROOMS:
                for _act in (self.deliver, self.hear):
                    try:
                        busy |= await _act(room)
                    except Retriable:
                        busy = True
            if not busy:
                return
        raise AssertionError("it never ends")

    # -- what the rooms are told of the document

    def card(self) -> list[EventId]:
        """Something happens to the document: its card in each room."""
        before = {room: len(self.homeserver.timeline.get(room, ())) for room in ROOMS}
        self.rename()
        self.settle()
        return [self.homeserver.timeline[room][before[room]][0] for room in ROOMS]

    def rename(self) -> None:
        """Something happens to the document."""
        self.renamed += 1
        docs.rename(self.scene.owner, self.scene.document.pk, f"Plan secret {self.renamed}")

    # -- what the bridge knows

    def about(self, note: EventId) -> EventId | None:
        """The message of which an event of the bridge says something, None where it does not know yet."""
        query = (
            "SELECT said.event_id FROM middle_talk note JOIN middle_talk said"
            " ON said.room_id=note.room_id AND said.comment=note.comment AND said.what='said' WHERE note.event_id=$1"
        )
        about = self.loop.run_until_complete(self.db.fetchval(query, note))
        return EventId(about) if about else None

    def thread_of(self, room: RoomId, event: EventId) -> str:
        """The discussion that an event of the room is of."""
        query = "SELECT thread FROM middle_talk WHERE room_id=$1 AND event_id=$2"
        return str(self.loop.run_until_complete(self.db.fetchval(query, room, event)))

    def known_since(self, room: RoomId, thread: str, told: Sequence[Event]) -> int:
        """The place in the stream of the comment that the room saw first of a thread."""
        query = "SELECT comment FROM middle_talk WHERE room_id=$1 AND thread=$2 AND what='said' ORDER BY id LIMIT 1"
        first = self.loop.run_until_complete(self.db.fetchval(query, room, thread))
        return next(n for n, event in enumerate(told) if (event.extra or {}).get("comment") == first)

    # -- what members do

    def event_id(self, room: RoomId) -> EventId:
        return EventId(f"$theirs{len(self.homeserver.timeline.get(room, ()))}.{room}")

    def writes(self, room: RoomId, who: MatrixId, body: str, **relation: EventId) -> EventId:
        """A message, an edit (`replaces`), one in a thread (`thread_root`) or a plain reply (`reply_to`)."""
        event = self.event_id(room)
        kinds = {"thread_root": "m.thread", "replaces": "m.replace"}
        content: dict[str, Any] = {"body": body}
        for name, target in relation.items():
            if name in kinds:
                content["m.relates_to"] = {"rel_type": kinds[name], "event_id": target}
        self.homeserver.member(room, event, who, content)
        message = RoomMessage(room, event, who, body, "m.text", Trust.CROSS_SIGNED, 0, **relation)
        self.queues[room].append(message)
        return event

    def reacts(self, room: RoomId, who: MatrixId, target: EventId, key: str) -> EventId:
        event = self.event_id(room)
        relation = {"rel_type": "m.annotation", "event_id": target, "key": key}
        self.homeserver.member(room, event, who, {"m.relates_to": relation})
        self.queues[room].append(Reaction(room, event, who, target, key, Trust.CLEARTEXT))
        return event

    def takes_back(self, room: RoomId, who: MatrixId, target: EventId) -> None:
        event = self.event_id(room)
        self.homeserver.taken_back.add(target)
        self.homeserver.member(room, event, who, {"redacts": target})
        self.queues[room].append(Redaction(room, event, who, target))


def open_square(loop: asyncio.AbstractEventLoop, db: Database, monkeypatch: Any, seed: int) -> Square:
    """Owner, editor and commenter are linked, and let the bridge comment; Ali is no account. All are in both rooms."""
    monkeypatch.setattr(services, "of_token", {b"of-bridge": BRIDGE}.get)
    monkeypatch.setattr(service, "ACTS_A_MINUTE", 1_000_000)
    scene = talk.scene()
    square = Square(loop, db, scene, seed)
    for who in (scene.owner, scene.editor, scene.commenter):
        delegations.give(who, "bridge", Act.COMMENT)
    tree.set_link(scene.owner, scene.document.item, LinkReach.PUBLIC, Role.READER)
    service.take_guests(scene.owner, scene.document.pk, True)
    for room in ROOMS:
        members = frozenset({OWNER, EDITOR, COMMENTER, GUEST})
        square.homeserver.members[room] = members | {PARVIS}
        rooms_service.put("bridge", room, sorted(members))
        rooms_service.bind("bridge", room, link(settings.PARVIS.url, scene.document.item.resource), OWNER)
    square.settle()
    return square
