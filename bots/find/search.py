"""`!find words`: asks the workspace, and shows nobody what they may not read.

In a direct chat the audience is the asker; in a room it is everyone who could read the answer, and the message is sent
only if that is still so when it is encrypted. What the asker alone may read goes to the direct chat with them.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from bots.find.words import HELP, say
from bots.framework.bot import Call
from bots.framework.commands import Commands
from bots.framework.errors import AudienceChanged
from bots.framework.text import Text
from cards import Message
from cards.search.answer import for_asker, for_asker_only, for_room
from contract.answers import Found
from contract.client import WorkspaceClient
from contract.errors import InvalidValue, NotAllowed, NotLinked, Refused, Unavailable, WorkspaceError
from contract.ids import MatrixId, RoomId, matrix_id

logger = logging.getLogger(__name__)

MIN_WORDS, MAX_WORDS = 2, 200
#: Results in one answer.
RESULTS = 5
#: Times that a search is made anew because somebody came into the room meanwhile.
_TRIES = 3


class Search:
    """Answers searches by way of `workspace`. `service_users` are no agents: they count in no audience."""

    def __init__(
        self, workspace: WorkspaceClient, *, service_users: frozenset[MatrixId], parvis: str, language: str
    ) -> None:
        self._workspace = workspace
        self._service_users = service_users
        self._parvis = parvis
        self._language = language

    def commands(self) -> Commands:
        """The commands of the bot."""
        commands = Commands()
        commands.add("find", "cherche", "trouve", help=HELP)(self.find)
        return commands

    async def language_of(self, user: str) -> str:
        """The language that the person of a Matrix id chose, ours where they chose none or nothing is known."""
        try:
            asker = matrix_id(user)
            identity = (await self._workspace.identities([asker])).get(asker)
        except (WorkspaceError, InvalidValue):
            return self._language
        return (identity.language if identity else None) or self._language

    async def find(self, call: Call) -> None:
        """Answer one search."""
        words = call.words
        if words.casefold() in ("", "help", "aide"):
            await call.reply(say("help", call.language))
        elif len(words) < MIN_WORDS:
            await call.reply(say("too_short", call.language))
        elif len(words) > MAX_WORDS:
            await call.reply(say("too_long", call.language, most=str(MAX_WORDS)))
        else:
            await self._search(call)

    async def _search(self, call: Call) -> None:
        try:
            asker = matrix_id(call.message.sender)
            if call.message.direct:
                await self._alone(call, asker)
            else:
                await self._in_room(call, asker)
        except (NotLinked, InvalidValue):
            await call.reply(say("not_linked", call.language, parvis=self._parvis))
        except NotAllowed:
            await call.reply(say("not_allowed", call.language, account=f"{self._workspace.url}/account/"))
        except Unavailable as error:
            logger.warning("search unavailable, event=%s: %s", call.message.event_id, error.code)
            await call.reply(say("unavailable", call.language))
        except Refused as error:
            logger.warning("search refused, event=%s: %s", call.message.event_id, error.code)
            await call.reply(say("refused", call.language))

    async def _alone(self, call: Call, asker: MatrixId) -> None:
        found = await self._ask(call, asker, None)
        answer = for_asker(found.hits, found.total, call.words, self._workspace.url, call.language)
        try:
            await call.reply(_text(answer), only_to=frozenset({asker}))
        except AudienceChanged:
            logger.info("somebody came meanwhile, event=%s", call.message.event_id)
            await self._in_room(call, asker)

    async def _in_room(self, call: Call, asker: MatrixId) -> None:
        for attempt in range(_TRIES):
            people = call.room.joined
            agents = sorted(user for user in people if user not in self._service_users)
            found = await self._ask(call, asker, [matrix_id(user) for user in agents])
            answer = for_room(found.hits, found.total, call.words, self._workspace.url, call.language)
            try:
                await call.reply(_text(answer), part=str(attempt), only_to=people)
            except AudienceChanged:
                logger.info("somebody came meanwhile, event=%s", call.message.event_id)
                continue
            await self._rest(call, found)
            return
        await call.reply(say("moving", call.language), part="moving")

    async def _rest(self, call: Call, found: Found) -> None:
        """What the asker alone may read, in the direct chat with them."""
        if found.asker_only:
            answer = for_asker_only(found.asker_hits, found.asker_only, call.words, self._workspace.url, call.language)
            await call.reply_directly(_text(answer))

    async def _ask(self, call: Call, asker: MatrixId, audience: Sequence[MatrixId] | None) -> Found:
        return await self._workspace.search(
            call.words,
            asker,
            audience=audience,
            limit=RESULTS,
            language=call.language,
            room=RoomId(call.message.room),
        )


def _text(answer: Message) -> Text:
    return Text(answer.body, answer.html)
