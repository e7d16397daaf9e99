"""A NATS of each test's own, and settings that lead to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tests.workspace.events.nats import Nats, free_port


@pytest.fixture
async def nats(tmp_path: Path, settings: Settings) -> AsyncIterator[Nats]:
    server = Nats(tmp_path / "nats", free_port())
    settings.PARVIS = replace(settings.PARVIS, nats_url=server.url, run_dir=tmp_path / "run")
    await server.start()
    try:
        yield server
    finally:
        await server.kill()
