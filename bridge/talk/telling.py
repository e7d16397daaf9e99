"""Workspace to room: what happens to comments, said in the thread that shows their discussion.

Each event is a delivery in each room that is bound to the document, in the order in which it happened. What came from
the room itself is not said back to it. What is shown is the comment as it is now, under the audience rule as it holds
now; what may have been sent before a crash is sent again, under the same transaction id, before anything else is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bridge import content
from bridge.attempts import for_those_there
from bridge.audiences import Audiences
from bridge.ports import Permanent, RoomSide
from bridge.store.deliveries import Choice, Deliveries
from bridge.store.delivery import Delivery, State
from bridge.store.talk import SENDING_CARD, Spoken, Talks, What
from bridge.talk.mentions import Mentioning
from bridge.turns import Turns
from cards import Language, Message, talk
from cards.card import card_of
from contract.client import WorkspaceClient
from contract.comments import CommentId, CommentQuestion, CommentTold, ThreadId
from contract.events import EventType
from contract.ids import EventId, ItemId, MatrixId, RoomId
from contract.resources import Kind, Resource, link

log = logging.getLogger(__name__)

#: `sender` of what came from the room, where it is not known yet who that was.
SOMEBODY = MatrixId("")
#: What is decided of a reaction before it is made.
_REACT = "react"
#: Our reaction to what began a discussion here.
MARK = "💬"


@dataclass(frozen=True)
class _Scene:
    """A delivery about `thread`, and who is in its room: all of them, and those who read."""

    delivery: Delivery
    thread: ThreadId
    joined: frozenset[MatrixId]
    agents: frozenset[MatrixId]
    language: Language

    @property
    def room(self) -> RoomId:
        return self.delivery.room

    @property
    def item(self) -> ItemId:
        return self.delivery.resource.id

    @property
    def comment(self) -> CommentId:
        return CommentId(UUID(self.extra["comment"]))

    @property
    def extra(self) -> Mapping[str, Any]:
        return self.delivery.extra or {}

    @property
    def is_from_here(self) -> bool:
        """Whether it was done by an event of this very room."""
        return self.extra.get("origin_room") == self.delivery.room


class Telling:
    """Makes the deliveries of comments. `services` are in rooms without being their audience."""

    def __init__(
        self,
        rooms: RoomSide,
        workspace: WorkspaceClient,
        audiences: Audiences,
        deliveries: Deliveries,
        talks: Talks,
        turns: Turns,
        mentioning: Mentioning,
        language_of: Callable[[RoomId], Language],
        services: frozenset[MatrixId],
    ) -> None:
        self._rooms = rooms
        self._workspace = workspace
        self._audiences = audiences
        self._deliveries = deliveries
        self._talks = talks
        self._turns = turns
        self._mentioning = mentioning
        self._language_of = language_of
        self._services = services

    async def deliver(self, delivery: Delivery) -> None:
        """Say it, if there is something to say. Raises what rooms and workspace raise: the caller comes again."""
        room = delivery.room
        if delivery.happening.type is EventType.COMMENT_MENTIONED:
            # It may be said in another room, or in a direct chat: it takes their turns as it needs them.
            return await self._mentioning.deliver(delivery)

        async def tell(joined: frozenset[MatrixId]) -> None:
            agents = joined - self._services
            if not agents:
                return await self._deliveries.over(delivery, State.VOID, "nobody is in the room")
            thread = ThreadId(UUID(str((delivery.extra or {})["thread"])))
            return await self._tell(_Scene(delivery, thread, joined, agents, self._language_of(room)))

        async with self._turns.of(room):
            return await for_those_there(self._rooms, room, tell)

    async def _tell(self, scene: _Scene) -> None:
        match scene.delivery.happening.type:
            case EventType.COMMENT_CREATED:
                await self._created(scene)
            case EventType.COMMENT_UPDATED:
                await self._updated(scene)
            case EventType.COMMENT_DELETED:
                await self._deleted(scene)
            case EventType.THREAD_RESOLVED | EventType.THREAD_REOPENED:
                await self._closed(scene)
            case EventType.REACTION_ADDED | EventType.REACTION_REMOVED:
                await self._reacted(scene)
            case _:
                raise ValueError(f"{scene.delivery.happening.type} is no event of comments")

    async def _created(self, scene: _Scene) -> None:
        root = await self._talks.root(scene.room, scene.thread)
        if scene.is_from_here:
            return await self._from_here(scene, root)
        told = await self._ask(scene, scene.comment)
        if told.comment is not None and told.comment.deleted:
            if scene.delivery.sealed is None:
                if scene.delivery.verdict in SENDING_CARD.values():
                    await self._card(scene)  # it may be there, and discussions may be begun under it
                return await self._talks.done(scene.delivery)
            words = talk.deleted(scene.language)  # it may be there: its deletion, which comes next, takes it back
        elif told.comment is not None:
            words = talk.said(told.comment, scene.language, first=root is None)
        else:
            words = talk.hidden(told.cannot, scene.language)
        if root is not None:
            to_send = content.threaded(words, root.there)
        else:
            card = await self._card(scene)
            to_send = {**content.said(words), "m.relates_to": {"m.in_reply_to": {"event_id": card}}}
        event, is_certain = await self._send(scene, to_send)
        version = told.comment.version if told.comment is not None and is_certain else None
        spoken = self._spoken(scene, event, root.there if root else event, None, version)
        return await self._talks.done(scene.delivery, [spoken])

    async def _from_here(self, scene: _Scene, root: Spoken | None) -> None:
        """It is there already. What began the discussion gets a mark: all see by it that it was taken in."""
        event = EventId(scene.extra["origin_event"])
        known = await self._talks.of(scene.room, event) or root
        if known is None:
            return await self._talks.done(scene.delivery)  # it was said before we left the room, and came back
        said = self._spoken(scene, event, known.there, SOMEBODY)
        if root is not None and root.event != event:
            return await self._talks.done(scene.delivery, [said])
        await self._talks.keep(said)  # whatever becomes of the mark
        return await self._talks.done(scene.delivery, await self._marked(scene, said))

    async def _marked(self, scene: _Scene, said: Spoken) -> list[Spoken]:
        try:
            mark = await self._rooms.react(scene.room, scene.delivery.txn_id, said.event, MARK)
        except Permanent as error:  # in that room we may not react
            log.info("%s in %s gets no mark: %s", said.event, scene.room, error.reason)
            return []
        return [self._other(scene, mark, What.MARK, said, key=MARK)]

    async def _updated(self, scene: _Scene) -> None:
        said = await self._talks.said(scene.room, scene.comment)
        told = await self._ask(scene, scene.comment)
        is_gone = said is None or said.gone or (told.comment is not None and told.comment.deleted)
        if said is None or (is_gone and scene.delivery.sealed is None):
            return await self._talks.done(scene.delivery)
        if said.sender is not None:
            return await self._noted(scene, said, told)
        version = told.comment.version if told.comment is not None else None
        if version is not None and version == said.version and scene.delivery.sealed is None:
            return await self._talks.done(scene.delivery)  # it was shown like this already
        words = (
            talk.said(told.comment, scene.language, first=said.root == said.event)
            if told.comment is not None
            else talk.hidden(told.cannot, scene.language)
        )
        event, is_certain = await self._send(scene, content.edited(words, said.event))
        edit = self._other(scene, event, What.EDIT, said)
        return await self._talks.done(scene.delivery, [edit], shown=(said.event, version if is_certain else None))

    async def _noted(self, scene: _Scene, said: Spoken, told: CommentTold) -> None:
        """What somebody of the room wrote was changed elsewhere: their message is not ours to change, so a note of ours
        says it, once, and from then on it is the note that follows what is changed.
        """
        rows = await self._talks.about(scene.room, scene.comment)
        note = next((one for one in rows if one.what is What.NOTE), None)
        version = told.comment.version if told.comment is not None else None
        is_shown = note is not None and version is not None and note.version == version
        if ((note is None and scene.is_from_here) or is_shown) and scene.delivery.sealed is None:
            return await self._talks.done(scene.delivery)
        words = (
            talk.changed(told.comment, scene.language)
            if told.comment is not None
            else talk.hidden(told.cannot, scene.language)
        )
        if note is not None:
            event, is_certain = await self._send(scene, content.edited(words, note.event))
            edit = self._other(scene, event, What.EDIT, said)
            return await self._talks.done(scene.delivery, [edit], shown=(note.event, version if is_certain else None))
        event, is_certain = await self._send(scene, content.threaded(words, said.root or said.event))
        kept = self._other(scene, event, What.NOTE, said, version=version if is_certain else None)
        return await self._talks.done(scene.delivery, [kept])

    async def _deleted(self, scene: _Scene) -> None:
        rows = await self._talks.about(scene.room, scene.comment)
        ours = [one.event for one in rows if one.sender is None]
        for event in ours:
            await self._rooms.redact(scene.room, f"parvis.talk.back.{event}", event)
        said = next((one for one in rows if one.what is What.SAID and one.sender is not None), None)
        if said is None or scene.is_from_here:
            return await self._talks.done(scene.delivery, gone=ours)
        event, _ = await self._send(scene, content.threaded(talk.deleted(scene.language), said.root or said.event))
        kept = self._other(scene, event, What.NOTE, said)
        return await self._talks.done(scene.delivery, [kept], gone=ours)

    async def _closed(self, scene: _Scene) -> None:
        root = await self._talks.root(scene.room, scene.thread)
        if root is None or scene.is_from_here:
            return await self._talks.done(scene.delivery)
        audience = await self._audiences.of(scene.agents, scene.item, scene.delivery.happening.actor)
        who = audience.facts.actor if audience.facts is not None else None
        is_resolved = scene.delivery.happening.type is EventType.THREAD_RESOLVED
        words = (talk.resolved if is_resolved else talk.reopened)(who, scene.language)
        await self._send(scene, content.threaded(words, root.there))
        return await self._talks.done(scene.delivery)

    async def _reacted(self, scene: _Scene) -> None:
        """Have a reaction of ours under the message if, and only if, somebody reacted like that who did not do so here.

        That is counted, not remembered: who reacts here and elsewhere is one person, and so is their reaction.
        """
        said, key = await self._talks.said(scene.room, scene.comment), str(scene.extra["key"])
        keep: list[Spoken] = []
        if scene.is_from_here and scene.delivery.happening.type is EventType.REACTION_ADDED:
            event = EventId(scene.extra["origin_event"])
            keep = [self._other(scene, event, What.REACTION, said, sender=SOMEBODY, key=key)]
            await self._talks.keep(*keep)
        if said is None or (said.gone and scene.delivery.verdict is None):
            return await self._talks.done(scene.delivery)
        told = await self._ask(scene, scene.comment)
        about = await self._talks.about(scene.room, scene.comment)
        if any(one.what is What.MARK and one.key == key for one in about):
            return await self._talks.done(scene.delivery)  # ours is there, and stays
        rows = [one for one in about if one.what is What.REACTION]
        here = sum(one.sender is not None and one.key == key for one in rows)
        ours = [one.event for one in rows if one.sender is None and one.key == key]
        is_wanted = told.comment is not None and told.comment.reactions.get(key, 0) > here
        if scene.delivery.verdict == _REACT or (is_wanted and not ours):
            await self._talks.decided(scene.delivery, _REACT)
            event = await self._rooms.react(scene.room, scene.delivery.txn_id, said.event, key)
            return await self._talks.done(scene.delivery, [self._other(scene, event, What.REACTION, said, key=key)])
        if ours and not is_wanted:
            for event in ours:
                await self._rooms.redact(scene.room, f"parvis.talk.back.{event}", event)
            return await self._talks.done(scene.delivery, gone=ours)
        return await self._talks.done(scene.delivery)

    # -- what they have in common

    async def _ask(self, scene: _Scene, comment: CommentId) -> CommentTold:
        (told,) = await self._workspace.comments({"room": sorted(scene.agents)}, [CommentQuestion("room", comment)])
        return told

    async def _card(self, scene: _Scene) -> EventId:
        """The first card of the document in the room. Where there is none it is sent, under an id of its own."""
        card = await self._talks.card(scene.room, scene.item)
        if card is not None:
            return card
        facts = (await self._audiences.of(scene.agents, scene.item)).facts
        resource = Resource(Kind.DOCUMENT, scene.item)
        words: Message = (
            card_of(resource, facts, link(self._workspace.url, resource), scene.language)
            if facts is not None
            else talk.hidden_card(scene.language)
        )
        sealed = await self._rooms.seal(scene.room, content.MESSAGE, content.said(words), only_for=scene.joined)
        verdict = SENDING_CARD[facts is not None]
        await self._talks.decided(scene.delivery, verdict)
        card = await self._rooms.send(scene.room, f"parvis.talk.card.{scene.delivery.event_id}", sealed)
        # What was sent before a crash may have said something else, under the same transaction id.
        shows = facts is not None and scene.delivery.verdict in (None, verdict)
        await self._talks.keep(Spoken(scene.room, card, What.CARD, scene.item, shows=shows))
        return card

    async def _send(self, scene: _Scene, to_send: Mapping[str, Any]) -> tuple[EventId, bool]:
        """Send it, and say as what event, and whether it is certain that this is what is there: something else may have
        been sent under the same id before a crash.
        """
        delivery = scene.delivery
        verdict = content.verdict(scene.agents, to_send)
        sealed, is_certain = delivery.sealed, True
        if sealed is None or delivery.verdict != verdict:
            is_certain = sealed is None
            sealed = await self._rooms.seal(scene.room, content.MESSAGE, to_send, only_for=scene.joined)
            await self._deliveries.sealed(delivery, sealed, verdict, Choice())
        event = await self._rooms.send(scene.room, delivery.txn_id, sealed)
        log.info("delivery %d of event %s is in %s as %s", delivery.id, delivery.event_id, scene.room, event)
        return event, is_certain

    @staticmethod
    def _spoken(
        scene: _Scene, event: EventId, root: EventId, sender: MatrixId | None, version: int | None = None
    ) -> Spoken:
        return Spoken(scene.room, event, What.SAID, scene.item, scene.thread, scene.comment, root, sender, version)

    @staticmethod
    def _other(
        scene: _Scene,
        event: EventId,
        what: What,
        said: Spoken | None,
        *,
        sender: MatrixId | None = None,
        version: int | None = None,
        key: str | None = None,
    ) -> Spoken:
        """Something else about the comment that `said` is."""
        root = said.root if said else None
        return Spoken(scene.room, event, what, scene.item, scene.thread, scene.comment, root, sender, version, key)
