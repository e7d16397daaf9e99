"""An index of its own for each test, kept like the database by hand: no server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from contract.events import Event
from workspace.accounts.models import User
from workspace.events.models import OutboxEvent
from workspace.find import indexing, service
from workspace.find.engines.tantivy import TantivyEngine


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TantivyEngine:
    """An empty index, which is what the service searches."""
    engine = TantivyEngine(tmp_path / "find")
    engine.rebuild([])
    monkeypatch.setattr(service, "engine", lambda: engine)
    return engine


@pytest.fixture
def catch_up(index: TantivyEngine) -> Callable[[], None]:
    """Bring into the index what the events since the last time touched, as the indexer does."""
    seen = 0

    def run() -> None:
        nonlocal seen
        rows = list(OutboxEvent.objects.filter(pk__gt=seen).order_by("pk"))
        if rows:
            seen = rows[-1].pk
            indexing.index(index, [Event.from_json(bytes(row.body)) for row in rows])

    return run


@pytest.fixture
def camille() -> User:
    from tests.workspace.people import person

    return person("camille.martin")


@pytest.fixture
def ines() -> User:
    from tests.workspace.people import person

    return person("ines.benali")
