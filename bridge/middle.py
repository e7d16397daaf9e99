"""What happens in rooms, and who deals with it. Nobody is obeyed who is not proved to have written it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from bridge.commands.desk import Desk
from bridge.commands.drive import DriveAsked, DriveCommand, DriveMisused, DriveUnknown, parse_drive
from bridge.commands.parsing import Command, Misused, Unknown, parse
from bridge.files.desk import FilesDesk
from bridge.linkcards import LinkCards
from bridge.lobby import Lobby
from bridge.offers import Offers
from bridge.ports import Invite, Reaction, Redaction, RoomMessage, RoomSide, Trust, Unreadable, Upgrade
from bridge.roster import Roster
from bridge.spaces import Spaces
from bridge.speaker import Speaker
from bridge.talk.hearing import Hearing
from bridge.upgrades import Upgrades
from cards import Language, Message, answers
from contract.allowance import Allowance
from contract.ids import ItemId, MatrixId, RoomId

Asked = Command | Misused | Unknown | DriveAsked

log = logging.getLogger(__name__)

_AN_HOUR, _A_DAY = timedelta(hours=1), timedelta(days=1)
#: What is said to who is not obeyed, by how far they are proved.
_REFUSALS: Mapping[Trust, tuple[str, Callable[[Language], Message]]] = {
    Trust.CLEARTEXT: ("cleartext", answers.cleartext_ignored),
    Trust.UNKNOWN_DEVICE: ("unknown", answers.unknown_device),
    Trust.KNOWN_DEVICE: ("untrusted", answers.untrusted_device),
}


class Middle:
    """The bridge's `RoomEvents`."""

    def __init__(
        self,
        rooms: RoomSide,
        desk: Desk,
        lobby: Lobby,
        roster: Roster,
        speaker: Speaker,
        links: LinkCards,
        offers: Offers,
        files: FilesDesk,
        upgrades: Upgrades,
        hearing: Hearing,
        spaces: Spaces,
        min_trust: Trust,
        services: frozenset[MatrixId],
    ) -> None:
        self._rooms = rooms
        self._desk = desk
        self._lobby = lobby
        self._roster = roster
        self._speaker = speaker
        self._links = links
        self._offers = offers
        self._files = files
        self._upgrades = upgrades
        self._hearing = hearing
        self._spaces = spaces
        self._min_trust = min_trust
        self._services = services
        self._allowance = Allowance()

    async def on_message(self, message: RoomMessage) -> None:
        """See `RoomEvents`. A space is no place to write in: nothing that is written there is heard."""
        if self._spaces.has(message.room):
            return
        if message.sender in self._services or message.sender not in await self._rooms.joined_members(message.room):
            return
        if message.attachment is not None:
            await self._carries_a_file(message)
        elif message.msgtype == "m.text":
            await self._says(message)

    async def _says(self, message: RoomMessage) -> None:
        asked = (parse(message.body) or parse_drive(message.body)) if message.replaces is None else None
        is_talk = asked is None and await self._is_talk(message)
        linked = self._links.of(message) if asked is None else []
        if asked is None and not linked and (is_talk or message.replaces or not await self._desk.is_direct(message)):
            return
        if message.trust is Trust.FORGED:
            log.warning("%s in %s does not come from %s: ignored", message.event_id, message.room, message.sender)
        elif not self._allowance.take(message.sender):
            await self._ignore(message)
        else:
            await self._heed(message, asked, linked)

    async def _heed(self, message: RoomMessage, asked: Asked | None, linked: list[ItemId]) -> None:
        """Do what is asked; of what asks nothing, understand the links, or answer in a direct chat."""
        if linked:
            # Whoever wrote it, nobody is shown more than all here may read.
            await self._links.understand(message, linked)
        elif message.trust < self._min_trust:
            await self._refuse(message)
        elif asked is None:
            await self._speaker.whisper_seldom(message.sender, answers.help_text, "help", message, _AN_HOUR)
        elif isinstance(asked, DriveCommand | DriveMisused | DriveUnknown):
            await self._files.serve(message, asked)
        else:
            await self._desk.serve(message, asked)

    async def _carries_a_file(self, message: RoomMessage) -> None:
        if message.trust >= self._min_trust and self._files.keeps(message):
            await self._files.keep(message)

    async def _is_talk(self, message: RoomMessage) -> bool:
        """Whether it has a part in the discussion of a document, which it is taken into. Nobody's words are dropped for
        being many: the workspace says how many it takes, and the room waits.
        """
        place = None if message.trust is Trust.FORGED else await self._hearing.place(message)
        if place is None:
            return False
        if message.trust < self._min_trust:
            await self._refuse(message)
        else:
            await self._hearing.on_message(message, place)
        return True

    async def _refuse(self, message: RoomMessage) -> None:
        log.info("%s in %s is not obeyed: %s", message.event_id, message.room, message.trust.name)
        what, words = _REFUSALS[message.trust]
        await self._speaker.whisper_seldom(message.sender, words, what, message, _AN_HOUR)

    async def _ignore(self, event: RoomMessage | Reaction) -> None:
        log.warning("%s asks too much: %s in %s ignored", event.sender, event.event_id, event.room)
        await self._speaker.whisper_seldom(event.sender, answers.too_many, "too_many", event, _AN_HOUR)

    async def on_unreadable(self, event: Unreadable) -> None:
        """See `RoomEvents`."""
        if self._spaces.has(event.room):
            return
        if event.sender in self._services or event.sender not in await self._rooms.joined_members(event.room):
            return
        log.info("%s in %s cannot be read", event.event_id, event.room)
        await self._speaker.whisper_seldom(event.sender, answers.unreadable, "unreadable", event, _A_DAY)

    async def on_reaction(self, reaction: Reaction) -> None:
        """See `RoomEvents`."""
        if reaction.sender in self._services or reaction.trust is Trust.FORGED or self._spaces.has(reaction.room):
            return
        if not self._files.concerns(reaction):
            await self._offers.on_reaction(reaction)
            await self._hearing.on_reaction(reaction)
        elif reaction.sender in await self._rooms.joined_members(reaction.room):
            if self._allowance.take(reaction.sender):
                await self._files.on_reaction(reaction)
            else:
                await self._ignore(reaction)

    async def on_redaction(self, redaction: Redaction) -> None:
        """See `RoomEvents`. But for discussions, nothing that is taken back changes what was done because of it."""
        if redaction.sender not in self._services:
            await self._hearing.on_redaction(redaction)

    async def on_upgrade(self, upgrade: Upgrade) -> None:
        """See `RoomEvents`."""
        await self._upgrades.follow(upgrade)

    async def on_invite(self, invite: Invite) -> None:
        """See `RoomEvents`."""
        await self._lobby.answer(invite)

    async def on_members_changed(self, room: RoomId) -> None:
        """See `RoomEvents`. Who is in a space has nothing by that, and who arranges it is asked when it matters."""
        if not await self._spaces.is_one(room):
            await self._roster.changed(room)

    async def on_arranged(self, space: RoomId) -> None:
        """See `RoomEvents`."""
        await self._spaces.changed(space)

    async def on_left(self, room: RoomId) -> None:
        """See `RoomEvents`."""
        if self._rooms.user_id in await self._rooms.joined_members(room):
            await self.on_members_changed(room)  # we are back already: this was told late
        elif self._spaces.has(room):
            await self._spaces.left(room)
        else:
            await self._roster.left(room)
