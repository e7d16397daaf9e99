"""Saves the attachment of a message into the room's folder, as whoever asked, with a key for that one file.

From its server it comes to disk as ciphertext, and is checked; then it is decrypted on its way to the store, by a form
that takes one object of that size and type. There is no file before the workspace has looked at it, and asked again
whether the person still allows it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import BinaryIO

from bridge.attachments import Attachment, EncryptedFile
from bridge.audiences import Audiences
from bridge.files.marks import Mark, Marks
from bridge.files.objects import Objects, StoreFailed
from bridge.files.outcomes import Again, Outcome
from bridge.files.transit import Transit, WrongHash, as_it_came, opened, receive
from bridge.languages import Languages
from bridge.matrix.retrying import Backoff
from bridge.ports import Permanent, RateLimited, Retriable, RoomMessage, RoomSide, Trust
from bridge.roster import Roster
from bridge.store.errands import Errand, ErrandTable
from cards import answers, files
from cards.text import clean
from contract.client import WorkspaceClient
from contract.errors import Forbidden, NotAllowed, NotFound, NotLinked, Refused, TokenRefused, Unavailable
from contract.grants import MAX_MINUTES, Act, SavedFile, Scenario, ScenarioToken, StartedSave
from contract.ids import ItemId, MatrixId
from contract.resources import Kind

log = logging.getLogger(__name__)

#: How often the end of a save is asked for: the workspace may be making the file while it seems to be away.
_FINISHES = 6
#: Seconds to wait, after a start, for the end of a save that was asked for before: it may be in the making.
_IN_THE_MAKING = 30.0
#: Types of which each is as good as another of its family, as clients name them.
_FAMILIES = ("image", "audio", "video")


#: What a sealed file is said to be called: the workspace calls it otherwise.
SEALED_NAME = "sealed"


@dataclass(frozen=True)
class Held:
    """A key that saves one file into a folder."""

    folder: ItemId
    token: ScenarioToken


class Saver:
    """A `Doer`. `most` is the size in bytes of the largest file."""

    def __init__(
        self,
        rooms: RoomSide,
        workspace: WorkspaceClient,
        audiences: Audiences,
        roster: Roster,
        languages: Languages,
        table: ErrandTable,
        marks: Marks,
        objects: Objects,
        transit: Transit,
        most: int,
    ) -> None:
        self._rooms = rooms
        self._workspace = workspace
        self._audiences = audiences
        self._roster = roster
        self._languages = languages
        self._table = table
        self._marks = marks
        self._objects = objects
        self._transit = transit
        self._most = most
        self._begun: set[int] = set()

    async def do(self, errand: Errand) -> Outcome | None:
        """See `Doer`."""
        if errand.item is not None:
            if await self._is_there(errand, errand.item):
                return Outcome(True, saved=errand.item)
            if errand.id not in self._begun:
                self._begun.add(errand.id)
                raise Again(files.did_not_work, "what was begun before may still end", _IN_THE_MAKING)
        self._begun.add(errand.id)
        message = await self._rooms.message(errand.request.room, errand.request.subject)
        if message is None or message.attachment is None:
            return None if errand.request.quiet else Outcome(False, files.no_attachment)
        await self._table.rooted(errand, message.thread_root or message.event_id)
        try:
            return await self._saved(errand, message, message.attachment)
        except NotLinked:
            return Outcome(False, answers.not_linked, personal=True)
        except NotAllowed:
            account = f"{self._workspace.url}/account/"
            return Outcome(False, lambda language: files.save_not_allowed(account, language), personal=True)
        except Refused as error:
            return _refused(error)

    async def _is_there(self, errand: Errand, item: ItemId) -> bool:
        """Whether the file was made after all: whoever saved it may read it."""
        return (await self._audiences.of(frozenset({errand.request.person}), item)).facts is not None

    async def _saved(self, errand: Errand, message: RoomMessage, attachment: Attachment) -> Outcome | None:
        if attachment.encrypted is None or message.trust <= Trust.CLEARTEXT:
            return Outcome(False, files.not_proved)
        if not clean(attachment.name, 255):
            return Outcome(False, files.nameless)
        if attachment.size == 0:
            return Outcome(False, files.empty)
        if attachment.size is not None and attachment.size > self._most:
            return self._too_large()
        if errand.request.person not in await self._rooms.joined_members(errand.request.room):
            return None  # they have left
        held = await self._held(errand, attachment)
        if held is None:
            return Outcome(False, files.no_folder, personal=True)
        await self._marks.put(errand, Mark.UNDER_WAY)
        return await self._carried(errand, message, attachment, attachment.encrypted, held)

    async def _held(self, errand: Errand, attachment: Attachment) -> Held | None:
        """The key to the first folder of the room in which the person may write, None where there is none.

        A folder that the room follows by its space is not the room's: whoever bound it need not be in the room, and its
        files would go to whom nobody here chose.
        """
        room = await self._roster.tell(errand.request.room)
        for binding in sorted(room.bindings, key=lambda one: one.bound_at):
            if binding.kind is not Kind.FOLDER or not binding.own:
                continue
            try:
                most, types = attachment.size or self._most, _bounds(attachment.media_type)
                return await self._key(errand, binding.item, most, types)
            except (Forbidden, NotFound):
                continue
        return None

    async def _key(self, errand: Errand, folder: ItemId, most: int, media_types: tuple[str, ...]) -> Held:
        scenario = Scenario(
            Act.SAVE,
            errand.request.person,
            folder,
            errand.request.room,
            max_bytes=most,
            media_types=media_types,
            minutes=MAX_MINUTES,
        )
        return Held(folder, await self._workspace.trade(scenario, said_in=self._language(errand)))

    async def _carried(
        self, errand: Errand, message: RoomMessage, attachment: Attachment, encrypted: EncryptedFile, held: Held
    ) -> Outcome:
        with self._transit.file() as file:
            try:
                size = await receive(
                    self._rooms.download(encrypted.url, attachment.size or self._most), file, encrypted
                )
            except (WrongHash, Permanent) as error:
                return self._not_received(error, attachment)
            except Retriable as error:
                after = error.retry_after if isinstance(error, RateLimited) else 0.0
                raise Again(files.server_away, error.reason, after, meanwhile=files.server_waits) from error
            if size == 0:
                return Outcome(False, files.empty)
            if attachment.size not in (None, size):
                return Outcome(False, files.damaged)
            saved = await self._stored(errand, attachment, encrypted, message.sender, held, file, size)
        log.info("errand %d: %s is saved", errand.id, saved.item)
        return Outcome(True, saved=saved.item)

    async def _stored(
        self,
        errand: Errand,
        attachment: Attachment,
        encrypted: EncryptedFile,
        sender: MatrixId,
        held: Held,
        file: BinaryIO,
        size: int,
    ) -> SavedFile:
        language = self._language(errand)
        try:
            started = await self._workspace.start_save(
                held.token, attachment.name, size, attachment.media_type, sender=sender, said_in=language
            )
            chunks = opened(file, encrypted)
        except Refused as error:
            if error.code != "folder_sealed":
                raise
            # The ciphertext is kept as it came. Its name and type are content too: they do not leave the room.
            held = await self._key(errand, held.folder, size, ())
            started = await self._workspace.start_save(
                held.token, SEALED_NAME, size, sender=sender, sealed=True, said_in=language
            )
            chunks = as_it_came(file)
        await self._table.about_to_be(errand, started.file)
        try:
            await self._objects.put(started, chunks, size)
        except StoreFailed as error:
            raise Again(files.did_not_work, f"the store: {error}") from error
        return await self._finished(held.token, started, language)

    async def _finished(self, token: ScenarioToken, started: StartedSave, language: str) -> SavedFile:
        """Asked for until it is answered: to begin anew while the workspace makes the file would make it twice."""
        backoff = Backoff(first=1.0, longest=30.0)
        for _ in range(_FINISHES - 1):
            try:
                return await self._workspace.finish_save(token, started, said_in=language)
            except Unavailable as error:
                await backoff.wait(at_least=error.retry_after)
        return await self._workspace.finish_save(token, started, said_in=language)

    def _language(self, errand: Errand) -> str:
        return self._languages.of_room(errand.request.room)

    def _too_large(self) -> Outcome:
        limit = self._most
        return Outcome(False, lambda language: files.too_large(limit, language))

    def _not_received(self, error: WrongHash | Permanent, attachment: Attachment) -> Outcome:
        if isinstance(error, WrongHash):
            return Outcome(False, files.damaged)
        if error.code == "M_TOO_LARGE":
            # More came than was announced, or than may be saved.
            return Outcome(False, files.damaged) if attachment.size else self._too_large()
        return Outcome(False, files.gone if error.code == "M_NOT_FOUND" else files.server_away)


def _bounds(media_type: str) -> tuple[str, ...]:
    """What a token for a file that is said to be of this type may save: a picture that turns out to be anything else is
    refused. Of other types clients know too little for that; the workspace looks at each.
    """
    family = media_type.partition("/")[0]
    return (f"{family}/*",) if family in _FAMILIES else ()


def _refused(error: Refused) -> Outcome:
    """The workspace's refusal, in our words where they say more."""
    if isinstance(error, Forbidden | NotFound):
        return Outcome(False, files.no_folder, personal=True)
    if error.code == "upload_mistyped" or (isinstance(error, TokenRefused) and error.code == "other_type"):
        return Outcome(False, files.mistyped)
    if error.code in ("file_too_large", "too_large"):
        return Outcome(False, lambda language: files.too_large(None, language))
    if error.code in ("not_uploaded", "upload_mismatch") or isinstance(error, TokenRefused):
        raise Again(files.did_not_work, error.code)
    message = error.message
    return Outcome(False, lambda _language: answers.server_said(message))
