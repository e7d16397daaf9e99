"""The embedded engine: the contract of all engines, and what is its own (its files, its lock, what breaks them)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.workspace.find.engine_contract import THEM, EngineContract, entry
from workspace.find.engines.base import Change, IndexUnavailable, Question, WriterBusy
from workspace.find.engines.tantivy import SCHEMA_VERSION, TantivyEngine


@pytest.fixture
def engine(tmp_path: Path) -> TantivyEngine:
    one = TantivyEngine(tmp_path / "find")
    one.rebuild([])
    return one


class TestTantivy(EngineContract):
    """Tantivy keeps the contract."""


def test_without_an_index_it_is_not_ready_and_says_so(tmp_path: Path) -> None:
    engine = TantivyEngine(tmp_path / "none")
    assert not engine.ready()
    with pytest.raises(IndexUnavailable):
        engine.search(Question("note", (THEM,)))
    with pytest.raises(IndexUnavailable):
        engine.apply(Change(entries=[entry("Note")]))


@pytest.mark.parametrize(
    "content", ["", "nonsense", "v1-older", f"v{SCHEMA_VERSION}-../../x", f"v{SCHEMA_VERSION}-0000"]
)
def test_a_pointer_that_leads_nowhere_is_no_index(engine: TantivyEngine, tmp_path: Path, content: str) -> None:
    (tmp_path / "find" / "current").write_text(content)
    assert not TantivyEngine(tmp_path / "find").ready()


def test_a_damaged_index_is_not_ready_and_a_rebuild_mends_it(engine: TantivyEngine, tmp_path: Path) -> None:
    engine.apply(Change(entries=[entry("Note")]))
    generation = tmp_path / "find" / (tmp_path / "find" / "current").read_text()
    (generation / "meta.json").write_bytes(b"\x00\x01")
    damaged = TantivyEngine(tmp_path / "find")
    assert not damaged.ready()
    with pytest.raises(IndexUnavailable):
        damaged.apply(Change())
    fresh = entry("Note")
    damaged.rebuild([fresh])
    assert damaged.search(Question("note", (THEM,))).ids == (fresh.id,)


def test_another_process_sees_each_commit_and_each_rebuild(engine: TantivyEngine, tmp_path: Path) -> None:
    reader = TantivyEngine(tmp_path / "find")
    assert reader.search(Question("note", (THEM,))).total == 0
    engine.apply(Change(entries=[entry("Note")]))
    assert reader.search(Question("note", (THEM,))).total == 1
    engine.rebuild([entry("Note"), entry("Note")])
    assert reader.search(Question("note", (THEM,))).total == 2


def test_a_rebuild_leaves_one_generation_and_private_files(engine: TantivyEngine, tmp_path: Path) -> None:
    engine.rebuild([entry("Note")])
    home = tmp_path / "find"
    assert len([one for one in home.iterdir() if one.is_dir()]) == 1
    assert home.stat().st_mode & 0o077 == 0


def test_a_writer_that_was_killed_does_not_lock_the_index(engine: TantivyEngine, tmp_path: Path) -> None:
    script = """
import os, sys
from pathlib import Path
from workspace.find.engines.tantivy import TantivyEngine
engine = TantivyEngine(Path(sys.argv[1]))
class Deadly:
    def __iter__(self):
        os.kill(os.getpid(), 9)
engine.rebuild(Deadly())
"""
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path / "find")], check=False, timeout=60)
    assert killed.returncode == -9
    engine.apply(Change(entries=[entry("Note")]))
    assert engine.search(Question("note", (THEM,))).total == 1


def test_a_second_writer_is_told_that_there_is_one(engine: TantivyEngine, tmp_path: Path) -> None:
    engine.apply(Change(entries=[entry("Note")]))
    with pytest.raises(WriterBusy):
        TantivyEngine(tmp_path / "find").apply(Change(entries=[entry("Note")]))


def test_a_rebuild_by_another_process_is_followed_by_the_writer(engine: TantivyEngine, tmp_path: Path) -> None:
    engine.apply(Change(entries=[entry("Note")]))
    TantivyEngine(tmp_path / "find").rebuild([entry("Note")])
    engine.apply(Change(entries=[entry("Note")]))
    assert engine.search(Question("note", (THEM,))).total == 2
