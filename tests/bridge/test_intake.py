"""Where in the stream of events the bridge goes on."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from bridge.intake import Intake
from bridge.settings import Nats
from bridge.store.inbox import Position
from tests.bridge.conftest import Bridge


class Stream:
    """The stream that was made at `created`, with the events from `first` to `last`."""

    def __init__(self, created: str, first: int, last: int) -> None:
        self._info = SimpleNamespace(created=created, state=SimpleNamespace(first_seq=first, last_seq=last))

    async def stream_info(self, _name: str) -> Any:
        return self._info


async def start(bridge: Bridge, stream: Stream) -> int:
    intake = Intake(Nats("nats://127.0.0.1", "", ""), bridge.inbox, lambda _rooms: None, asyncio.Lock())
    jetstream: Any = stream
    _, first = await intake._start(jetstream)
    return first


async def test_it_goes_on_after_what_was_taken(bridge: Bridge, caplog: pytest.LogCaptureFixture) -> None:
    await bridge.inbox.take([], Position("a", 4))
    assert await start(bridge, Stream("a", 1, 9)) == 5
    assert await start(bridge, Stream("a", 5, 9)) == 5
    assert caplog.records == []


async def test_it_begins_with_the_first_of_a_stream_that_it_has_never_seen(bridge: Bridge) -> None:
    assert await start(bridge, Stream("a", 3, 9)) == 3
    await bridge.inbox.take([], Position("a", 9))
    assert await start(bridge, Stream("b", 1, 2)) == 1


async def test_what_the_stream_dropped_before_it_was_taken_is_an_operators_to_know(
    bridge: Bridge, caplog: pytest.LogCaptureFixture
) -> None:
    await bridge.inbox.take([], Position("a", 4))
    assert await start(bridge, Stream("a", 8, 9)) == 8
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert "3 events" in record.getMessage()
    await bridge.inbox.take([], Position("a", 4))
    assert await start(bridge, Stream("a", 10, 9)) == 10  # all of them
