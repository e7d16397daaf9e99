"""Two real homeservers on this part's ports, the Matrix side on the hub, and people on the other."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from synapse_config.config import load
from synapse_config.model import Limits, Rate
from synapse_config.run import Running, running
from tests.bridge.matrix.harness import Bridge, Person, config

REPOSITORY = Path(__file__).parents[3]
SHIFT = 17_000  # the bridge is at 25405, homeservers from 25420
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
async def servers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """The hub and one ministry."""
    federation = load(REPOSITORY / "federation.toml").shifted(SHIFT)
    federation = replace(federation, limits=Limits(messages=Rate(1000, 1000)))
    async with running(federation, tmp_path_factory.mktemp("servers"), names=["hub", "interieur"]) as this:
        yield this


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the bridge keeps between tests: the hub knows one `@parvis`, which has one identity."""
    return tmp_path_factory.mktemp("bridge")


@pytest.fixture
async def bridge(servers: Running, folder: Path) -> AsyncIterator[Bridge]:
    """The Matrix side. It runs, and remembers the rooms of the tests before."""
    async with Bridge(config(servers, folder)) as this:
        yield this


@pytest.fixture
async def person(servers: Running, tmp_path: Path) -> AsyncIterator[Callable[[str], Awaitable[Person]]]:
    """Makes people on the ministry's homeserver, each with an encrypting client of matrix-nio."""
    async with AsyncExitStack() as stack:

        async def make(name: str, homeserver: str = "interieur") -> Person:
            unique = f"{name}-{next(_numbers)}"
            session = await servers.agent(homeserver, unique)
            folder = tmp_path / unique
            folder.mkdir()
            return await stack.enter_async_context(Person(servers.client_url(homeserver), session, folder))

        yield make


@pytest.fixture(autouse=True)
async def _bounded() -> AsyncIterator[None]:
    """No test of this folder hangs."""
    task = asyncio.current_task()
    assert task is not None
    timer = asyncio.get_running_loop().call_later(180, task.cancel)
    yield
    timer.cancel()
