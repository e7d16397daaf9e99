"""Does errands beside everything else, some at a time, until each is over, whatever is restarted meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from bridge.audiences import Audiences
from bridge.database import is_away
from bridge.files.marks import Mark, Marks
from bridge.files.outcomes import Again, Doer, Outcome, Words
from bridge.languages import Languages
from bridge.ports import AudienceChanged, Permanent, RateLimited, Retriable, RoomError
from bridge.speaker import Speaker
from bridge.store.errands import Errand, ErrandTable, Kind, Request, State
from cards import Message, answers, files
from contract.errors import Refused, Unavailable
from contract.ids import ItemId, MatrixId, RoomId
from contract.resources import Kind as ItemKind
from contract.resources import Resource, link

log = logging.getLogger(__name__)

#: How many are done at the same time, and of one room: each has one file on disk, and none in memory. What comes from a
#: server that stands still keeps its own room waiting, and not the others.
AT_ONCE, OF_A_ROOM = 6, 2
#: Seconds before the second attempt, the third…; after the last it is given up, in words.
PAUSES = (5.0, 30.0, 120.0)
#: Attempts after which not even that can be said.
MAX_ATTEMPTS = 20
#: Seconds between two looks at what is old.
_PRUNE = 3600.0
_A_DAY = timedelta(days=1)


class Errands:
    """The queue."""

    def __init__(
        self,
        table: ErrandTable,
        doers: Mapping[Kind, Doer],
        marks: Marks,
        speaker: Speaker,
        audiences: Audiences,
        languages: Languages,
        workspace_url: str,
        services: frozenset[MatrixId],
    ) -> None:
        self._table = table
        self._doers = doers
        self._marks = marks
        self._speaker = speaker
        self._audiences = audiences
        self._languages = languages
        self._workspace_url = workspace_url
        self._services = services
        self._running: dict[int, RoomId] = {}
        #: Those that wait for somebody else's server.
        self._elsewhere: set[int] = set()
        self._bell = asyncio.Event()

    def wake(self) -> None:
        """Something was asked."""
        self._bell.set()

    async def hurry(self, request: Request) -> None:
        """It was asked again: where it waits for somebody else's server, it waits no longer.

        What waits for our own does: what was begun before may still end, and is not to be done twice.
        """
        waiting = await self._table.waiting(request)
        if waiting is not None and waiting.id in self._elsewhere:
            self._elsewhere.discard(waiting.id)
            await self._table.hasten(waiting)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._bell.clear()
                await self._table.prune()
                while (errand := await self._next()) is not None:
                    self._running[errand.id] = errand.request.room
                    tasks.create_task(self._one(errand))
                await self._rest()

    async def _next(self) -> Errand | None:
        """What can be begun now."""
        if len(self._running) >= AT_ONCE:
            return None
        full = [room for room, many in Counter(self._running.values()).items() if many >= OF_A_ROOM]
        return await self._table.due(list(self._running), full)

    async def _rest(self) -> None:
        """Wait until something is asked, ends, or is due again."""
        due = await self._table.next_due()
        seconds = _PRUNE if due is None else min(_PRUNE, max(0.0, (due - datetime.now(UTC)).total_seconds()))
        try:
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        except TimeoutError:
            return

    async def _one(self, errand: Errand) -> None:
        try:
            await self._attempt(errand)
        finally:
            del self._running[errand.id]
            self._bell.set()

    async def _attempt(self, errand: Errand) -> None:
        """Try once. What is tried again stays as it is."""
        self._elsewhere.discard(errand.id)
        try:
            outcome = await self._done(errand)
            if outcome is None:
                await self._marks.put(errand, None)
                await self._table.forget(errand)
            else:
                await self._end(errand, outcome)
        except Again as again:
            log.info("errand %d is tried again: %s", errand.id, again)
            await self._table.later(errand, max(PAUSES[errand.attempts], again.after))
            if again.meanwhile is not None:
                self._elsewhere.add(errand.id)
                if errand.attempts == 0:
                    await self._tell_meanwhile(errand, again.meanwhile)
        except (Retriable, AudienceChanged, Unavailable) as error:
            # It is over, and cannot be told.
            log.warning("the end of errand %d cannot be told yet: %s", errand.id, type(error).__name__)
            if errand.attempts >= MAX_ATTEMPTS:
                await self._table.over(errand, State.FAILED)
            else:
                await self._table.later(errand, max(PAUSES[-1], _pause(error)))
        except Permanent as error:
            log.info("errand %d has nobody left to tell: %s", errand.id, error.reason)
            await self._table.over(errand, State.FAILED)

    async def _done(self, errand: Errand) -> Outcome | None:
        """What becomes of it, for good. Raises `Again` where that is not known yet."""
        try:
            return await self._doers[errand.request.kind].do(errand)
        except Again as again:
            if errand.attempts < len(PAUSES):
                raise
            return Outcome(False, again.words)
        except (Retriable, AudienceChanged, Unavailable) as error:
            if errand.attempts < len(PAUSES):
                raise Again(files.did_not_work, type(error).__name__, _pause(error)) from error
            return Outcome(False, files.did_not_work)
        except Permanent:
            raise
        except Refused as error:
            message = error.message
            return Outcome(False, lambda _language: answers.server_said(message))
        except Exception as error:
            if is_away(error):
                raise  # ours, not this errand's: it is tried again when we are back
            log.exception("errand %d cannot be done", errand.id)
            return Outcome(False, files.did_not_work)

    async def _end(self, errand: Errand, outcome: Outcome) -> None:
        known = await self._table.get(errand.id) or errand  # by now it is known where to answer
        if outcome.personal and known.request.quiet and outcome.words is not None:
            await self._whisper(known.request, outcome.words)
            await self._marks.put(errand, None)
        else:
            if outcome.saved is not None and not known.request.is_kept:
                await self.tell_saved(known, outcome.saved)
            elif outcome.words is not None:
                await self._tell(known, outcome.words(self._languages.of_room(known.request.room)))
            if outcome.good or known.mark is not None:
                await self._marks.put(errand, Mark.DONE if outcome.good else Mark.FAILED)
        await self._table.over(errand, State.DONE if outcome.good else State.FAILED)

    async def _whisper(self, request: Request, words: Words) -> None:
        """To who asked without words; to who asked nothing, of a file that their room keeps, once a day."""
        if request.is_kept:
            await self._speaker.whisper_seldom(request.person, words, f"keep.{request.room}", request, _A_DAY)
        else:
            language = await self._languages.of_person(request.person, request.room)
            await self._speaker.whisper(request.person, words(language), f"errand.{request.asked}")

    async def tell_saved(self, errand: Errand, item: ItemId, *, again: tuple[str, MatrixId] | None = None) -> None:
        """Say in the room where the file is: `again` for another who asked by another event."""
        url = link(self._workspace_url, Resource(ItemKind.FILE, item))
        language = self._languages.of_room(errand.request.room)

        async def words_for(joined: frozenset[MatrixId]) -> Message:
            audience = await self._audiences.of(joined - self._services, item)
            name = audience.facts.title if audience.facts else None
            return files.saved(name, url, language, before=again is not None)

        asked, person = again or (errand.request.asked, errand.request.person)
        request = errand.request
        root = request.thread or request.subject
        await self._speaker.reply_those(request.room, root, root, person, words_for, f"errand.{asked}")

    async def _tell_meanwhile(self, errand: Errand, words: Words) -> None:
        """It goes on without that."""
        known = await self._table.get(errand.id) or errand
        try:
            await self._tell(known, words(self._languages.of_room(known.request.room)), "errand.waits")
        except (RoomError, AudienceChanged) as error:
            log.info("it cannot be told that errand %d waits: %s", errand.id, type(error).__name__)

    async def _tell(self, errand: Errand, words: Message, about: str = "errand") -> None:
        request = errand.request
        saving = request.kind is Kind.SAVE
        thread = request.thread or (request.subject if saving else None)
        to = request.asked if not saving else thread or request.subject

        async def words_for(_joined: frozenset[MatrixId]) -> Message:
            return words

        await self._speaker.reply_those(request.room, to, thread, request.person, words_for, f"{about}.{request.asked}")


def _pause(error: Exception) -> float:
    return error.retry_after if isinstance(error, RateLimited | Unavailable) else 0.0
