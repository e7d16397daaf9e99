"""`world`, with the services that it knows."""

from __future__ import annotations

import pytest

from tests.workspace.grants import world as worlds
from workspace.api import services


@pytest.fixture
def _services(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "_known", worlds.Known())


@pytest.fixture
def world(_services: None, db: None) -> worlds.World:
    return worlds.set_up()
