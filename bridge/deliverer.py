"""Delivers: a room's deliveries one after the other, many rooms at the same time.

Before every attempt the audience question is asked anew. What was sealed before a crash is sent as it is, under the
same transaction id, if nothing that it was made of has changed; else it is sealed anew under the same transaction id:
if the first did arrive, the homeserver drops the second, and if it did not, the second is what may be read now.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from bridge.attempts import for_those_there
from bridge.content import MESSAGE
from bridge.database import is_away
from bridge.floods import TooSoon, alike
from bridge.letters import Letter, Letters
from bridge.matrix.retrying import Backoff
from bridge.ports import AudienceChanged, Permanent, RateLimited, Retriable, RoomError, RoomSide, Sealed
from bridge.roster import Roster
from bridge.store.deliveries import Deliveries
from bridge.store.delivery import Delivery, State
from bridge.talk.telling import Telling
from bridge.turns import Turns
from cards import Language
from contract.errors import Refused, Unavailable
from contract.ids import EventId, MatrixId, RoomId

log = logging.getLogger(__name__)

#: How many rooms are served at the same time, and how many deliveries of one are read at once.
CONCURRENT_ROOMS, _AT_ONCE = 32, 20
#: A delivery that the homeserver does not take is given up after so many attempts, but not before it failed so long:
#: a homeserver that is away for a night is no fault of what is to be said.
MAX_ATTEMPTS, GIVE_UP_AFTER = 12, timedelta(hours=24)
#: Seconds between two looks at whether an operator had something replayed, and between two prunings.
_LOOK, _PRUNE = 2.0, 3600.0


class Deliverer:
    """`language_of` says in which language a room reads; `services` are in rooms without being its audience."""

    def __init__(
        self,
        rooms: RoomSide,
        deliveries: Deliveries,
        letters: Letters,
        telling: Telling,
        roster: Roster,
        turns: Turns,
        language_of: Callable[[RoomId], Language],
        services: frozenset[MatrixId],
    ) -> None:
        self._rooms = rooms
        self._deliveries = deliveries
        self._letters = letters
        self._telling = telling
        self._roster = roster
        self._turns = turns
        self._language_of = language_of
        self._services = services
        self._slots = asyncio.Semaphore(CONCURRENT_ROOMS)
        self._awake: set[RoomId] = set()
        self._served: set[RoomId] = set()
        self._bell = asyncio.Event()

    def wake(self, rooms: Iterable[RoomId]) -> None:
        """Something is to be said in these rooms."""
        self._awake.update(rooms)
        self._bell.set()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look())
            tasks.create_task(self._prune())
            while True:
                await self._bell.wait()
                self._bell.clear()
                for room in self._awake - self._served:
                    self._awake.discard(room)
                    self._served.add(room)
                    tasks.create_task(self._serve(room))

    async def _look(self) -> None:
        """What waited when we were started, and what operators replay meanwhile."""
        while True:
            # A room that is served looks itself until nothing waits there.
            self.wake(await self._deliveries.waiting_rooms() - self._served)
            await asyncio.sleep(_LOOK)

    async def _prune(self) -> None:
        while True:
            await self._deliveries.prune()
            await asyncio.sleep(_PRUNE)

    async def _serve(self, room: RoomId) -> None:
        """Everything that waits in `room`. Whoever wakes it meanwhile is heard when this ends."""
        backoff = Backoff()
        try:
            while waiting := await self._deliveries.waiting(room, _AT_ONCE):
                await self._serve_these(waiting, backoff)
        finally:
            self._served.discard(room)
            if room in self._awake:
                self._bell.set()

    async def _serve_these(self, waiting: list[Delivery], backoff: Backoff) -> None:
        """These, until one fails. One for which it is too soon lets others by, but none that its card would count and
        none of the same item.
        """
        told: frozenset[int] = frozenset()
        held: set[object] = set()
        pause = 0.0
        for delivery in waiting:
            if delivery.id in told:
                continue
            if delivery.resource.id in held or alike(delivery) in held:
                held.add(delivery.resource.id)
                continue
            try:
                async with self._slots:
                    outcome = await self._attempt(delivery)
            except TooSoon as early:
                held |= {delivery.resource.id, alike(delivery)}
                pause = max(pause, early.seconds)
                continue
            if isinstance(outcome, float):
                await backoff.wait(at_least=outcome)
                return
            told |= outcome
            backoff.reset()
        if held:
            await asyncio.sleep(pause)

    async def _attempt(self, delivery: Delivery) -> float | frozenset[int]:
        """Try once. If it is over, for good or ill: what else was said with it. Else the least number of seconds until
        the next attempt.
        """
        try:
            await self._roster.catch_up(delivery.room)
            if delivery.extra is None:
                return await self._deliver(delivery)
            await self._telling.deliver(delivery)
        except TooSoon:
            raise
        except RateLimited as error:
            log.info("delivery %d waits %.1f s: rate limited", delivery.id, error.retry_after)
            return error.retry_after
        except Unavailable as error:
            log.warning("delivery %d waits: the workspace is away (%s)", delivery.id, error.code)
            return error.retry_after
        except (Retriable, AudienceChanged) as error:
            return await self._failed(delivery, error.reason)
        except Permanent as error:
            return await self._refused(delivery, error)
        except Refused as error:
            await self._give_up(delivery, f"the workspace refuses the question: {error.code}")
        except Exception as error:
            if is_away(error):
                raise  # ours, not this delivery's: it is tried again when we are back
            log.exception("delivery %d cannot be made", delivery.id)
            await self._give_up(delivery, f"unexpected: {type(error).__name__}")
        return frozenset()

    async def _refused(self, delivery: Delivery, error: Permanent) -> float | frozenset[int]:
        """Given up; but where nobody may speak because the room was upgraded, it waits to be said in the one that came
        after (`bridge.upgrades`).
        """
        try:
            is_over = error.code == "M_FORBIDDEN" and await self._rooms.successor(delivery.room) is not None
        except RoomError as unseen:
            return await self._failed(delivery, unseen.reason)
        if is_over:
            return await self._failed(delivery, "the room was upgraded")
        await self._give_up(delivery, str(error))
        return frozenset()

    async def _failed(self, delivery: Delivery, reason: str) -> float | frozenset[int]:
        since = delivery.failing_since or datetime.now(UTC)
        if delivery.attempts + 1 >= MAX_ATTEMPTS and datetime.now(UTC) - since > GIVE_UP_AFTER:
            await self._give_up(delivery, reason)
            return frozenset()
        log.warning("delivery %d is tried again: %s", delivery.id, reason)
        await self._deliveries.failed(delivery, reason)
        return 0.0

    async def _give_up(self, delivery: Delivery, reason: str) -> None:
        log.error("delivery %d in %s is given up: %s", delivery.id, delivery.room, reason)
        await self._deliveries.over(delivery, State.DEAD, reason)

    async def _deliver(self, delivery: Delivery) -> frozenset[int]:
        """Say it. What else is said by the same message."""
        room = delivery.room
        async with self._turns.of(room):
            said = await for_those_there(self._rooms, room, lambda joined: self._say(delivery, joined))
        if said is None:
            return frozenset()
        letter, event = said
        # What was sent before a crash may have said something else, under the same transaction id.
        is_certain = delivery.sealed is None or delivery.verdict == letter.verdict
        await self._deliveries.sent(delivery, event, letter.choice, shows=letter.shows and is_certain)
        self._letters.sent(delivery, letter)
        with_it = frozenset(letter.choice.joins)
        log.info(
            "delivery %d of event %s is in %s as %s, with %d more",
            delivery.id,
            delivery.event_id,
            room,
            event,
            len(with_it),
        )
        return with_it

    async def _say(self, delivery: Delivery, joined: frozenset[MatrixId]) -> tuple[Letter, EventId] | None:
        """The letter for those who are joined, and its event; None where nobody is there to read one."""
        agents = joined - self._services
        if not agents:
            await self._deliveries.over(delivery, State.VOID, "nobody is in the room")
            return None
        letter = await self._letters.make(delivery, agents, self._language_of(delivery.room))
        sealed = await self._sealed(delivery, letter, joined)
        return letter, await self._rooms.send(delivery.room, delivery.txn_id, sealed)

    async def _sealed(self, delivery: Delivery, letter: Letter, joined: frozenset[MatrixId]) -> Sealed:
        """What is sent: what was sealed before if it still says what is to be said, else it is sealed now, and kept."""
        if delivery.sealed is not None and delivery.verdict == letter.verdict:
            return delivery.sealed
        sealed = await self._rooms.seal(delivery.room, MESSAGE, letter.content, only_for=joined)
        await self._deliveries.sealed(delivery, sealed, letter.verdict, letter.choice)
        return sealed
