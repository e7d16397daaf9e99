"""A federation of three on this part's ports, as a value, as text, and running."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from synapse_config.config import load
from synapse_config.model import Federation
from synapse_config.run import Running, running

REPOSITORY = Path(__file__).parents[2]
SHIFT = 12_700  # the gateway is at 21104, the bridge would be at 21105, homeservers from 21120


@pytest.fixture(scope="session")
def federation() -> Federation:
    """The demo's own file, on the tests' ports."""
    return load(REPOSITORY / "federation.toml").shifted(SHIFT)


@pytest.fixture(scope="session")
async def up(federation: Federation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """The whole federation, running."""
    async with running(federation, tmp_path_factory.mktemp("federation")) as this:
        yield this
