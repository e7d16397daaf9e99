"""Answers and kind words: what is said to somebody now, and not kept.

An answer is sent under a transaction id that names what it answers. Whoever is told of the same message again after a
crash may thus answer it again: it is one answer.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from bridge import content
from bridge.attempts import TRIES, for_those_there
from bridge.languages import Languages
from bridge.ports import AudienceChanged, Permanent, RoomMessage, RoomSide
from bridge.store.said import Said
from bridge.turns import Turns
from cards import Language, Message
from contract.ids import EventId, MatrixId, RoomId

log = logging.getLogger(__name__)


class About(Protocol):
    """Something that happened in a room, because of which somebody is written to."""

    @property
    def room(self) -> RoomId:
        """Where."""
        ...

    @property
    def event_id(self) -> EventId:
        """By which event."""
        ...


@dataclass(frozen=True)
class Whispered:
    """What was said to one person: in which chat, by which event."""

    room: RoomId
    event: EventId


class Speaker:
    """Speaks. What cannot be said for good is logged and left; `Retriable` and `AudienceChanged` are raised, for the
    caller to come again.
    """

    def __init__(self, rooms: RoomSide, turns: Turns, said: Said, languages: Languages) -> None:
        self._rooms = rooms
        self._turns = turns
        self._said = said
        self._languages = languages

    async def answer(self, to: RoomMessage, words: Message) -> None:
        """Answer in the room."""
        await self._say(to.room, content.answer(words, to), f"parvis.answer.{to.event_id}")

    async def answer_those(
        self,
        to: RoomMessage,
        words_for: Callable[[frozenset[MatrixId]], Awaitable[Message]],
        about: str = "answer",
    ) -> EventId | None:
        """Answer in the room with what depends on who reads it: `words_for` those who are joined, and for nobody else.
        Once `about` the same. The event that says it, if one does.

        Whoever joins meanwhile is not given its key: the words are made anew, for them too.
        """
        said_about = f"{about}.{to.event_id}"
        return await self.reply_those(to.room, to.event_id, to.thread_root, to.sender, words_for, said_about)

    async def reply_those(
        self,
        room: RoomId,
        to: EventId,
        thread: EventId | None,
        mentioned: MatrixId,
        words_for: Callable[[frozenset[MatrixId]], Awaitable[Message]],
        about: str,
    ) -> EventId | None:
        """The same as a reply to an event, in the thread of that root if there is one, for `mentioned` to see."""

        async def say(joined: frozenset[MatrixId]) -> EventId | None:
            said = content.reply(await words_for(joined), to, thread, mentioned)
            return await self._say_now(room, said, f"parvis.{about}", only_for=joined)

        # What is asked before it is our turn may be true no more when it is.
        async with self._turns.of(room):
            return await for_those_there(self._rooms, room, say)

    async def write(self, room: RoomId, words: Message, about: str) -> None:
        """Write in a room, once `about` the same."""
        await self._say(room, content.said(words), f"parvis.word.{about}")

    async def whisper(self, user: MatrixId, words: Message, about: str) -> Whispered | None:
        """Write to one person and nobody else, in their encrypted direct chat. None where that cannot be.

        Raises `AudienceChanged` where somebody else comes into one chat after the other.
        """

        async def made() -> Message:
            return words

        return await self.whisper_what(user, made, about)

    async def whisper_what(
        self, user: MatrixId, words: Callable[[], Awaitable[Message | None]], about: str
    ) -> Whispered | None:
        """The same with what depends on what they may read: nothing is said where there are no words for them, and no
        chat begun; where there are, they are made anew when it is their turn.
        """
        if await words() is None:
            return None
        for _ in range(TRIES):
            try:
                room = await self._rooms.direct_room(user)
            except Permanent as error:
                log.warning("%s cannot be written to: %s", user, error.reason)
                return None
            # What is asked before it is our turn may be true no more when it is.
            async with self._turns.of(room):
                joined = await self._rooms.joined_members(room)
                if not joined <= {self._rooms.user_id, user}:
                    continue
                message = await words()
                if message is None:
                    return None
                said = content.said(message)
                try:
                    event = await self._say_now(room, said, f"parvis.whisper.{about}", only_for=joined)
                except AudienceChanged:
                    continue
            return Whispered(room, event) if event else None
        raise AudienceChanged

    async def whisper_seldom(
        self,
        user: MatrixId,
        words: Callable[[Language], Message],
        what: str,
        about: About,
        within: timedelta,
    ) -> None:
        """Write to one person in their language, unless they were told `what` within that time."""
        if await self._said.lately(user, what, within):
            return
        language = await self._languages.of_person(user, about.room)
        await self.whisper(user, words(language), f"{what}.{about.event_id}")
        await self._said.now(user, what)

    async def _say(self, room: RoomId, said: Mapping[str, Any], txn_id: str) -> EventId | None:
        """The event that says it."""
        async with self._turns.of(room):
            return await self._say_now(room, said, txn_id, only_for=None)

    async def _say_now(
        self, room: RoomId, said: Mapping[str, Any], txn_id: str, *, only_for: frozenset[MatrixId] | None
    ) -> EventId | None:
        """The same for who has the turn in the room."""
        try:
            sealed = await self._rooms.seal(room, content.MESSAGE, said, only_for=only_for)
            return await self._rooms.send(room, txn_id, sealed)
        except Permanent as error:
            log.warning("something could not be said in %s: %s", room, error.reason)
            return None
