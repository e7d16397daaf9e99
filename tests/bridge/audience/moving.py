"""The edges of the bridge while the world changes: at each call others have their turn, and then it is another."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from uuid import UUID

import httpx

from bridge.ports import AudienceChanged, Permanent, Retriable, RoomMessage, Sealed
from contract.ids import EventId, ItemId, MatrixId, RoomId
from tests.bridge.audience.board import Board
from tests.bridge.audience.oracle import ACTOR, PASSAGE, TITLE, Oracle, mark
from tests.bridge.fakes import CAMILLE, INES, PARVIS, FakeRooms, FakeWorkspace, problem, url_of

LOUIS, SOFIA = MatrixId("@louis.petit:culture.gouv.test"), MatrixId("@sofia.roux:interieur.gouv.test")
PEOPLE = (CAMILLE, INES, LOUIS, SOFIA)
ROOMS = (RoomId("!one"), RoomId("!two"))


def sub_of(who: MatrixId) -> str:
    """Whose Matrix id it is."""
    return who[1:].partition(".")[0]


class Chance:
    """Chooses, counts the steps, and has the world changed at some of them."""

    def __init__(self) -> None:
        self.random = random.Random(0)
        self.step = 0
        self.change: Callable[[], None] = lambda: None

    async def pause(self) -> None:
        """Somebody else's turn, and maybe another world after it."""
        self.step += 1
        await asyncio.sleep(0)
        if self.random.random() < 0.25:
            self.change()


class MovingRooms(FakeRooms):
    """Rooms. Whoever is told something there may read it, or `oracle` raises `Leak`."""

    def __init__(self, chance: Chance) -> None:
        super().__init__()
        self.chance = chance
        self.oracle = Oracle(lambda: chance.step, frozenset(ROOMS), self.media)
        self.chats: dict[MatrixId, RoomId] = {}
        #: What is in the files that members said.
        self.attached: dict[EventId, UUID] = {}

    async def joined_members(self, room: RoomId) -> frozenset[MatrixId]:
        await self.chance.pause()
        self.oracle.asked(room)
        return self.members.get(room, frozenset())

    async def seal(
        self, room: RoomId, event_type: str, content: Mapping[str, Any], *, only_for: frozenset[MatrixId] | None = None
    ) -> Sealed:
        await self.chance.pause()
        joined = self.members.get(room, frozenset())
        if only_for is not None and only_for != joined:
            raise AudienceChanged
        if PARVIS not in joined:
            raise Permanent("M_FORBIDDEN", "not in the room")
        self.oracle.sealed(room, content, joined, only_for)
        return Sealed(room, event_type, {"clear": content})

    async def send(self, room: RoomId, txn_id: str, sealed: Sealed) -> EventId:
        await self.chance.pause()
        self.oracle.sent(room, txn_id, sealed.content["clear"])
        if self.chance.random.random() < 0.05:
            raise Retriable("the homeserver is away")
        return await super().send(room, txn_id, sealed)

    async def react(self, room: RoomId, txn_id: str, target: EventId, key: str) -> EventId:
        await self.chance.pause()
        return await super().react(room, txn_id, target, key)

    async def redact(self, room: RoomId, txn_id: str, target: EventId) -> None:
        await self.chance.pause()
        await super().redact(room, txn_id, target)

    async def message(self, room: RoomId, event_id: EventId) -> RoomMessage | None:
        await self.chance.pause()
        return await super().message(room, event_id)

    async def upload(self, chunks: AsyncIterator[bytes], size: int) -> str:
        async def slowly() -> AsyncIterator[bytes]:
            async for chunk in chunks:
                await self.chance.pause()
                yield chunk

        return await super().upload(slowly(), size)

    async def direct_room(self, user: MatrixId) -> RoomId:
        """The chat with `user`; another where somebody has come into the last one."""
        await self.chance.pause()
        if self.members.get(self.chats.get(user, RoomId(""))) != {PARVIS, user}:
            self.chats[user] = RoomId(f"!direct-{len(self.members)}-{user}")
            self.members[self.chats[user]] = frozenset({PARVIS, user})
        return self.chats[user]


