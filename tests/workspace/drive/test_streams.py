"""Ways to and from a real store by pieces: what the bridge streams into a form, and what the workspace sends."""

from __future__ import annotations

import asyncio
import hashlib
import tracemalloc
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings

from bridge.files.objects import Objects, StoreFailed
from contract.grants import StartedSave
from contract.ids import ItemId
from workspace.drive import opened, sending, service
from workspace.drive.ranges import Span
from workspace.drive.store import Store

PIECE = bytes(range(256)) * 1024  # 256 KiB


async def pieces(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield PIECE


def started(store: Store, key: str, size: int) -> StartedSave:
    form = store.form(key, size=size, media_type="application/pdf")
    return StartedSave("upload", ItemId(uuid4()), form.url, form.fields)


async def test_a_file_goes_by_pieces_and_memory_stays_flat(store: Store) -> None:
    count = 128  # 32 MiB
    size = count * len(PIECE)
    async with Objects() as objects:
        form = started(store, "incoming/x", size)
        tracemalloc.start()
        try:
            await objects.put(form, pieces(count), size)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    stored = store.head("incoming/x")
    assert (stored.size, stored.media_type) == (size, "application/pdf")
    assert store.beginning("incoming/x", 1000) == PIECE[:1000]
    assert peak < 8 << 20


class Always:
    """A right that nobody takes away."""

    def holds(self) -> bool:
        return True


async def test_a_file_comes_by_parts_and_memory_stays_flat(
    store: Store, monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
) -> None:
    settings.PARVIS = replace(settings.PARVIS, run_dir=tmp_path)
    monkeypatch.setattr(service, "store", lambda: store)
    whole = PIECE * 256  # 64 MiB
    store.put("files/x", whole, media_type="application/pdf")
    seat = opened.seats.take(None)
    download = opened.Download("files/x", Span(0, len(whole) - 1, len(whole)), PIECE, Always(), seat, {}, 200)
    came = hashlib.sha256()

    async def send(message: Mapping[str, Any]) -> None:
        came.update(message.get("body", b""))

    async def receive() -> Mapping[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    expected = hashlib.sha256(whole).digest()
    del whole
    tracemalloc.start()
    try:
        await sending.Downloads().serve(download, receive, send)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert came.digest() == expected
    assert peak < 24 << 20
    assert opened.seats.taken() == 0


@pytest.mark.parametrize("count", [1, 3])
async def test_what_is_not_of_the_size_that_was_announced_is_not_taken(store: Store, count: int) -> None:
    form = started(store, "incoming/y", 2 * len(PIECE))
    async with Objects() as objects:
        with pytest.raises(StoreFailed):
            await objects.put(form, pieces(count), count * len(PIECE))
        with pytest.raises(StoreFailed):
            await objects.put(form, pieces(count), 2 * len(PIECE))
