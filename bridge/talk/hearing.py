"""Room to workspace: what members say and do in the thread of a discussion becomes part of it, as theirs.

Only there: what is said elsewhere in the room stays in the room. Each act is taken in once, by the event of it; who may
do what is decided by the workspace, with the person's own rights.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from bridge.languages import Languages
from bridge.ports import Reaction, Redaction, Retriable, RoomMessage, RoomSide
from bridge.roster import Roster
from bridge.speaker import Speaker
from bridge.store.talk import Spoken, Talks, What
from bridge.talk.telling import SOMEBODY
from cards import Language, Message, talk
from cards.text import clean
from contract.client import WorkspaceClient
from contract.errors import Forbidden, NotAllowed, NotFound, NotLinked, Refused
from contract.ids import MatrixId
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
    ) -> None:
        self._rooms = rooms
        self._languages = languages
        self._workspace = workspace
        self._talks = talks
        self._roster = roster
        self._speaker = speaker

    async def place(self, message: RoomMessage) -> Spoken | None:
        """What `message` edits or the root of the discussion that it is in; None where it has no part in one.

        Raises `Retriable` where that is not known yet.
        """
        if message.replaces is not None:
            edited = await self._talks.of(message.room, message.replaces)
            return edited if edited is not None and _is_of(edited, message.sender) else None
        if message.thread_root is None:
            return None
        root = await self._talks.of(message.room, message.thread_root)
        if root is None and await self._talks.sending(message.room):
            raise Retriable("something is being said in the room, maybe what this answers")
        return root if root is not None and root.what is What.SAID else None

    async def on_message(self, message: RoomMessage, place: Spoken) -> None:
        """Take in what somebody wrote, of which `place` is the place."""
        if message.replaces is not None:
            done = Done(RoomAct.EDIT, message.room, message.event_id, place.item, target=place.event, text=message.body)
            await self._bring(done, message)
            return
        done = Done(RoomAct.REPLY, message.room, message.event_id, place.item, thread=place.thread, text=message.body)
        taken = await self._bring(done, message)
        if taken is not None:
            await self._talks.keep(
                Spoken(
                    *(message.room, message.event_id, What.SAID, place.item),
                    *(taken.thread, taken.comment, place.root or place.event, message.sender),
                )
            )

    async def on_reaction(self, reaction: Reaction) -> None:
        """Take in a reaction to what was said in a discussion; ✅ under its first message resolves it."""
        target = await self._talks.of(reaction.room, reaction.target)
        if target is None and await self._talks.sending(reaction.room):
            raise Retriable("something is being said in the room, maybe what this answers")
        if target is None or target.what is not What.SAID:
            return
        key = reaction.emoji  # as the workspace has it
        if key == _RESOLVES and target.event == target.root:
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
        if target is None or target.what not in (What.SAID, What.REACTION) or not _is_of(target, redaction.sender):
            return
        # First: what is counted here meanwhile is not to count it any more.
        await self._talks.take_back(redaction.room, redaction.target)
        done = Done(RoomAct.REDACT, redaction.room, redaction.event_id, target.item, target=redaction.target)
        await self._bring(done, redaction)

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
