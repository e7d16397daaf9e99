"""Sends a Drive file into a room as an encrypted attachment.

The workspace's bytes are encrypted on their way to the homeserver, with a key that is made for this once and that only
the message has.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

from bridge import content
from bridge.attachments import EncryptedFile
from bridge.files.crypto import Sealing
from bridge.files.giving import Found, Giver
from bridge.files.marks import Mark, Marks
from bridge.files.outcomes import Outcome
from bridge.ports import Permanent, RoomSide
from bridge.store.errands import Errand
from cards import files
from cards.text import clean
from contract.answers import CardFacts

#: Pictures that every client shows; others are sent as files.
_SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


class Sender:
    """A `Doer`."""

    def __init__(self, rooms: RoomSide, giver: Giver, marks: Marks) -> None:
        self._rooms = rooms
        self._giver = giver
        self._marks = marks

    async def do(self, errand: Errand) -> Outcome | None:
        """See `Doer`."""
        found = await self._giver.find(errand.request)
        if not isinstance(found, Found):
            return found
        await self._marks.put(errand, Mark.UNDER_WAY)
        sealing = Sealing()
        where = await uploaded(self._rooms, self._sealed(errand, found, sealing), found.size)
        if isinstance(where, Outcome):
            return where
        file, request = sealing.at(where), errand.request

        def message_for(facts: CardFacts) -> Mapping[str, Any]:
            said = message(facts.title, found.media_type, found.size, file)
            return said | {"m.relates_to": content.relation(request.asked, request.thread)}

        return await self._giver.give(request, found.item, message_for)

    async def _sealed(self, errand: Errand, found: Found, sealing: Sealing) -> AsyncIterator[bytes]:
        async with aclosing(self._giver.bytes_of(errand.request, found)) as chunks:
            async for chunk in chunks:
                yield sealing.update(chunk)


async def uploaded(rooms: RoomSide, chunks: AsyncIterator[bytes], size: int) -> str | Outcome:
    """Where the homeserver keeps them now, or why it does not. Raises `RoomError`, and what `chunks` raises."""
    try:
        return await rooms.upload(chunks, size)
    except Permanent as error:
        if error.code != "M_TOO_LARGE":
            raise
        return Outcome(False, lambda language: files.too_large(None, language))


def message(name: str, media_type: str, size: int, file: EncryptedFile) -> dict[str, Any]:
    """The content of a message that carries `file`."""
    family = media_type.partition("/")[0]
    shown = media_type in _SHOWN or family in ("audio", "video")
    called = clean(name, 255)
    return {
        "msgtype": f"m.{family}" if shown else "m.file",
        "body": called,
        "filename": called,
        "file": file.to_json(),
        "info": {"mimetype": media_type, "size": size},
        "m.mentions": {},
    }
