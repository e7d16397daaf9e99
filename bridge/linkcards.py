"""Understands links: under a message in which somebody pasted one, a card of what it opens.

It shows what it opens only where every member may read that. Whether it opens anything at all is told only where
whoever pasted it may read it: else nobody can learn it from what is said, nor from nothing being said.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bridge.audiences import Audiences
from bridge.languages import Languages
from bridge.links import links_in
from bridge.offers import Offers
from bridge.ports import RoomMessage, RoomSide
from bridge.speaker import Speaker
from bridge.store.said import Said
from bridge.store.talk import Spoken, Talks, What
from cards import Message, links
from contract.answers import Audience
from contract.ids import ItemId, MatrixId
from contract.resources import Kind, Resource, link

#: A thing has one card a room within this time, however often its link is pasted.
ONCE_WITHIN = timedelta(days=1)


class LinkCards:
    """What the middle asks about every message."""

    def __init__(
        self,
        rooms: RoomSide,
        workspace_url: str,
        audiences: Audiences,
        speaker: Speaker,
        offers: Offers,
        said: Said,
        talks: Talks,
        languages: Languages,
        services: frozenset[MatrixId],
    ) -> None:
        self._rooms = rooms
        self._workspace_url = workspace_url
        self._audiences = audiences
        self._speaker = speaker
        self._offers = offers
        self._said = said
        self._talks = talks
        self._languages = languages
        self._services = services

    def of(self, message: RoomMessage) -> list[ItemId]:
        """What the links of the workspace in it open."""
        return links_in(message.body, self._workspace_url)

    async def understand(self, message: RoomMessage, linked: list[ItemId]) -> None:
        """Say what its links open (see `of`). Told of the same message again, nothing is said twice."""
        for item in linked:
            if not await self._said.lately(message.room, f"link.{item}", ONCE_WITHIN):
                await self._say(message, item)
                await self._said.now(message.room, f"link.{item}")

    async def _say(self, message: RoomMessage, item: ItemId) -> None:
        # An edited message is answered where it is, and was answered if it had the link before.
        said = replace(message, event_id=message.replaces) if message.replaces else message
        told: Audience | None = None

        async def words_for(joined: frozenset[MatrixId]) -> Message:
            nonlocal told
            told = await self._audiences.of(joined - self._services, item)
            return await self._words(message, item, told)

        card = await self._speaker.answer_those(said, words_for, about=f"link.{item}")
        if card is not None and said.thread_root is None and _is_document(told):
            await self._talks.keep(Spoken(message.room, card, What.CARD, item, shows=True))
        if told is not None and told.facts is None:
            await self._offers.to_somebody(message.room, item, message.sender, said.event_id)

    async def _words(self, message: RoomMessage, item: ItemId, audience: Audience) -> Message:
        language = self._languages.of_room(message.room)
        if audience.facts is not None:
            resource = Resource(audience.facts.kind, item)
            return links.linked(resource, audience.facts, link(self._workspace_url, resource), language)
        theirs = await self._audiences.of(frozenset({message.sender}), item)
        return links.hidden(audience.cannot if theirs.facts is not None else None, language)


def _is_document(told: Audience | None) -> bool:
    """Whether that is a document which all may read: a discussion can be begun under its card, as under any other."""
    return told is not None and told.facts is not None and told.facts.kind is Kind.DOCUMENT
