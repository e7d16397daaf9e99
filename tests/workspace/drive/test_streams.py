"""The bridge's way to the store, on a real one: what it streams is what a form takes and what a link gives."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from bridge.files.objects import Objects, StoreFailed
from contract.grants import StartedSave
from contract.ids import ItemId
from workspace.drive.store import Store

PIECE = bytes(range(256)) * 1024  # 256 KiB


async def pieces(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield PIECE


def started(store: Store, key: str, size: int) -> StartedSave:
    form = store.form(key, size=size, media_type="application/pdf")
    return StartedSave("upload", ItemId(uuid4()), form.url, form.fields)


async def test_a_file_goes_and_comes_by_pieces_and_memory_stays_flat(store: Store) -> None:
    count = 128  # 32 MiB
    size = count * len(PIECE)
    async with Objects() as objects:
        form = started(store, "incoming/x", size)
        tracemalloc.start()
        try:
            await objects.put(form, pieces(count), size)
            stored = store.head("incoming/x")
            came = 0
            url = store.link("incoming/x", disposition="attachment", media_type="application/pdf")
            async for chunk in objects.get(url, size):
                came += len(chunk)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert (stored.size, stored.media_type) == (size, "application/pdf")
    assert came == size
    assert store.beginning("incoming/x", 1000) == PIECE[:1000]
    assert peak < 8 << 20


@pytest.mark.parametrize("count", [1, 3])
async def test_what_is_not_of_the_size_that_was_announced_is_not_taken(store: Store, count: int) -> None:
    form = started(store, "incoming/y", 2 * len(PIECE))
    async with Objects() as objects:
        with pytest.raises(StoreFailed):
            await objects.put(form, pieces(count), count * len(PIECE))
        with pytest.raises(StoreFailed):
            await objects.put(form, pieces(count), 2 * len(PIECE))


async def test_what_is_not_there_or_of_another_size_is_an_error(store: Store) -> None:
    store.put("z", b"abc", media_type="text/plain")
    async with Objects() as objects:
        for key, size in (("nothing", 3), ("z", 2), ("z", 4)):
            url = store.link(key, disposition="attachment", media_type="text/plain")
            with pytest.raises(StoreFailed):
                async for _chunk in objects.get(url, size):
                    pass
