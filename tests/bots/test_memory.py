"""What a bot that follows events remembers, over restarts, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest

from bots.framework import memory as module
from bots.framework.memory import KEEP_DAYS, MOST_ON_A_CARD, Memory
from contract.events import Event, EventType
from contract.ids import ItemId
from contract.resources import Kind, Resource

ROOM, WINDOW = "!room", 600.0
ITEM = ItemId(uuid4())


def happened(item: ItemId = ITEM) -> Event:
    return Event.now(EventType.DOCUMENT_UPDATED, "docs", Resource(Kind.DOCUMENT, item).name, path=(item,))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1_000_000.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: now[0]))
    return now


@pytest.fixture
def memory(tmp_path: Path, clock: list[float]) -> Iterator[Memory]:
    made = Memory(tmp_path / "events.db")
    yield made
    made.close()


def test_it_is_there_after_a_restart_and_its_owners_alone(memory: Memory, tmp_path: Path) -> None:
    first, second = happened(), happened()
    memory.said(first, ROOM, "$card", edits=False)
    memory.said(second, ROOM, "$edit", edits=True)
    memory.came_to("here")
    again = Memory(tmp_path / "events.db")
    shown = again.card(ROOM, ITEM, WINDOW)
    assert again.last_id == "here"
    assert shown is not None
    assert (shown.message, shown.events) == ("$card", (first, second))
    assert again.was_said(second, ROOM)
    assert not again.was_said(second, "!other")
    assert (tmp_path / "events.db").stat().st_mode & 0o777 == 0o600
    again.close()


def test_a_card_is_edited_within_its_window_and_while_it_has_room(memory: Memory, clock: list[float]) -> None:
    memory.said(happened(), ROOM, "$card", edits=False)
    clock[0] += WINDOW - 1
    assert memory.card(ROOM, ITEM, WINDOW) is not None
    for _ in range(MOST_ON_A_CARD - 1):
        memory.said(happened(), ROOM, "$edit", edits=True)
    assert memory.card(ROOM, ITEM, WINDOW) is None
    memory.said(happened(), ROOM, "$new", edits=False)
    assert memory.card(ROOM, ITEM, WINDOW) is not None
    clock[0] += WINDOW + 1
    assert memory.card(ROOM, ITEM, WINDOW) is None


def test_what_is_old_is_forgotten_while_it_runs(memory: Memory, clock: list[float]) -> None:
    old, new = happened(), happened(ItemId(uuid4()))
    memory.said(old, ROOM, "$old", edits=False)
    clock[0] += (KEEP_DAYS - 1) * 86_400
    memory.said(new, ROOM, "$new", edits=False)
    memory.came_to("x")
    assert memory.was_said(old, ROOM)
    clock[0] += 2 * 86_400
    memory.came_to("y")
    assert not memory.was_said(old, ROOM)
    assert memory.was_said(new, ROOM)
    assert memory._db.execute("SELECT count(*) FROM told").fetchone() == (1,)


def test_a_room_that_was_left_is_forgotten(memory: Memory) -> None:
    event = happened()
    memory.said(event, ROOM, "$card", edits=False)
    memory.forget_room(ROOM)
    assert not memory.was_said(event, ROOM)
    assert memory.card(ROOM, ITEM, WINDOW) is None
