"""Does what people ask, for them and with their rights, and answers.

Whatever is done, the workspace does it for the person of the Matrix id that asked: nothing here has rights of its own.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

from bridge.audiences import Audiences
from bridge.commands.access import AccessCommand
from bridge.commands.options import Options
from bridge.commands.parsing import Command, Misused, Unknown, Verb
from bridge.commands.spaces import SpaceCommands, space_in
from bridge.commands.titles import Titles
from bridge.languages import Languages
from bridge.offers import Offers
from bridge.ports import Permanent, RoomMessage, RoomSide
from bridge.roster import Roster
from bridge.spaces import Spaces
from bridge.speaker import Speaker
from cards import Language, Message, answers, spaces
from contract.answers import Binding
from contract.client import WorkspaceClient
from contract.errors import Conflict, NotFound, NotLinked, Refused, Unavailable
from contract.ids import MatrixId
from contract.resources import Kind, parse_link

log = logging.getLogger(__name__)

_MINUTE = timedelta(minutes=1)


class Desk:
    """Where commands are done. `Retriable` and `Unavailable` are answered for, or raised to be tried again."""

    def __init__(
        self,
        rooms: RoomSide,
        workspace: WorkspaceClient,
        audiences: Audiences,
        roster: Roster,
        speaker: Speaker,
        languages: Languages,
        services: frozenset[MatrixId],
        offers: Offers,
        space_side: Spaces,
    ) -> None:
        self._rooms = rooms
        self._offers = offers
        self._workspace = workspace
        self._roster = roster
        self._speaker = speaker
        self._languages = languages
        self._services = services
        self._options = Options(workspace, roster, languages)
        self._titles = Titles(audiences, services)
        self._of_spaces = SpaceCommands(rooms, workspace, roster, space_side, self._titles, speaker, languages, offers)
        self._verbs: Mapping[Verb, Callable[[RoomMessage, str, Language], Awaitable[Message | None]]] = {
            Verb.HELP: self._help,
            Verb.LINK: self._link,
            Verb.UNLINK: self._unlink,
            Verb.BIND: self._bind,
            Verb.UNBIND: self._unbind,
            Verb.BINDINGS: self._bindings,
            Verb.ACCESS: AccessCommand(workspace, audiences, roster, speaker, services).answer,
            Verb.SETTINGS: self._settings,
            Verb.LANGUAGE: self._set_language,
        }

    async def serve(self, message: RoomMessage, asked: Command | Misused | Unknown) -> None:
        """Do what `message` asks and answer it."""
        language = await self._language(message)
        match asked:
            case Unknown(word, near):
                words: Message | None = answers.unknown_command(word, near, language)
            case Misused(verb):
                words = answers.usage(verb, language)
            case Command(verb, word):
                log.info("command %s of %s in %s", verb, message.sender, message.room)
                words = await self._done(verb, message, word, language)
        if words is not None:
            await self._speaker.answer(message, words)

    async def _language(self, message: RoomMessage) -> Language:
        if await self.is_direct(message):
            return await self._languages.of_person(message.sender, message.room)
        return self._languages.of_room(message.room)

    async def _done(self, verb: Verb, message: RoomMessage, word: str, language: Language) -> Message | None:
        try:
            return await self._verbs[verb](message, word, language)
        except NotLinked:
            return answers.not_linked(language)
        except NotFound:
            return answers.not_there(language)
        except Unavailable as error:
            log.warning("command %s of %s: the workspace is away (%s)", verb, message.sender, error)
            return answers.try_again(language)
        except Refused as error:
            return answers.server_said(error.message)
        except Permanent as error:
            log.info("command %s of %s has nobody left to answer: %s", verb, message.sender, error.reason)
            return None

    async def _help(self, _message: RoomMessage, _word: str, language: Language) -> Message | None:
        return answers.help_text(language)

    async def _link(self, message: RoomMessage, _word: str, language: Language) -> Message | None:
        try:
            offer = await self._workspace.offer_link(message.sender, said_in=language)
        except Conflict:
            return answers.already_linked(language)
        # Told again after a crash, an earlier address has ended: this one must not be taken for it.
        about = f"{message.event_id}.{hashlib.sha256(offer.url.encode()).hexdigest()[:12]}"
        minutes = max(round((offer.expires_at - datetime.now(UTC)) / _MINUTE), 1)
        words = answers.link_offer(offer.url, minutes, message.sender, language)
        whispered = await self._speaker.whisper(message.sender, words, about)
        if whispered is None:
            return answers.cannot_whisper(language)
        return None if whispered.room == message.room else answers.look_in_direct(language)

    async def _unlink(self, message: RoomMessage, _word: str, language: Language) -> Message | None:
        await self._workspace.unlink(message.sender, said_in=language)
        return answers.unlinked(language)

    async def _bind(self, message: RoomMessage, words: str, language: Language) -> Message | None:
        url, _, of_space = words.partition(" ")
        if parse_link(self._workspace.url, url) is None:
            return answers.not_our_link(self._workspace.url, language)
        if of_space:
            return await self._of_spaces.bind(message, url, space_in(of_space), language)
        await self._roster.tell(message.room, moderators=True)  # whoever has just come may bind
        try:
            binding = await self._workspace.bind(message.room, url, message.sender, said_in=language)
        except Conflict as error:
            if error.code != "already_bound":
                raise
            return answers.already_bound(language)

        name: str | None = None

        async def words_for(joined: frozenset[MatrixId]) -> Message:
            nonlocal name
            (name,) = await self._titles.of([binding], joined)
            return answers.bound(name, binding.url, language, talks=binding.kind is not Kind.FILE)

        await self._speaker.answer_those(message, words_for)
        if name is None:
            await self._offers.to_somebody(message.room, binding.item, message.sender, message.event_id)
        return None

    async def _unbind(self, message: RoomMessage, words: str, language: Language) -> Message | None:
        url, _, of_space = words.partition(" ")
        item = parse_link(self._workspace.url, url)
        if item is None:
            return answers.not_our_link(self._workspace.url, language)
        if of_space:
            return await self._of_spaces.unbind(message, item, space_in(of_space), language)
        room = await self._roster.tell(message.room, moderators=True)
        try:
            await self._workspace.unbind(message.room, item, message.sender, said_in=language)
        except Conflict as error:
            if error.code != "by_space":
                raise
            return spaces.only_by_space(url, language)
        if any(one.item == item and one.by_space for one in room.bindings):
            return spaces.still_by_space(url, language)
        return answers.unbound(language)

    async def _bindings(self, message: RoomMessage, _word: str, language: Language) -> Message | None:
        if not await self._is_linked(message.sender):
            return answers.not_linked(language)
        room = await self._roster.tell(message.room)
        if not room.bindings:
            return answers.no_bindings(language)

        async def words_for(joined: frozenset[MatrixId]) -> Message:
            titles = await self._titles.of(room.bindings, joined)
            bound = zip(titles, room.bindings, strict=True)
            items = [_bound_item(name, one) for name, one in bound]
            return answers.bindings(items, language)

        await self._speaker.answer_those(message, words_for)
        return None

    async def _settings(self, message: RoomMessage, words: str, language: Language) -> Message | None:
        return await self._options.serve(message, words, language, direct=await self.is_direct(message))

    async def _set_language(self, message: RoomMessage, word: str, language: Language) -> Message | None:
        return await self._options.set_language(message, word, language, direct=await self.is_direct(message))

    async def is_direct(self, message: RoomMessage) -> bool:
        """Whether nobody but the sender and the bridge is in the room."""
        return await self._rooms.joined_members(message.room) <= {message.sender, self._rooms.user_id}

    async def _is_linked(self, user: MatrixId) -> bool:
        known = (await self._workspace.identities([user])).get(user)
        return known is not None and known.linked


def _bound_item(name: str | None, one: Binding) -> answers.BoundItem:
    """Who bound a space need not be in the room: they are not named there."""
    return answers.BoundItem(name, one.url, one.bound_by if one.own else None, one.bound_at, one.by_space)
