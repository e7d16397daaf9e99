"""The JetStream stream that holds the events: how it is made, and how one connects to it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import nats
from django.conf import settings
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from contract.events import MAX_EVENT_BYTES, STREAM, SUBJECT_PREFIX

logger = logging.getLogger(__name__)

#: How long the stream knows an event's id, and refuses it a second time.
DUPLICATES = timedelta(minutes=10)
#: How long an event is kept: a reader that is away for longer has missed some.
KEPT = timedelta(days=7)
#: Seconds for one answer of NATS.
TIMEOUT = 5.0

CONFIG = StreamConfig(
    name=STREAM,
    description="What happened in the workspace: thin events, without titles or contents.",
    subjects=[f"{SUBJECT_PREFIX}>"],
    retention=RetentionPolicy.LIMITS,
    discard=DiscardPolicy.OLD,
    storage=StorageType.FILE,
    max_age=KEPT.total_seconds(),
    max_msg_size=2 * MAX_EVENT_BYTES,  # with its headers
    duplicate_window=DUPLICATES.total_seconds(),
)


@asynccontextmanager
async def connected(name: str) -> AsyncIterator[Client]:
    """A connection to NATS under `name`. It does not mend itself: what it was used for fails, and begins anew.

    Raises what `nats.connect` does: `OSError`, `nats.errors.Error`.
    """
    parvis = settings.PARVIS
    client = await nats.connect(
        parvis.nats_url,
        name=name,
        user=parvis.nats_user or None,
        password=parvis.secret("nats_password") or None,
        allow_reconnect=False,
        connect_timeout=TIMEOUT,
        error_cb=_tell,
    )
    try:
        yield client
    finally:
        await client.close()


async def ensure(jetstream: JetStreamContext) -> None:
    """Make the stream, or make it as it is described here."""
    try:
        info = await jetstream.stream_info(STREAM)
    except NotFoundError:
        await jetstream.add_stream(CONFIG)
        logger.info("events.stream_made stream=%s", STREAM)
        return
    if _differs(info.config):
        await jetstream.update_stream(CONFIG)
        logger.info("events.stream_changed stream=%s", STREAM)


def _differs(found: StreamConfig) -> bool:
    wanted: dict[str, Any] = {key: value for key, value in CONFIG.as_dict().items() if value is not None}
    there = found.as_dict()
    return any(there.get(key) != value for key, value in wanted.items())


async def _tell(error: Exception) -> None:
    logger.info("events.nats_error error=%s", type(error).__name__)
