"""The indexer, `python -m workspace indexer`: takes events from JetStream and keeps the index like the database.

Two loops. One takes events in batches and acknowledges them after the index has them, so a crash means the same work
once more. The other reads files, which may take long and must keep nobody waiting: what is left to read is asked of
the database, so it survives every restart too.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field

import nats.errors
from django.db import DatabaseError
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from contract.events import STREAM, SUBJECT_PREFIX
from contract.process import heed_cancellation
from workspace.drive.store import Store, StoreUnavailable
from workspace.events import stream
from workspace.find import extract, indexing
from workspace.find.engines.base import Engine, EngineError, IndexUnavailable, WriterBusy
from workspace.process import in_database

logger = logging.getLogger(__name__)

DURABLE = "find-indexer"
#: Events of one commit, and seconds that a first one waits for company.
_BATCH, _COMPANY_SECONDS = 200, 0.05
#: Seconds that one pull stands, and after which an event that was not acknowledged is sent again (to do its work twice
#: does no harm).
_PULL_SECONDS, _ACK_SECONDS = 5.0, 30.0
#: Seconds between attempts while the database, the store or the index fails, and before NATS is tried again.
_BACK_OFF_SECONDS, _RECONNECT_SECONDS = 5.0, 1.0
#: Files that are read at the same time, each by a process that may need a processor and a gigabyte.
_FILES_AT_ONCE = 2
#: Seconds after which the files are looked at even if no event said so.
_LOOK_SECONDS = 60.0


@dataclass
class Indexer:
    """Runs until it is cancelled."""

    engine: Engine
    store: Store
    #: There may be files to read.
    _files: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Keep the index, forever. An index that is missing or damaged is rebuilt first."""
        if not await asyncio.to_thread(self.engine.ready):
            await self._rebuild()
        self._files.set()
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self._follow(), name="events")
            loops.create_task(self._read(), name="files")

    async def _follow(self) -> None:
        while True:
            heed_cancellation()
            try:
                async with stream.connected(DURABLE) as client:
                    subscription = await self._subscribed(client.jetstream(timeout=stream.TIMEOUT))
                    while True:
                        messages = await _pulled(subscription)
                        heed_cancellation()
                        if messages:
                            await self._take(messages)
                        elif client.is_closed:
                            break
            except (nats.errors.Error, OSError) as error:
                # The server restarts, or the stream is not there yet. The consumer is durable: nothing is missed.
                logger.warning("find.stream_failed error=%s", type(error).__name__)
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _subscribed(self, jetstream: JetStreamContext) -> JetStreamContext.PullSubscription:
        subscription = await jetstream.pull_subscribe(
            f"{SUBJECT_PREFIX}>",
            durable=DURABLE,
            stream=STREAM,
            config=ConsumerConfig(
                durable_name=DURABLE,
                deliver_policy=DeliverPolicy.ALL,
                ack_policy=AckPolicy.EXPLICIT,
                ack_wait=_ACK_SECONDS,
                max_ack_pending=10 * _BATCH,
            ),
        )
        done = (await subscription.consumer_info()).ack_floor
        oldest = (await jetstream.stream_info(STREAM)).state.first_seq
        if done is None or done.stream_seq + 1 < oldest:
            # The stream keeps events for some days; we were away for longer, and look at everything instead.
            await self._rebuild()
        logger.info("find.following")
        return subscription

    async def _take(self, messages: list[Msg]) -> None:
        events = list(indexing.parsed(message.data for message in messages))
        try:
            touched = await in_database(indexing.index)(self.engine, events)
        except IndexUnavailable:
            await self._rebuild()
        except (DatabaseError, WriterBusy) as error:
            logger.warning("find.batch_failed events=%d error=%s", len(events), type(error).__name__)
            for message in messages:
                await message.nak(delay=_BACK_OFF_SECONDS)
            return
        else:
            logger.info("find.indexed events=%d touched=%d", len(events), touched)
        for message in messages:
            await message.ack()
        self._files.set()

    async def _rebuild(self) -> None:
        logger.warning("find.rebuilding")
        await in_database(indexing.rebuild)(self.engine)

    async def _read(self) -> None:
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_SECONDS):
                        await self._files.wait()
                self._files.clear()
                try:
                    while files := await in_database(indexing.unread)(_FILES_AT_ONCE):
                        async with asyncio.TaskGroup() as readers:
                            for file in files:
                                readers.create_task(self._read_one(file))
                except* (StoreUnavailable, DatabaseError, EngineError) as errors:
                    logger.warning("find.reading_failed errors=%s", [type(one).__name__ for one in errors.exceptions])
                    asyncio.get_running_loop().call_later(_BACK_OFF_SECONDS, self._files.set)
        finally:
            extract.end_all()

    async def _read_one(self, file: indexing.Unread) -> None:
        text = await asyncio.to_thread(indexing.read, self.store, file)
        await in_database(indexing.keep)(self.engine, file, text)


async def _pulled(subscription: JetStreamContext.PullSubscription) -> list[Msg]:
    """The next events: one, and whatever else is there within a moment. None where there was none for a while."""
    messages: list[Msg] = []
    with contextlib.suppress(TimeoutError):
        messages += await subscription.fetch(1, timeout=_PULL_SECONDS)
    if messages:
        # Whatever happens here, the first one is not forgotten. (Where the time is over nats-py raises its own error or
        # asyncio's.)
        with contextlib.suppress(nats.errors.Error, TimeoutError):
            messages += await subscription.fetch(_BATCH - 1, timeout=_COMPANY_SECONDS)
    return messages
