"""`!parvis access`: who of the room may read what it follows.

Everybody in a room sees who else is in it: nobody is named to anybody who does not know that they are here.
"""

from __future__ import annotations

import asyncio

from bridge.audiences import Audiences
from bridge.ports import RoomMessage
from bridge.roster import Roster
from bridge.speaker import Speaker
from cards import Language, Message, access, answers
from cards.access import Access
from contract.answers import Readers
from contract.client import WorkspaceClient
from contract.ids import MatrixId


class AccessCommand:
    """Answers it."""

    def __init__(
        self,
        workspace: WorkspaceClient,
        audiences: Audiences,
        roster: Roster,
        speaker: Speaker,
        services: frozenset[MatrixId],
    ) -> None:
        self._workspace = workspace
        self._audiences = audiences
        self._roster = roster
        self._speaker = speaker
        self._services = services

    async def answer(self, message: RoomMessage, _word: str, language: Language) -> Message | None:
        """Answered in the room; what is given is still to be said. Raises `WorkspaceError`, `RoomError`."""
        known = (await self._workspace.identities([message.sender])).get(message.sender)
        if known is None or not known.linked:
            return answers.not_linked(language)
        await self._roster.tell(message.room)
        told = await self._workspace.readers(message.room)
        if not told:
            return answers.no_bindings(language)

        async def words_for(joined: frozenset[MatrixId]) -> Message:
            agents = joined - self._services
            items = await asyncio.gather(*(self._item(one, agents) for one in told))
            return access.access(items, language)

        await self._speaker.answer_those(message, words_for)
        return None

    async def _item(self, readers: Readers, agents: frozenset[MatrixId]) -> Access:
        audience = await self._audiences.of(agents, readers.item)
        return Access(
            audience.facts.title if audience.facts else None,
            readers.url,
            {who: role for who, role in readers.roles.items() if who in agents},
            [who for who in readers.without if who in agents],
        )
