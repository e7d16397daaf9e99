"""A room of two with the bridge, and no waiting."""

from __future__ import annotations

import pytest

from bridge.files import queue, save
from bridge.matrix.retrying import Backoff
from tests.bridge.conftest import Bridge
from tests.bridge.files.harness import enter


@pytest.fixture(autouse=True)
def _room(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    async def wait(_backoff: Backoff, at_least: float = 0.0) -> None:
        """Nothing is waited really."""

    monkeypatch.setattr(Backoff, "wait", wait)
    monkeypatch.setattr(queue, "PAUSES", (0.0, 0.0, 0.0))
    monkeypatch.setattr(save, "_IN_THE_MAKING", 0.0)
    enter(bridge)
