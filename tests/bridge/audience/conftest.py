"""A bridge whose two edges move with one chance."""

from __future__ import annotations

import pytest

from tests.bridge.audience.moving import Chance, MovingRooms, MovingWorkspace


@pytest.fixture
def edges() -> tuple[MovingRooms, MovingWorkspace]:
    chance = Chance()
    return MovingRooms(chance), MovingWorkspace(chance)
