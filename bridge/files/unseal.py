"""Brings a sealed file back into the room that it came from.

Drive has its ciphertext; its key is in the message that first carried it, which the bridge reads once more. The very
same bytes go back to a homeserver, and a message says again, to those who may all read the file, what opens them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from bridge import content
from bridge.files.crypto import Checked
from bridge.files.giving import Found, Giver
from bridge.files.marks import Mark, Marks
from bridge.files.outcomes import Outcome
from bridge.files.send import message, uploaded
from bridge.ports import RoomSide
from bridge.store.errands import Errand, ErrandTable
from cards import files
from contract.answers import CardFacts


class Unsealer:
    """A `Doer`."""

    def __init__(self, rooms: RoomSide, table: ErrandTable, giver: Giver, marks: Marks) -> None:
        self._rooms = rooms
        self._table = table
        self._giver = giver
        self._marks = marks

    async def do(self, errand: Errand) -> Outcome | None:
        """See `Doer`."""
        request = errand.request
        found = await self._giver.find(request)
        if not isinstance(found, Found):
            return found
        source = await self._table.source_of(request.room, found.item)
        if source is None:
            return Outcome(False, files.not_from_here)
        first = await self._rooms.message(request.room, source)
        if first is None or first.attachment is None or first.attachment.encrypted is None:
            return Outcome(False, files.key_gone)
        await self._marks.put(errand, Mark.UNDER_WAY)
        checked = Checked()
        where = await uploaded(self._rooms, self._as_it_is(errand, found, checked), found.size)
        if isinstance(where, Outcome):
            return where
        if not checked.fits(first.attachment.encrypted):
            return Outcome(False, files.not_sealed)
        carried, file = first.attachment, replace(first.attachment.encrypted, url=where)
        thread = first.thread_root or source

        def message_for(_facts: CardFacts) -> Mapping[str, Any]:
            said = message(carried.name, carried.media_type or "application/octet-stream", found.size, file)
            return said | {"m.relates_to": content.relation(source, thread)}

        return await self._giver.give(request, found.item, message_for)

    async def _as_it_is(self, errand: Errand, found: Found, checked: Checked) -> AsyncIterator[bytes]:
        async with aclosing(self._giver.bytes_of(errand.request, found)) as chunks:
            async for chunk in chunks:
                checked.update(chunk)
                yield chunk