class MovingWorkspace(FakeWorkspace):
    """A workspace with items, comments and files. An answer is received some time after it was true."""

    def __init__(self, chance: Chance) -> None:
        super().__init__()
        self.chance = chance
        self.board = Board(self)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v1.0/").strip("/")
        said = (
            json.loads(request.content) if path.endswith(("/talk", "/guests", "/people", "/tell", "search")) else None
        )
        match path.split("/"):
            case ["comments", "tell"]:
                answer = httpx.Response(200, json=self.board.told(said))
            case ["rooms", "people"]:
                answer = httpx.Response(200, json={"rooms": self._rooms_of(said["sub"])})
            case ["rooms", room, "talk", *guest]:
                who = said["matrix_id"] if guest else self._of_token(request)
                answer = self.board.taken_in(RoomId(room), who, said, is_guest=bool(guest))
            case ["search"]:
                answer = httpx.Response(200, json=self._found(self._of_token(request), said))
            case _:
                answer = await super()._answer(request)
        await self.chance.pause()
        return answer

    def reads(self, who: MatrixId, of: ItemId, *, trashing: bool = False) -> bool:
        """Whether somebody may read it now."""
        is_gone = of in self.trash and not trashing
        return not is_gone and who in self.linked and who in self.readers.get(of, ())

    def called(self, of: ItemId) -> str:
        """What an item is called."""
        return f"{mark(TITLE, of)} {self.titles.get(of, '')}"

    def _may(self, body: Any, question: Any) -> dict[str, Any]:
        members, of = body["audiences"][question["audience"]], ItemId(UUID(question["item"]))
        cannot = sum(not self.reads(who, of, trashing=question["trashing"]) for who in members)
        if cannot or not members:
            return {"cannot": cannot, "facts": None}
        facts = {"kind": self.kinds.get(of, "document"), "title": self.called(of), "actor": mark(ACTOR, of)}
        return {"cannot": 0, "facts": facts}

    def _token(self, method: str, path: str, body: Any) -> httpx.Response:
        if body["subject_token"] not in self.linked:
            return problem(400, "not_linked")
        return super()._token(method, path, body)

    def _of_token(self, request: httpx.Request) -> MatrixId:
        return MatrixId(self.drive.tokens[request.headers["Authorization"].removeprefix("Bearer ")]["subject_token"])

    def _rooms_of(self, sub: str) -> list[dict[str, Any]]:
        """The rooms where somebody is, as far as the workspace was told."""
        theirs = [who for who in PEOPLE if sub_of(who) == sub and who in self.linked]
        there = {room: [who for who in theirs if who in one.get("members", ())] for room, one in self.rooms.items()}
        return [{"room_id": room, "matrix_ids": ids} for room, ids in there.items() if ids]

    def _found(self, asker: MatrixId, said: Any) -> dict[str, Any]:
        """What has these words: what all of the audience may read, and what of it only the asker may."""
        kinds = {said["kind"]} if "kind" in said else {"document", "folder", "file"}
        named = [of for of, kind in self.kinds.items() if kind in kinds and said["q"] in self.titles[of]]
        theirs = [of for of in named if self.reads(asker, of)]
        everyones = [of for of in theirs if all(self.reads(who, of) for who in said.get("audience", ()))]
        alone = [of for of in theirs if of not in everyones]
        return {
            "hits": [self._hit(of) for of in everyones[: said["limit"]]],
            "total": len(everyones),
            "asker_hits": [self._hit(of) for of in alone[: said["limit"]]],
            "asker_only": len(alone),
        }

    def _hit(self, of: ItemId) -> dict[str, Any]:
        told = {"item": str(of), "kind": self.kinds[of], "title": self.called(of), "url": url_of(of)}
        return {**told, "excerpt": f"dit <mark>que</mark> {mark(PASSAGE, of)}", "updated_at": "2026-11-23T10:00:00Z"}
