"""Answers and kind words: what is said to somebody now, and not kept.

An answer is sent under a transaction id that names what it answers. Whoever is told of the same message again after a
crash may thus answer it again: it is one answer.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bridge import content
from bridge.ports import Permanent, RoomMessage, RoomSide
from bridge.store.said import Said
from bridge.turns import Turns
from cards import Message
from contract.ids import MatrixId, RoomId

log = logging.getLogger(__name__)


class Speaker:
    """Speaks. What cannot be said for good is logged and left; `Retriable` is raised, for the caller to come again."""

    def __init__(self, rooms: RoomSide, turns: Turns, said: Said) -> None:
        self._rooms = rooms
        self._turns = turns
        self._said = said

    async def answer(self, to: RoomMessage, words: Message) -> None:
        """Answer in the room."""
        await self._say(to.room, content.answer(words, to), f"parvis.answer.{to.event_id}")

    async def write(self, room: RoomId, words: Message, about: str) -> None:
        """Write in a room, once `about` the same."""
        await self._say(room, content.said(words), f"parvis.word.{about}")

    async def whisper(self, user: MatrixId, words: Message, about: str) -> RoomId | None:
        """Write to one person, in their encrypted direct chat. The chat, or None where that is not possible."""
        try:
            room = await self._rooms.direct_room(user)
        except Permanent as error:
            log.warning("%s cannot be written to: %s", user, error.reason)
            return None
        await self._say(room, content.said(words), f"parvis.whisper.{about}")
        return room

    async def whisper_seldom(self, user: MatrixId, words: Message, what: str, about: str, within: timedelta) -> None:
        """The same, unless they were told `what` within that time."""
        if await self._said.lately(user, what, within):
            return
        await self.whisper(user, words, about)
        await self._said.now(user, what)

    async def _say(self, room: RoomId, said: Mapping[str, Any], txn_id: str) -> None:
        try:
            async with self._turns.of(room):
                await self._rooms.send(room, txn_id, await self._rooms.seal(room, content.MESSAGE, said))
        except Permanent as error:
            log.warning("something could not be said in %s: %s", room, error.reason)
