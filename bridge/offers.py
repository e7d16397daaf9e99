"""Asks somebody who may whether a room is to have access to something, and does what they answer, as them.

Asked is one member of the room who owns it, in their direct chat; they answer by a reaction to that message. Clients do
not encrypt reactions: who can write as that person to the homeservers could answer for them. So it gives no more than
the person could give on a page, needs their delegation, is told to them in the chat, and is taken back with a click
(docs/security.md).
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from bridge.audiences import Audiences
from bridge.languages import Languages
from bridge.ports import Permanent, Reaction, RoomSide
from bridge.roster import Roster
from bridge.speaker import Speaker
from bridge.store.offers import Offer, OfferTable
from bridge.store.said import Said
from cards import Language, Message, answers, offers
from cards.offers import Choice
from contract.client import WorkspaceClient
from contract.errors import NotAllowed, NotFound, NotLinked, Refused
from contract.ids import ItemId, MatrixId, RoomId
from contract.resources import Resource, link

log = logging.getLogger(__name__)

#: Nobody is asked the same more often, and an offer that is older is not taken any more.
ASKED_WITHIN, OPEN_FOR = timedelta(days=1), timedelta(days=7)


class Offers:
    """Makes offers and takes answers."""

    def __init__(
        self,
        rooms: RoomSide,
        workspace: WorkspaceClient,
        audiences: Audiences,
        roster: Roster,
        speaker: Speaker,
        languages: Languages,
        said: Said,
        table: OfferTable,
        services: frozenset[MatrixId],
    ) -> None:
        self._rooms = rooms
        self._workspace = workspace
        self._audiences = audiences
        self._roster = roster
        self._speaker = speaker
        self._languages = languages
        self._said = said
        self._table = table
        self._services = services

    async def to_somebody(self, room: RoomId, item: ItemId, rather: MatrixId, about: str) -> None:
        """Ask one member who may share `item`, `rather` if they may; nobody where nobody may.

        `about` names what it follows from: told of that again after a crash, nobody is asked twice.
        """
        may = await self._sharers(room, item)
        if not may:
            return
        person = rather if rather in may else may[0]
        what = f"offer.{room}.{item}"
        if await self._said.lately(person, what, ASKED_WITHIN):
            return
        await self._ask(person, room, item, about)
        await self._said.now(person, what)

    async def _sharers(self, room: RoomId, item: ItemId) -> tuple[MatrixId, ...]:
        """Those who are in the room now and may share. What the workspace refuses to say keeps nobody waiting."""
        try:
            await self._roster.tell(room)
            return await self._workspace.sharers(room, item)
        except (Refused, Permanent) as error:
            log.warning("who may share in %s is not known: %s", room, error)
            return ()

    async def _ask(self, person: MatrixId, room: RoomId, item: ItemId, about: str) -> None:
        async def words() -> Message | None:
            theirs = await self._audiences.of(frozenset({person}), item)
            members = await self._rooms.joined_members(room)
            all_of_them = await self._audiences.of(members - self._services, item)
            if theirs.facts is None or all_of_them.facts is not None:
                return None  # things have changed since
            url = link(self._workspace.url, Resource(theirs.facts.kind, item))
            language = await self._languages.of_person(person, room)
            return offers.offer(theirs.facts.title, url, room, all_of_them.cannot, language)

        whispered = await self._speaker.whisper_what(person, words, f"offer.{item}.{about}")
        if whispered is None:
            return
        await self._table.add(Offer(whispered.room, whispered.event, person, room, item, datetime.now(UTC)))
        for choice in Choice:
            txn_id = f"parvis.choice.{choice}.{whispered.event}"
            await self._rooms.react(whispered.room, txn_id, whispered.event, choice.emoji)

    async def on_reaction(self, reaction: Reaction) -> None:
        """Somebody reacted, maybe to an offer that was made to them."""
        offer, choice = await self._table.open(reaction.target), Choice.of(reaction.emoji)
        if offer is None or choice is None or (offer.person, offer.chat) != (reaction.sender, reaction.room):
            return
        language = await self._languages.of_person(offer.person, offer.room)
        try:
            words = await self._done(offer, choice, language)
        except NotAllowed:  # it stays open: they may allow it, and react again
            words = offers.not_allowed(f"{self._workspace.url}/account/", language)
        else:
            await self._table.answered(offer)
        await self._speaker.whisper(offer.person, words, f"offer.answer.{reaction.event_id}")

    async def _done(self, offer: Offer, choice: Choice, language: Language) -> Message:
        if datetime.now(UTC) - offer.made_at > OPEN_FOR:
            return offers.over(language)
        if choice is Choice.NO:
            return offers.given(choice, language)
        try:
            await self._roster.tell(offer.room)  # those who are in it now
            await self._workspace.share_with_room(offer.person, offer.item, offer.room, choice.value)
        except NotAllowed:
            raise
        except NotLinked:
            return answers.not_linked(language)
        except NotFound:
            return answers.not_there(language)
        except Permanent:
            return offers.over(language)  # the bridge is not in the room any more
        except Refused as error:
            return answers.server_said(error.message)
        log.info("%s has %s on %s by %s", offer.room, choice, offer.item, offer.person)
        return offers.given(choice, language)
