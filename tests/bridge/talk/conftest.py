"""The square, on a database of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from django.core.cache import cache

from bridge import database
from bridge.store.schema import upgrades
from tests.bridge.talk.square import Square, open_square


@pytest.fixture
def new_square(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], Square]]:
    cache.clear()
    loop, stack = asyncio.new_event_loop(), AsyncExitStack()
    opened = loop.run_until_complete(
        stack.enter_async_context(database.opened(f"sqlite:///{tmp_path / 'bridge.db'}", upgrades))
    )
    yield lambda seed: open_square(loop, opened, monkeypatch, seed)
    loop.run_until_complete(stack.aclose())
    loop.close()


@pytest.fixture
def square(new_square: Callable[[int], Square]) -> Square:
    return new_square(0)
