"""Takes what people ask of files, and has it done: `💾`, `!drive save`, `send` and `open`; and rooms that keep all."""

from __future__ import annotations

import logging
from collections.abc import Callable

from bridge.audiences import Audiences
from bridge.commands.drive import DriveAsked, DriveCommand, DriveMisused, DriveUnknown, DriveVerb
from bridge.commands.reading import bare
from bridge.files.queue import Errands
from bridge.languages import Languages
from bridge.ports import Reaction, RoomMessage, RoomSide
from bridge.speaker import Speaker
from bridge.store.errands import ErrandTable, Kind, Request
from cards import Language, Message, answers, files
from contract.answers import Found
from contract.client import WorkspaceClient
from contract.errors import NotAllowed, NotLinked, Refused, Unavailable
from contract.ids import ItemId, MatrixId, RoomId
from contract.resources import Kind as ItemKind
from contract.resources import parse_link

log = logging.getLogger(__name__)

_SAVE = "💾"
#: How many files of a name are told.
_MOST = 5


class FilesDesk:
    """What the middle asks. Every method returns soon: what takes time is an errand."""

    def __init__(
        self,
        rooms: RoomSide,
        workspace: WorkspaceClient,
        table: ErrandTable,
        errands: Errands,
        audiences: Audiences,
        speaker: Speaker,
        languages: Languages,
        services: frozenset[MatrixId],
        keeps: Callable[[RoomId], bool],
    ) -> None:
        """`keeps` says whether a room chose that every file that is sent in it is kept."""
        self._keeps = keeps
        self._rooms = rooms
        self._workspace = workspace
        self._table = table
        self._errands = errands
        self._audiences = audiences
        self._speaker = speaker
        self._languages = languages
        self._services = services

    def concerns(self, reaction: Reaction) -> bool:
        """Whether it asks to save."""
        return reaction.emoji == _SAVE

    async def on_reaction(self, reaction: Reaction) -> None:
        """Save what was reacted to, if it is a file."""
        await self._ask(
            Request(Kind.SAVE, reaction.room, reaction.target, reaction.sender, reaction.event_id, quiet=True)
        )

    def keeps(self, message: RoomMessage) -> bool:
        """Whether `message` carries a file, into a room that keeps everything."""
        return message.attachment is not None and self._keeps(message.room)

    async def keep(self, message: RoomMessage) -> None:
        """Save the file of a message for who sent it."""
        await self._ask(
            Request(Kind.SAVE, message.room, message.event_id, message.sender, message.event_id, quiet=True)
        )

    async def serve(self, message: RoomMessage, asked: DriveAsked) -> None:
        """Do what `message` asks, or answer why not."""
        language = self._languages.of_room(message.room)
        match asked:
            case DriveUnknown(word, near):
                words: Message | None = files.unknown(word, near, language)
            case DriveMisused(verb):
                words = files.usage(verb, language)
            case DriveCommand(DriveVerb.HELP):
                words = files.commands(language)
            case DriveCommand(DriveVerb.SAVE):
                words = await self._save(message, language)
            case DriveCommand(DriveVerb.OPEN, name):
                words = await self._open(message, name, language)
            case DriveCommand(_, name):
                log.info("a file is asked for in %s by %s", message.room, message.sender)
                words = await self._send(message, name, language)
        if words is not None:
            await self._speaker.answer(message, words)

    async def _save(self, message: RoomMessage, language: Language) -> Message | None:
        subject = message.reply_to or message.thread_root
        if subject is None:
            return files.no_attachment(language)
        await self._ask(Request(Kind.SAVE, message.room, subject, message.sender, message.event_id))
        return None

    async def _ask(self, request: Request) -> None:
        before = await self._table.ask(request)
        if before is None:
            await self._errands.hurry(request)
        self._errands.wake()
        if before is not None and before.item is not None:
            await self._errands.tell_saved(before, before.item, again=(request.asked, request.person))

    async def _send(self, message: RoomMessage, name: str, language: Language) -> Message | None:
        wanted = bare(name)
        item = parse_link(self._workspace.url, wanted)
        if item is None and wanted.casefold().startswith(("http://", "https://")):
            return answers.not_our_link(self._workspace.url, language)
        if item is None:
            return await self._find(message, wanted, language)
        await self._ask_for(Kind.SEND, message, item)
        return None

    async def _open(self, message: RoomMessage, name: str, language: Language) -> Message | None:
        """A sealed file, by its address, or by the message that first carried it."""
        item = parse_link(self._workspace.url, bare(name)) if name else None
        if name and item is None:
            return answers.not_our_link(self._workspace.url, language)
        for subject in (message.reply_to, message.thread_root):
            if item is None and subject is not None:
                item = await self._table.saved_of(message.room, subject)
        if item is None:
            return files.nothing_to_open(language)
        await self._ask_for(Kind.OPEN, message, item)
        return None

    async def _ask_for(self, kind: Kind, message: RoomMessage, item: ItemId) -> None:
        asked = message.event_id
        await self._ask(
            Request(kind, message.room, asked, message.sender, asked, thread=message.thread_root, item=item)
        )

    async def _find(self, message: RoomMessage, name: str, language: Language) -> Message | None:
        """Send the one file of that name, or say which there are that all of the room may read."""
        joined = await self._rooms.joined_members(message.room)
        try:
            found = await self._searched(message, name, joined, language)
        except NotLinked:
            return answers.not_linked(language)
        except NotAllowed:
            return files.read_not_allowed(f"{self._workspace.url}/account/", language)
        except Unavailable as error:
            log.warning("a file cannot be looked for: the workspace is away (%s)", error)
            return answers.try_again(language)
        except Refused as error:
            return answers.server_said(error.message)
        hits = [hit for hit in found.hits if hit.kind is ItemKind.FILE]
        exact = [hit for hit in hits if hit.title.casefold() == name.casefold()]
        if len(exact) == 1 or len(hits) == 1:
            await self._ask_for(Kind.SEND, message, (exact or hits)[0].item)
            return None
        if not hits:
            if any(hit.kind is ItemKind.FILE for hit in found.asker_hits):
                own = await self._languages.of_person(message.sender, message.room)
                await self._speaker.whisper(message.sender, files.only_yours(name, own), f"only.{message.event_id}")
            return files.none_found(language)

        async def words_for(now: frozenset[MatrixId]) -> Message:
            readable = [hit for hit in hits if (await self._audiences.of(now - self._services, hit.item)).facts]
            listed = [(hit.title, hit.url) for hit in readable]
            return files.which(listed, language) if listed else files.none_found(language)

        await self._speaker.answer_those(message, words_for)
        return None

    async def _searched(
        self, message: RoomMessage, name: str, joined: frozenset[MatrixId], language: Language
    ) -> Found:
        return await self._workspace.search(
            name,
            message.sender,
            audience=sorted(joined - self._services),
            limit=_MOST,
            language=language,
            room=message.room,
            kind=ItemKind.FILE,
        )
