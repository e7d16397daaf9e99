"""Room to workspace: what members say and do in the thread of a discussion becomes part of it, as theirs.

The thread of a card that shows a document is one: what is said there first begins the discussion. What is said
elsewhere in the room stays in the room. Each act is taken in once, by the event of it; who may do what is decided by
the workspace, with the person's own rights.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from bridge.languages import Languages
from bridge.ports import Permanent, Reaction, Redaction, Retriable, RoomMessage, RoomSide
from bridge.roster import Roster
from bridge.speaker import Speaker
from bridge.store.talk import Spoken, Talks, What
from bridge.talk.telling import SOMEBODY
from cards import Language, Message, talk
from cards.text import clean
from contract.client import WorkspaceClient
from contract.errors import Forbidden, NotAllowed, NotFound, NotLinked, Refused
from contract.events import EventType
from contract.ids import EventId, MatrixId, RoomId
from contract.talk import MAX_GUEST_NAME, Done, RoomAct, TakenIn

log = logging.getLogger(__name__)

#: How often somebody is told the same of what is not taken in.
_A_DAY = timedelta(days=1)
#: What resolves a thread, under its first message.
_RESOLVES = "✅"
#: What the workspace says of acts of which nobody needs to be told: a reaction that is no emoji, a ✅ of who may not.
_QUIET = frozenset({"not_an_emoji", "not_yours", "comment_deleted"})


class Hearing:
    """Takes in. What it raises is somebody who is away: the same event is told again, and a room's order is kept."""

    def __init__(
        self,
        rooms: RoomSide,
        workspace: WorkspaceClient,
        talks: Talks,
        roster: Roster,
        speaker: Speaker,
        languages: Languages,
        wants: Callable[[RoomId, EventType], bool] = lambda _room, _type: True,
    ) -> None:
        """`wants` says whether a room chose to hear of what happens."""
        self._rooms = rooms
        self._languages = languages
        self._workspace = workspace
        self._talks = talks
        self._roster = roster
        self._speaker = speaker
        self._wants = wants

    async def place(self, message: RoomMessage) -> Spoken | None:
        """What `message` edits or the root of the discussion that it is in or begins; None where it has no part in one.

        Raises `Retriable` where that is not known yet.
        """
        if message.replaces is not None:
            edited = await self._talks.of(message.room, message.replaces)
            is_theirs = edited is not None and edited.what is What.SAID and _is_of(edited, message.sender)
            return edited if is_theirs else None
        if message.thread_root is None:
            return None
        root = await self._root(message.room, message.thread_root)
        if root is None or root.what is What.SAID:
            return root
        is_discussed = root.what is What.CARD and (root.thread is not None or await self._may_begin(root))
        return root if is_discussed else None

    async def _root(self, room: RoomId, event: EventId) -> Spoken | None:
        """What the root of a thread is."""
        root = await self._talks.of(room, event)
        if root is not None:
            return root
        if await self._talks.sending_root(room) and await self._may_be_ours(room, event):
            raise Retriable("something is being said in the room, maybe what this answers")
        return await self._talks.of(room, event)  # it may have become known between the two looks

    async def _may_be_ours(self, room: RoomId, event: EventId) -> bool:
        """Nobody's thread waits for what is being sent, if it is clear that somebody else began it."""
        try:
            return await self._rooms.message(room, event) is None
        except Permanent as error:
            log.info("%s in %s cannot be looked at: %s", event, room, error.reason)
            return False

    async def _may_begin(self, card: Spoken) -> bool:
        """Whether a discussion may be begun under a card of which none was: it shows its document, and the room follows
        that, and wants to hear of it.
        """
        if not card.shows or card.gone or not self._wants(card.room, EventType.COMMENT_CREATED):
            return False
        try:
            return await self._workspace.hears(card.room, card.item)
        except NotFound:
            return False  # the room is not known there any more

    async def on_message(self, message: RoomMessage, place: Spoken) -> None:
        """Take in what somebody wrote, of which `place` is the place."""
        if message.replaces is not None:
            done = Done(RoomAct.EDIT, message.room, message.event_id, place.item, target=place.event, text=message.body)
            await self._bring(done, message)
            return
        room, event = message.room, message.event_id
        said = Spoken(room, event, What.SAID, place.item, root=place.there, sender=message.sender)
        if place.thread is None:
            # Known before it is brought: what the workspace tells of it may come before its answer does.
            await self._talks.keep(replace(said, what=What.BEGINS))
            done = Done(RoomAct.START, room, event, place.item, text=message.body)
        else:
            done = Done(RoomAct.REPLY, room, event, place.item, thread=place.thread, text=message.body)
        taken = await self._bring(done, message)
        if taken is not None:
            await self._talks.keep(replace(said, thread=taken.thread, comment=taken.comment))

    async def on_reaction(self, reaction: Reaction) -> None:
        """Take in a reaction to what was said in a discussion; ✅ under its first message resolves it."""
        target = await self._talks.of(reaction.room, reaction.target)
        if target is None and await self._talks.sending(reaction.room):
            raise Retriable("something is being said in the room, maybe what this answers")
        if target is None or target.what is not What.SAID:
            return
        key = reaction.emoji  # as the workspace has it
        if key == _RESOLVES and await self._is_first(target):
            done = Done(RoomAct.RESOLVE, reaction.room, reaction.event_id, target.item, thread=target.thread)
        else:
            done = Done(RoomAct.REACT, reaction.room, reaction.event_id, target.item, comment=target.comment, key=key)
        taken = await self._bring(done, reaction)
        if taken is not None:
            await self._talks.keep(
                Spoken(
                    *(reaction.room, reaction.event_id, What.REACTION, target.item),
                    *(taken.thread, taken.comment, target.root, reaction.sender),
                    key=key,
                )
            )

    async def on_redaction(self, redaction: Redaction) -> None:
        """Take back what its author takes back. What a moderator hides here is not theirs to delete elsewhere."""
        target = await self._talks.of(redaction.room, redaction.target)
        if target is not None and target.what is What.CARD:
            # Somebody may hide it: nothing begins under it any more. What has begun there goes on.
            await self._talks.take_back(redaction.room, redaction.target)
        if target is None or target.what not in (What.SAID, What.REACTION) or not _is_of(target, redaction.sender):
            return
        # First: what is counted here meanwhile is not to count it any more.
        await self._talks.take_back(redaction.room, redaction.target)
        done = Done(RoomAct.REDACT, redaction.room, redaction.event_id, target.item, target=redaction.target)
        await self._bring(done, redaction)

    async def _is_first(self, said: Spoken) -> bool:
        """Whether it is what the room saw first of its discussion."""
        first = await self._talks.root(said.room, said.thread) if said.thread is not None else None
        return first is not None and first.event == said.event

    async def _bring(self, done: Done, event: RoomMessage | Reaction | Redaction) -> TakenIn | None:
        """What the act was about; None where it is not taken in, which its author is told once a day."""
        try:
            return await self._taken(event.sender, done)
        except NotAllowed:
            words, what = talk.not_allowed(f"{self._workspace.url}/account/"), "talk.not_allowed"
        except (Forbidden, NotFound):
            if done.act is RoomAct.RESOLVE:
                return None  # a ✅ may mean anything
            words, what = talk.no_role, "talk.no_role"
        except Refused as error:
            log.info("%s in %s is not taken in: %s", event.event_id, event.room, error.code)
            if error.code in _QUIET:
                return None
            if error.code == "guests_not_taken":
                words, what = talk.not_linked, "talk.not_linked"
            else:
                message = error.message

                def words(language: Language) -> Message:
                    return talk.not_taken(message, language)

                what = f"talk.{error.code}"
        if not isinstance(event, Redaction):
            await self._speaker.whisper_seldom(event.sender, words, what, event, _A_DAY)
        return None

    async def _taken(self, sender: MatrixId, done: Done) -> TakenIn:
        """Bring it as theirs. Where the workspace does not know yet who is joined or linked, it is told, or asked again
        later.
        """
        try:
            return await self._as_they_are(sender, done)
        except Refused as error:
            if error.code not in ("not_a_member", "guest_is_linked"):
                raise
        await self._roster.tell(done.room)
        try:
            return await self._as_they_are(sender, done)
        except Refused as error:
            if error.code == "guest_is_linked":
                raise Retriable("somebody is being linked or unlinked") from error
            raise

    async def _as_they_are(self, sender: MatrixId, done: Done) -> TakenIn:
        language = self._languages.of_room(done.room)
        try:
            return await self._workspace.comment_as(sender, done, said_in=language)
        except NotLinked:
            name = clean(await self._rooms.display_name(done.room, sender), MAX_GUEST_NAME)
            return await self._workspace.comment_as_guest(sender, name, done, said_in=language)


def _is_of(spoken: Spoken, sender: MatrixId) -> bool:
    """Whether `sender` wrote it, as far as is known here: the workspace asks again."""
    return spoken.sender in (sender, SOMEBODY)
