"""`!parvis bind <address> space` and its end: what all rooms of a space follow, asked in one of them.

Who arranges the space asks. Where nobody can tell which space is meant, or there is none that they arrange, nothing is
said of which spaces there are but to who arranges them: others in the room need not know of any.
"""

from __future__ import annotations

from bridge.commands.titles import Titles
from bridge.languages import Languages
from bridge.offers import Offers
from bridge.ports import SPACE_CHILD, RoomMessage, RoomSide
from bridge.roster import Roster
from bridge.spaces import Spaces, Told
from bridge.speaker import Speaker
from bridge.store.spaces import Nearby
from cards import Language, Message, spaces
from contract.answers import Binding
from contract.client import WorkspaceClient
from contract.errors import Conflict
from contract.ids import ItemId, MatrixId, RoomId


def space_in(words: str) -> RoomId | None:
    """The id of a space in the words after an address (“space”, or “space” and an id); None where none is named."""
    _word, _, named = words.partition(" ")
    return RoomId(named) if named else None


class SpaceCommands:
    """Answers them. Raises `WorkspaceError`, `RoomError`."""

    def __init__(
        self,
        rooms: RoomSide,
        workspace: WorkspaceClient,
        roster: Roster,
        space_side: Spaces,
        titles: Titles,
        speaker: Speaker,
        languages: Languages,
        offers: Offers,
    ) -> None:
        self._rooms = rooms
        self._workspace = workspace
        self._roster = roster
        self._spaces = space_side
        self._titles = titles
        self._speaker = speaker
        self._languages = languages
        self._offers = offers

    async def bind(self, message: RoomMessage, url: str, named: RoomId | None, language: Language) -> Message | None:
        """Have the rooms of a space follow what `url` opens: of the one `named`, or the nearest that they arrange."""
        room = await self._roster.tell(message.room, moderators=True)
        if not room.options.spaces:
            return spaces.switched_off(language)
        near = _best(await self._arranged_by(message.sender, message.room, named))
        if len(near) != 1:
            return spaces.which([one.space for one in near], language)
        (one,) = near
        told = await self._spaces.tell(one.space)
        if told is None or not await self._still_names(one.space, message.room):
            return spaces.which([], language)
        try:
            binding = await self._workspace.bind_space(one.space, url, message.sender, message.room, said_in=language)
        except Conflict as error:
            if error.code != "already_bound":
                raise
            return spaces.already_bound(language)
        if not one.counts:
            await self._spaces.agree(one.space, message.room)
        await self._say_bound(message, binding, language)
        await self._say_waiting(message, told, agreed=not one.counts)
        return None

    async def unbind(
        self, message: RoomMessage, item: ItemId, named: RoomId | None, language: Language
    ) -> Message | None:
        """End it: of the nearest space that they arrange and that is bound to it."""
        await self._roster.tell(message.room)
        arranged = await self._arranged_by(message.sender, message.room, named)
        for one in arranged:
            told = await self._spaces.tell(one.space)
            if told is not None and any(binding.item == item for binding in told.space.bindings):
                await self._workspace.unbind_space(one.space, item, message.sender, message.room, said_in=language)
                return spaces.unbound(language)
        return spaces.not_bound(language) if arranged else spaces.which([], language)

    async def _arranged_by(self, who: MatrixId, room: RoomId, named: RoomId | None) -> list[Nearby]:
        """The spaces around `room` that `who` is in and may arrange, the nearest first."""
        around = [one for one in await self._spaces.around(room) if named is None or one.space == named]
        return [one for one in around if who in await self._rooms.allowed(one.space, SPACE_CHILD)]

    async def _still_names(self, space: RoomId, room: RoomId) -> bool:
        return any(one.space == space for one in await self._spaces.around(room))

    async def _say_bound(self, message: RoomMessage, binding: Binding, language: Language) -> None:
        """In the room where it was asked, where alone somebody is asked to give access: others have it as they need it.

        Fifty rooms would be fifty questions to the same person, about people whom most of them concern little.
        """
        name: str | None = None

        async def words_for(joined: frozenset[MatrixId]) -> Message:
            nonlocal name
            (name,) = await self._titles.of([binding], joined)
            return spaces.bound(name, binding.url, language)

        await self._speaker.answer_those(message, words_for)
        if name is None:
            await self._offers.to_somebody(message.room, binding.item, message.sender, message.event_id)

    async def _say_waiting(self, message: RoomMessage, told: Told, *, agreed: bool) -> None:
        """To who arranges the space, alone: how many rooms it names that do not say that they are in it."""
        waiting = told.waiting - agreed
        if waiting > 0:
            words = spaces.rooms_wait(waiting, await self._languages.of_person(message.sender, message.room))
            await self._speaker.whisper(message.sender, words, f"waiting.{message.event_id}")


def _best(arranged: list[Nearby]) -> list[Nearby]:
    """The nearest, and of these rather those of which the room says too that it is in them."""
    best = min(((one.depth, not one.counts) for one in arranged), default=None)
    return [one for one in arranged if (one.depth, not one.counts) == best]
