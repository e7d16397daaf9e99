"""Somebody with a file, and who reads it; nothing of a download is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from pytest_django.fixtures import Settings

from tests.workspace.drive.downloaded import World
from tests.workspace.drive.memory import MemoryStore
from tests.workspace.grants import world as worlds
from tests.workspace.streaming.following import db, session_of
from workspace.api import services
from workspace.asgi import Handler
from workspace.drive import opened, sending, service


@pytest.fixture(autouse=True)
async def run_dir(settings: Settings, tmp_path: Path) -> AsyncIterator[None]:
    settings.PARVIS = replace(settings.PARVIS, run_dir=tmp_path)
    yield
    await sync_to_async(connections.close_all)()  # of the thread in which `db` asks, and of that of the rights
    await asyncio.wrap_future(sending.downloads._watch._thread.submit(connections.close_all))
    assert opened.seats.taken() == 0


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> World:
    store = MemoryStore()
    monkeypatch.setattr(service, "store", lambda: store)
    monkeypatch.setattr(services, "_known", worlds.Known())
    return await db(World, store)


@pytest.fixture
async def ines(world: World) -> str:
    return await db(session_of, world.ines)
