"""The workspace's stream of events, followed for as long as one likes (`GET /api/v1.0/events/stream`).

    async with aclosing(EventStream(url, token).follow(last)) as stream:
        async for told in stream:
            match told:
                case Happened(event=event): …
                case Missed(): …            # events are missing here
            keep(told.last_id)              # from which `follow` goes on, after any crash

It comes back by itself, ever more slowly while the workspace is away. At least once: an event may come again, under the
same id, after the connection broke; who acts on events keeps the ids that it has acted on.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections import OrderedDict
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx

from contract.errors import ContractError, InvalidValue, Refused
from contract.events import Event, EventType
from contract.ids import ItemId
from contract.sse import Block, Parser

logger = logging.getLogger(__name__)

#: Seconds without a sign of life after which a stream counts as broken; the workspace gives one every 15.
QUIET = 45.0
#: Seconds between two tries: at first, and at most. Where our credential is not taken an operator has to mend it.
FIRST_PAUSE, LONGEST_PAUSE, OPERATORS_TIME = 1.0, 60.0, 30.0
#: Ids that are remembered, so that what comes again right after a break is not told again.
_REMEMBERED = 2_000


@dataclass(frozen=True)
class Happened:
    """An event."""

    event: Event
    last_id: str


@dataclass(frozen=True)
class Missed:
    """Events are missing: those after `since` and before `until` (None: until now) are kept no more."""

    since: datetime
    until: datetime | None
    last_id: str


@dataclass(frozen=True)
class Moved:
    """Nothing that concerns us happened up to here."""

    last_id: str


Told = Happened | Missed | Moved


class EventStream:
    """The stream of the account with `token`. `under` and `types` narrow it; `transport` is httpx's."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        under: ItemId | None = None,
        types: Iterable[EventType] = (),
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._address = f"{url.rstrip('/')}/api/v1.0/events/stream"
        self._query: dict[str, str] = {}
        if under is not None:
            self._query["under"] = str(under)
        if wanted := sorted(types):
            self._query["types"] = ",".join(wanted)
        self._token = token
        self._transport = transport
        self._pause = FIRST_PAUSE
        self._seen: OrderedDict[UUID, None] = OrderedDict()

    async def follow(self, last_id: str = "") -> AsyncGenerator[Told, None]:
        """What happens after `last_id` (empty: from now on), until cancelled.

        Raises `Refused` where the workspace will not have it so whenever it is asked: what is asked for is wrong, or
        the item to follow is not there (any more).
        """
        self._seen.clear()
        client = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {self._token}", "Accept": "text/event-stream"},
            timeout=httpx.Timeout(10.0, read=QUIET),
            follow_redirects=False,
            trust_env=False,
            transport=self._transport,
        )
        async with client:
            while True:
                wait = 0.0
                try:
                    async with aclosing(self._once(client, last_id)) as stream:
                        async for told in stream:
                            last_id = told.last_id
                            yield told
                except _Waits as error:
                    wait = error.seconds
                    logger.warning("events do not come: the workspace answered %s", error)
                except (httpx.HTTPError, ContractError) as error:
                    if isinstance(error, Refused):
                        raise
                    logger.warning("events do not come: %s", type(error).__name__)
                await self._rest(wait)

    async def _rest(self, at_least: float) -> None:
        pause = max(self._pause, at_least) * random.uniform(0.75, 1.25)  # noqa: S311  # only to be told apart by time
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        await asyncio.sleep(pause)

    async def _once(self, client: httpx.AsyncClient, last_id: str) -> AsyncGenerator[Told, None]:
        headers = {"Last-Event-ID": last_id} if last_id else {}
        async with client.stream("GET", self._address, params=self._query, headers=headers) as response:
            if response.status_code != 200:
                await response.aread()
                raise _refusal(response)
            if response.headers.get("Content-Type", "").partition(";")[0].strip() != "text/event-stream":
                raise _Waits("something that is no stream of events", 0.0)
            parser = Parser(last_id)
            async for chunk in response.aiter_bytes():
                for block in parser.feed(chunk):
                    self._pause = FIRST_PAUSE if block.retry is None else min(block.retry / 1000, LONGEST_PAUSE)
                    if (told := self._told(block)) is not None:
                        yield told

    def _told(self, block: Block) -> Told | None:
        if block.data is None:
            return Moved(block.last_id) if block.last_id else None
        if block.event == "gap":
            return _missed(block)
        if block.event != "message":
            return Moved(block.last_id)  # of a later workspace
        try:
            event = Event.from_json(block.data.encode())
        except (InvalidValue, UnicodeEncodeError) as error:
            logger.error("an event is left out: %s", type(error).__name__)
            return Moved(block.last_id)
        if event.id in self._seen:
            return Moved(block.last_id)
        self._seen[event.id] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return Happened(event, block.last_id)


class _Waits(ContractError):
    """The workspace does not let us in now. `seconds` is how long to leave it alone."""

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(what)
        self.seconds = seconds


def _missed(block: Block) -> Missed:
    try:
        facts = json.loads(block.data or "")
        until = datetime.fromisoformat(facts["until"]) if facts["until"] else None
        return Missed(datetime.fromisoformat(facts["since"]), until, block.last_id)
    except (LookupError, TypeError, ValueError, RecursionError) as error:
        raise InvalidValue("gap", "a gap says from when until when") from error


def _refusal(response: httpx.Response) -> _Waits | Refused:
    status = response.status_code
    try:
        problem: Any = response.json()
        code, message = str(problem["code"]), str(problem["message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return _Waits(str(status), 0.0)
    if status in (401, 403):
        return _Waits(f"{status} {code}", OPERATORS_TIME)
    if status == 429 or status >= 500:
        return _Waits(f"{status} {code}", _seconds(response))
    return Refused(code, message, status)


def _seconds(response: httpx.Response) -> float:
    try:
        said = float(response.headers.get("Retry-After", "0"))
    except ValueError:
        return 0.0
    return min(said, LONGEST_PAUSE) if said >= 0 else 0.0
