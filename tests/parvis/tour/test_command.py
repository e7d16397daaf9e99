"""`parvis tour`: whole where somebody asks for it, short where a newcomer waits."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from parvis.__main__ import cli
from parvis.commands import tour, up
from parvis.layout import Layout
from parvis.tour.flood import SHORT, WHOLE, Size
from parvis.tour.steps import Steps


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Size]:
    """The sizes of the tours that are played, in a home where everything is said to run."""
    sizes: list[Size] = []

    class Story:
        def __init__(self, _setup: Any, _files: list[Path], steps: Steps, size: Size) -> None:
            self._steps = steps
            sizes.append(size)

        async def play(self) -> None:
            async def work() -> str:
                self._steps.progress("1 of 2 rooms")
                return "seen"

            await self._steps.do("step", "A step", work())

    Layout.of(tmp_path).toured.parent.mkdir(parents=True)
    monkeypatch.setattr(tour, "Story", Story)
    monkeypatch.setattr(tour, "load", lambda _layout: None)
    monkeypatch.setattr(tour, "load_status", lambda _layout: SimpleNamespace(ready=True))
    return sizes


def test_who_asks_for_the_tour_sees_all_of_it(tmp_path: Path, played: list[Size]) -> None:
    answer = CliRunner().invoke(cli, ["--home", str(tmp_path), "tour", "--json"])
    assert played == [WHOLE] == [Size(rooms=10, files=200)]
    assert json.loads(answer.output)["steps"][0]["seen"] == "seen"


def test_the_first_tour_is_short_and_is_played_once(tmp_path: Path, played: list[Size]) -> None:
    for _ in range(2):
        answer = CliRunner().invoke(cli, ["--home", str(tmp_path), *up._FIRST_TOUR])
        assert answer.exit_code == 0
    assert played == [SHORT]
    assert SHORT.files < WHOLE.files / 5
    assert SHORT.rooms < WHOLE.rooms / 2


def test_what_a_step_saw_is_shown(tmp_path: Path, played: list[Size]) -> None:
    answer = CliRunner().invoke(cli, ["--home", str(tmp_path), "tour", "--short"])
    assert "✓ A step" in answer.output
    assert "│ seen" in answer.output
    assert played == [SHORT]
