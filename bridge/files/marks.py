"""The bridge's one reaction under what is saved or sent: it is being done, is done, or was not."""

from __future__ import annotations

import logging
from enum import StrEnum

from bridge.ports import Permanent, RoomSide
from bridge.store.errands import Errand, ErrandTable

log = logging.getLogger(__name__)


class Mark(StrEnum):
    """How far it is."""

    UNDER_WAY = "⏳"
    DONE = "✅"
    FAILED = "❌"


class Marks:
    """Puts reactions, each in the place of the one before. Where the bridge may not react, there is none."""

    def __init__(self, rooms: RoomSide, table: ErrandTable) -> None:
        self._rooms = rooms
        self._table = table

    async def put(self, errand: Errand, mark: Mark | None) -> None:
        """Show `mark` alone, or none. Done again after a crash, it is the same. Raises `Retriable`."""
        known = await self._table.get(errand.id)
        if known is None:
            return
        asked, before = known.request, known.mark
        try:
            now = None
            if mark is not None:
                txn_id = f"parvis.mark.{mark.name}.{asked.kind}.{asked.asked}"
                now = await self._rooms.react(asked.room, txn_id, asked.subject, mark.value)
            if before is not None and before != now:
                await self._rooms.redact(asked.room, f"parvis.unmark.{before}", before)
        except Permanent as error:
            log.info("no reaction in %s: %s", asked.room, error.reason)
        else:
            await self._table.marked(errand, now)
