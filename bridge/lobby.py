"""What becomes of invitations: the bridge goes where it can write encrypted, and says why where it cannot."""

from __future__ import annotations

import logging

from bridge.languages import Languages
from bridge.matrix.retrying import Backoff
from bridge.ports import Invite, Permanent, RoomSide
from bridge.roster import Roster
from bridge.spaces import Spaces
from bridge.speaker import Speaker
from bridge.upgrades import Upgrades
from cards import answers
from cards import spaces as words_of_spaces

log = logging.getLogger(__name__)

#: How often a join that is refused is tried, and the seconds before the second time; some twelve in all.
_TRIES, _FIRST_WAIT = 7, 0.2


class Lobby:
    """Answers invitations."""

    def __init__(
        self,
        rooms: RoomSide,
        roster: Roster,
        speaker: Speaker,
        languages: Languages,
        upgrades: Upgrades,
        spaces: Spaces,
    ) -> None:
        self._rooms = rooms
        self._roster = roster
        self._speaker = speaker
        self._languages = languages
        self._upgrades = upgrades
        self._spaces = spaces

    async def answer(self, invite: Invite) -> None:
        """Join and say who we are, or refuse and say why."""
        if not invite.encrypted and not invite.is_space:
            await self._refuse(invite)
            return
        try:
            await self._join(invite)
        except Permanent as error:  # it was taken back, or the room is gone
            log.info("the invitation to %s cannot be followed: %s", invite.room, error.reason)
            return
        if await self._rooms.is_space(invite.room):
            await self._into_space(invite)
            return
        if not await self._rooms.is_encrypted(invite.room):
            await self._refuse(invite)
            return
        await self._roster.changed(invite.room)
        if await self._upgrades.arrived(invite.room):
            return  # they know us
        words = answers.welcome(self._languages.of_room(invite.room))
        await self._speaker.write(invite.room, words, f"welcome.{invite.room}")

    async def _into_space(self, invite: Invite) -> None:
        """Nothing is ever said in a space, where nobody writes and little is encrypted: who invites is told alone."""
        await self._spaces.arrived(invite.room)
        if not await self._upgrades.arrived_in_space(invite.room):
            language = await self._languages.of_person(invite.sender, invite.room)
            await self._speaker.whisper(invite.sender, words_of_spaces.welcome(language), f"space.{invite.room}")

    async def _join(self, invite: Invite) -> None:
        """Join. Who is quick is refused at first: the homeserver of who invites has not stored its own invitation
        when ours tells us of it.
        """
        backoff = Backoff(first=_FIRST_WAIT)
        for _ in range(_TRIES - 1):
            try:
                return await self._rooms.join(invite.room)
            except Permanent as error:
                if error.code != "M_FORBIDDEN":
                    raise
            await backoff.wait()
        return await self._rooms.join(invite.room)

    async def _refuse(self, invite: Invite) -> None:
        log.info("the invitation of %s to %s is refused: not encrypted", invite.sender, invite.room)
        words = answers.refused_unencrypted(invite.room, await self._languages.of_person(invite.sender, invite.room))
        await self._speaker.whisper(invite.sender, words, f"unencrypted.{invite.room}")
        await self._rooms.leave(invite.room, words.body)
