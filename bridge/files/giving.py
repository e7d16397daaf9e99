"""Gives a room a file of Drive, read for whoever asked, if all of the room may read it, whoever is there by then."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bridge import content
from bridge.attempts import for_those_there
from bridge.audiences import Audiences
from bridge.files.outcomes import Outcome
from bridge.offers import Offers
from bridge.ports import RoomSide
from bridge.store.errands import Request
from bridge.turns import Turns
from cards import answers, files
from contract.answers import Audience, CardFacts
from contract.client import WorkspaceClient
from contract.errors import NotAllowed, NotFound, NotLinked
from contract.ids import ItemId, MatrixId
from contract.resources import Kind


@dataclass(frozen=True)
class Found:
    """A file that may be given: its type, and its size in bytes."""

    item: ItemId
    media_type: str
    size: int


class Giver:
    """Asks before anything is read, and again before a key is sealed."""

    def __init__(
        self,
        rooms: RoomSide,
        workspace: WorkspaceClient,
        audiences: Audiences,
        offers: Offers,
        turns: Turns,
        services: frozenset[MatrixId],
    ) -> None:
        self._rooms = rooms
        self._workspace = workspace
        self._audiences = audiences
        self._offers = offers
        self._turns = turns
        self._services = services

    async def find(self, request: Request) -> Found | Outcome | None:
        """The file that `request` names, or why it is not given; None where nobody is left who asked."""
        joined = await self._rooms.joined_members(request.room)
        if request.item is None or request.person not in joined:
            return None
        audience = await self._asked(joined, request.item)
        if audience.facts is None:
            return await self._hidden(request, request.item, audience)
        if audience.facts.kind is not Kind.FILE:
            return Outcome(False, files.not_a_file)
        found = await self._read(request, request.item)
        if isinstance(found, Outcome):
            return found
        if found.size == 0:
            return Outcome(False, files.empty)
        limit = await self._rooms.upload_limit()
        if limit is not None and found.size > limit:
            return Outcome(False, lambda language: files.too_large(limit, language))
        return found

    async def _read(self, request: Request, item: ItemId) -> Found | Outcome:
        try:
            read = await self._workspace.read_item(request.person, item, room=request.room)
        except NotLinked:
            return Outcome(False, answers.not_linked, personal=True)
        except NotAllowed:
            account = f"{self._workspace.url}/account/"
            return Outcome(False, lambda language: files.read_not_allowed(account, language), personal=True)
        except NotFound:
            return Outcome(False, answers.not_there)
        if read.download is None or read.size is None:
            return Outcome(False, files.not_a_file)
        return Found(item, read.media_type or "application/octet-stream", read.size)

    def bytes_of(self, request: Request, found: Found) -> AsyncGenerator[bytes]:
        """What is in the file, for who asked. It ends, with an error, where they lose the right to it."""
        return self._workspace.download(request.person, found.item, found.size, room=request.room)

    async def give(
        self, request: Request, item: ItemId, message_for: Callable[[CardFacts], Mapping[str, Any]]
    ) -> Outcome:
        """Write what `message_for` makes of the file's facts, for those who are there now and may all read it."""

        async def give(joined: frozenset[MatrixId]) -> Audience:
            audience = await self._asked(joined, item)
            if audience.facts is not None:
                said = message_for(audience.facts)
                sealed = await self._rooms.seal(request.room, content.MESSAGE, said, only_for=joined)
                await self._rooms.send(request.room, f"parvis.file.{request.asked}", sealed)
            return audience

        # What is asked before it is our turn may be true no more when it is.
        async with self._turns.of(request.room):
            audience = await for_those_there(self._rooms, request.room, give)
        return Outcome(True) if audience.facts is not None else await self._hidden(request, item, audience)

    async def _hidden(self, request: Request, item: ItemId, audience: Audience) -> Outcome:
        """Not all of them may read it. Only who may is told that there is something."""
        theirs = await self._audiences.of(frozenset({request.person}), item)
        if theirs.facts is None:
            return Outcome(False, answers.not_there)
        await self._offers.to_somebody(request.room, item, request.person, request.asked)
        cannot = audience.cannot
        return Outcome(False, lambda language: files.some_cannot(cannot, language))

    async def _asked(self, joined: frozenset[MatrixId], item: ItemId) -> Audience:
        return await self._audiences.of(joined - self._services, item)
