"""Sends a Drive file into a room as an encrypted attachment, read for whoever asked, if all of the room may read it.

The store's bytes are encrypted on their way to the homeserver, with a key that is made for this once and that only the
message has. Whether all may read it is asked before anything is read, and again, of those who are there then, right
before the message with the key is sealed for them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from bridge import content
from bridge.attachments import EncryptedFile
from bridge.audiences import Audiences
from bridge.files.crypto import Sealing
from bridge.files.marks import Mark, Marks
from bridge.files.objects import Objects, StoreFailed
from bridge.files.outcomes import Again, Outcome
from bridge.offers import Offers
from bridge.ports import AudienceChanged, Permanent, RoomSide
from bridge.store.errands import Errand, Request
from bridge.turns import Turns
from cards import answers, files
from cards.text import clean
from contract.answers import Audience, CardFacts
from contract.client import WorkspaceClient
from contract.errors import NotAllowed, NotFound, NotLinked
from contract.grants import ItemContent
from contract.ids import ItemId, MatrixId
from contract.resources import Kind

#: How often people may come or go while a file is sealed for them.
_TRIES = 5
#: Pictures that every client shows; others are sent as files.
_SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


class Sender:
    """A `Doer`."""

    def __init__(
        self,
        rooms: RoomSide,
        workspace: WorkspaceClient,
        audiences: Audiences,
        offers: Offers,
        turns: Turns,
        marks: Marks,
        objects: Objects,
        services: frozenset[MatrixId],
    ) -> None:
        self._rooms = rooms
        self._workspace = workspace
        self._audiences = audiences
        self._offers = offers
        self._turns = turns
        self._marks = marks
        self._objects = objects
        self._services = services

    async def do(self, errand: Errand) -> Outcome | None:
        """See `Doer`."""
        request = errand.request
        joined = await self._rooms.joined_members(request.room)
        if request.item is None or request.person not in joined:
            return None
        audience = await self._asked(joined, request.item)
        if audience.facts is None:
            return await self._hidden(request, request.item, audience)
        if audience.facts.kind is not Kind.FILE:
            return Outcome(False, files.not_a_file)
        try:
            read = await self._workspace.read_item(request.person, request.item, room=request.room)
        except NotLinked:
            return Outcome(False, answers.not_linked, personal=True)
        except NotAllowed:
            account = f"{self._workspace.url}/account/"
            return Outcome(False, lambda language: files.read_not_allowed(account, language), personal=True)
        except NotFound:
            return Outcome(False, answers.not_there)
        if read.download is None or read.size is None:
            return Outcome(False, files.not_a_file)
        return await self._sent(errand, request.item, read, read.download, read.size)

    async def _hidden(self, request: Request, item: ItemId, audience: Audience) -> Outcome:
        """Not all of them may read it. Only who may is told that there is something."""
        theirs = await self._audiences.of(frozenset({request.person}), item)
        if theirs.facts is None:
            return Outcome(False, answers.not_there)
        await self._offers.to_somebody(request.room, item, request.person, request.asked)
        cannot = audience.cannot
        return Outcome(False, lambda language: files.some_cannot(cannot, language))

    async def _sent(self, errand: Errand, item: ItemId, read: ItemContent, url: str, size: int) -> Outcome:
        if size == 0:
            return Outcome(False, files.empty)
        limit = await self._rooms.upload_limit()
        if limit is not None and size > limit:
            return Outcome(False, lambda language: files.too_large(limit, language))
        await self._marks.put(errand, Mark.UNDER_WAY)
        sealing = Sealing()
        try:
            where = await self._rooms.upload(self._sealed(url, size, sealing), size)
        except StoreFailed as error:
            raise Again(files.did_not_work, f"the store: {error}") from error
        except Permanent as error:
            if error.code != "M_TOO_LARGE":
                raise
            return Outcome(False, lambda language: files.too_large(limit, language))
        return await self._said(errand.request, item, read, sealing.at(where))

    async def _sealed(self, url: str, size: int, sealing: Sealing) -> AsyncIterator[bytes]:
        async for chunk in self._objects.get(url, size):
            yield sealing.update(chunk)

    async def _said(self, request: Request, item: ItemId, read: ItemContent, file: EncryptedFile) -> Outcome:
        """Give those the key who are there now and may all read it, and nobody else."""
        for _ in range(_TRIES):
            joined = await self._rooms.joined_members(request.room)
            audience = await self._asked(joined, item)
            if audience.facts is None:
                return await self._hidden(request, item, audience)
            said = _message(audience.facts, read, file) | {
                "m.relates_to": content.relation(request.asked, request.thread)
            }
            try:
                async with self._turns.of(request.room):
                    sealed = await self._rooms.seal(request.room, content.MESSAGE, said, only_for=joined)
                    await self._rooms.send(request.room, f"parvis.file.{request.asked}", sealed)
            except AudienceChanged:
                continue
            return Outcome(True)
        raise AudienceChanged

    async def _asked(self, joined: frozenset[MatrixId], item: ItemId) -> Audience:
        return await self._audiences.of(joined - self._services, item)


def _message(facts: CardFacts, read: ItemContent, file: EncryptedFile) -> dict[str, Any]:
    media_type = read.media_type or "application/octet-stream"
    family = media_type.partition("/")[0]
    shown = media_type in _SHOWN or family in ("audio", "video")
    name = clean(facts.title, 255)
    return {
        "msgtype": f"m.{family}" if shown else "m.file",
        "body": name,
        "filename": name,
        "file": file.to_json(),
        "info": {"mimetype": media_type, "size": read.size},
        "m.mentions": {},
    }
