"""Somebody was mentioned in a comment: they are told once, in a room of theirs or in their direct chat, as they chose.

The event is a delivery in each room that is bound to the document. The first of them to be made chooses where it is
said, for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from bridge import content
from bridge.attempts import for_those_there
from bridge.audiences import Audiences
from bridge.ports import RoomSide
from bridge.speaker import Speaker
from bridge.store.delivery import Delivery
from bridge.store.talk import Talks
from bridge.turns import Turns
from cards import Language, Message, talk
from contract.client import WorkspaceClient
from contract.comments import Comment, CommentId, CommentQuestion
from contract.errors import NotLinked
from contract.ids import MatrixId, RoomId, Sub
from contract.options import Mentions
from contract.resources import link

#: Where it is said, if not in a room.
_DIRECT = ""


class Mentioning:
    """Makes the deliveries of mentions."""

    def __init__(
        self,
        rooms: RoomSide,
        workspace: WorkspaceClient,
        audiences: Audiences,
        talks: Talks,
        turns: Turns,
        speaker: Speaker,
        language_of: Callable[[RoomId], Language],
        services: frozenset[MatrixId],
    ) -> None:
        self._rooms = rooms
        self._workspace = workspace
        self._audiences = audiences
        self._talks = talks
        self._turns = turns
        self._speaker = speaker
        self._language_of = language_of
        self._services = services

    async def deliver(self, delivery: Delivery) -> None:
        """Say it, if this is where it is said."""
        extra = delivery.extra or {}
        comment = CommentId(UUID(str(extra["comment"])))
        where = await self._workspace.rooms_of_person(Sub(str(extra["user"])))
        rooms = await self._talks.rooms_of(delivery.event_id)
        chosen = await self._talks.chosen(delivery)
        if chosen is None:
            chosen = await self._talks.choose(delivery, await self._chosen(rooms, where, comment))
        if chosen == delivery.room and await self._in_room(delivery, where.get(delivery.room, ()), comment):
            return await self._talks.done(delivery)
        if delivery.room == chosen or (chosen == _DIRECT and delivery.room == rooms[0]):
            await self._in_direct(delivery, where, comment)
        return await self._talks.done(delivery)

    async def _chosen(
        self, rooms: Sequence[RoomId], where: Mapping[RoomId, Sequence[MatrixId]], comment: CommentId
    ) -> str:
        theirs = next(iter(where.values()), ())
        if not theirs:
            return _DIRECT
        try:
            options = await self._workspace.person_options(theirs[0])
        except NotLinked:
            return _DIRECT
        if options.mentions is Mentions.DIRECT:
            return _DIRECT
        for room in rooms:
            joined = await self._rooms.joined_members(room)
            if joined & set(where.get(room, ())) and await self._told(joined - self._services, comment):
                return room
        return _DIRECT

    async def _in_room(self, delivery: Delivery, who: Sequence[MatrixId], comment: CommentId) -> bool:
        """Say it in the thread. Whether it was: not where somebody came meanwhile who may not read, or they left."""
        room = delivery.room

        async def say(joined: frozenset[MatrixId]) -> bool:
            theirs = sorted(joined & set(who))
            told, said = await self._told(joined - self._services, comment), await self._talks.said(room, comment)
            if not theirs or told is None or said is None:
                return False
            words = talk.mentioned(told.author, self._language_of(room))
            to_send = {**content.threaded(words, said.root or said.event), "m.mentions": {"user_ids": theirs}}
            sealed = await self._rooms.seal(room, content.MESSAGE, to_send, only_for=joined)
            await self._rooms.send(room, delivery.txn_id, sealed)
            return True

        async with self._turns.of(room):
            return await for_those_there(self._rooms, room, say)

    async def _in_direct(
        self, delivery: Delivery, where: Mapping[RoomId, Sequence[MatrixId]], comment: CommentId
    ) -> None:
        theirs = sorted({one for ids in where.values() for one in ids})
        if not theirs:
            return  # they are in no room of ours, and nobody knows them here
        alone = frozenset(theirs[:1])

        async def words() -> Message | None:
            told = await self._told(alone, comment)
            facts = (await self._audiences.of(alone, delivery.resource.id)).facts
            if told is None or facts is None:
                return None
            url = link(self._workspace.url, delivery.resource)
            return talk.mentioned_in(told, facts.title, url, self._language_of(delivery.room))

        await self._speaker.whisper_what(theirs[0], words, f"mention.{delivery.event_id}")

    async def _told(self, agents: frozenset[MatrixId], comment: CommentId) -> Comment | None:
        """The comment, if it is there and all of these may read it."""
        (told,) = await self._workspace.comments({"all": sorted(agents)}, [CommentQuestion("all", comment)])
        return told.comment if told.comment is not None and not told.comment.deleted else None
