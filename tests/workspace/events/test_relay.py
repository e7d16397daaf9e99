"""The relay against a real NATS: order, no loss, no doubles, and that it survives NATS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import nats as nats_client
import pytest
from asgiref.sync import sync_to_async
from django.db import transaction
from django.utils import timezone

from contract.events import STREAM, Event, EventType
from tests.workspace.events.nats import Nats
from workspace.events import outbox, relay, stream
from workspace.events.models import OutboxEvent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.system]

_PATIENCE = 30.0


def happen(count: int, start: int = 0) -> list[str]:
    """Write `count` events, one transaction each. Answers their ids."""
    ids = []
    for number in range(start, start + count):
        event = Event.now(EventType.ACCESS_CHANGED, "sharing", f"accounts/user/{number}")
        with transaction.atomic():
            outbox.emit(event)
        ids.append(str(event.id))
    return ids


def unpublished() -> int:
    return OutboxEvent.objects.filter(published_at=None).count()


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(_PATIENCE):
        while not await condition():  # noqa: ASYNC110  # the database tells nobody
            await asyncio.sleep(0.02)


async def all_published() -> bool:
    return await sync_to_async(unpublished)() == 0


@asynccontextmanager
async def relaying() -> AsyncIterator[None]:
    task = asyncio.create_task(relay.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def published(nats: Nats) -> list[str]:
    """The ids of all events in the stream, in its order."""
    client = await nats_client.connect(nats.url, allow_reconnect=False)
    try:
        jetstream = client.jetstream()
        count = (await jetstream.stream_info(STREAM)).state.messages
        reader = await jetstream.subscribe("parvis.events.>", ordered_consumer=True)
        messages = [await reader.next_msg(timeout=_PATIENCE) for _ in range(count)]
        return [str(Event.from_json(message.data).id) for message in messages]
    finally:
        await client.close()


async def test_what_happened_before_and_while_it_runs_is_published_in_order(nats: Nats) -> None:
    before = await sync_to_async(happen)(130)
    async with relaying():
        meanwhile = await sync_to_async(happen)(20, start=130)
        await until(all_published)
    assert await published(nats) == before + meanwhile


async def test_what_was_published_and_not_marked_is_no_second_message(nats: Nats) -> None:
    ids = await sync_to_async(happen)(5)
    async with relaying():
        await until(all_published)
    await sync_to_async(OutboxEvent.objects.update)(published_at=None)
    async with relaying():
        await until(all_published)
    assert await published(nats) == ids


async def test_it_outlives_a_killed_nats(nats: Nats) -> None:
    async with relaying():
        first = await sync_to_async(happen)(3)
        await until(all_published)
        await nats.kill()
        second = await sync_to_async(happen)(40, start=3)
        await nats.start()
        await until(all_published)
    assert await published(nats) == first + second


async def test_it_ends_when_it_is_told_whatever_it_is_about(nats: Nats) -> None:
    for turns in range(100):
        relaying = asyncio.create_task(relay.run())
        await sync_to_async(happen)(1)
        for _ in range(turns):
            await asyncio.sleep(0)
        relaying.cancel()
        _done, still_there = await asyncio.wait([relaying], timeout=_PATIENCE)
        assert not still_there


async def test_it_waits_for_a_nats_that_comes_late(nats: Nats) -> None:
    await nats.kill()
    ids = await sync_to_async(happen)(3)
    async with relaying():
        await asyncio.sleep(0.3)
        assert not await all_published()
        await nats.start()
        await until(all_published)
    assert await published(nats) == ids


async def test_only_one_works_on_an_outbox(nats: Nats) -> None:
    async with relaying():
        await until(_stream_is_there(nats))
        with pytest.raises(relay.AlreadyRunning, match="Another relay runs here"):
            await relay.run()


def _stream_is_there(nats: Nats) -> Callable[[], Awaitable[bool]]:
    async def there() -> bool:
        client = await nats_client.connect(nats.url, allow_reconnect=False)
        try:
            return bool(await client.jetstream().streams_info())
        finally:
            await client.close()

    return there


async def test_the_stream_is_as_it_is_described_even_where_it_was_otherwise(nats: Nats) -> None:
    client = await nats_client.connect(nats.url, allow_reconnect=False)
    jetstream = client.jetstream()
    await jetstream.add_stream(name=STREAM, subjects=["parvis.events.old"])
    await stream.ensure(jetstream)
    await stream.ensure(jetstream)
    config = (await jetstream.stream_info(STREAM)).config
    await client.close()
    assert config.subjects == ["parvis.events.>"]
    assert config.duplicate_window == stream.DUPLICATES.total_seconds()
    assert config.max_age == stream.KEPT.total_seconds()


async def test_what_was_published_long_ago_is_tidied_and_what_waits_never_is() -> None:
    await sync_to_async(happen)(3)
    long_ago = timezone.now() - relay.KEPT - timedelta(minutes=1)

    def age() -> tuple[int, int]:
        first = OutboxEvent.objects.earliest("sequence")
        OutboxEvent.objects.filter(pk=first.pk).update(published_at=long_ago)
        OutboxEvent.objects.update(created_at=long_ago)
        return relay.tidy(), OutboxEvent.objects.count()

    assert await sync_to_async(age)() == (1, 2)
