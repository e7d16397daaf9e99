"""The bench of many rooms: what it tells, how it is called, and that it measures what it says."""

from __future__ import annotations

import asyncio
import json
import os
import tomllib
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from click.testing import CliRunner

from parvis.__main__ import cli
from parvis.bench import world as worlds
from parvis.bench.fanout import _LIMITS, Fan, figures
from parvis.bench.measure import Memory, Rate
from parvis.errors import ParvisError
from parvis.layout import Layout
from parvis.part import Part, Step
from parvis.setup import SHIPPED, federation_of


def test_what_is_told_is_what_the_figures_say() -> None:
    before, after = Rate(100, 2.0, {}), Rate(100, 3.0, {"synapse-hub": 14.0})
    mistakes = {"lost": 0, "duplicated": 1, "reordered": 2}
    told = figures(Fan(rooms=20, events=10), before, after, Rate(200, 6.25, {"bridge": 3.0}), 123.4, mistakes)
    asked = {
        "rooms": 20,
        "raw_events_per_s": 40.0,
        "bridge_events_per_s": 32.0,
        "efficiency": 0.8,
        "bridge_rss_mib": 123.4,
        **mistakes,
    }
    assert {name: told[name] for name in asked} == asked
    assert json.loads(json.dumps(told)) == told


def test_it_says_what_it_does_without_doing_it() -> None:
    answer = CliRunner().invoke(cli, ["bench", "fanout", "--help"])
    assert answer.exit_code == 0
    assert "--rooms" in answer.output
    assert "300" in answer.output


@pytest.mark.parametrize("slip", [["--rooms", "1"], ["--rooms", "1001"], ["--events", "1"], ["--events", "many"]])
def test_a_size_that_makes_no_sense_is_refused(slip: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("parvis.commands.bench.fanout", never)
    assert CliRunner().invoke(cli, ["bench", "fanout", *slip]).exit_code == 2


def test_its_figures_are_shown_and_given_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Fan] = []

    async def measured(fan: Fan, _say: object) -> dict[str, Any]:
        asked.append(fan)
        half, mistakes = Rate(15, 1.0, {}), {"lost": 0, "duplicated": 0, "reordered": 0}
        return figures(fan, half, half, Rate(30, 2.0, {}), 99.5, mistakes)

    monkeypatch.setattr("parvis.commands.bench.fanout", measured)
    told = CliRunner().invoke(cli, ["bench", "fanout", "--json", "--rooms", "10", "--events", "3"])
    assert json.loads(told.stdout)["efficiency"] == 1.0
    assert CliRunner().invoke(cli, ["bench", "fanout"]).exit_code == 0
    assert asked == [Fan(10, 3), Fan()]


def test_the_most_memory_is_kept() -> None:
    sizes = iter([10, 30, 20])
    process = SimpleNamespace(memory_info=lambda: SimpleNamespace(rss=next(sizes) * 2**20))
    memory = Memory(SimpleNamespace(process=lambda _part: process), "bridge")  # type: ignore[arg-type]
    for _ in range(3):
        memory.look()
    assert memory.peak_mib == 30.0


async def test_memory_is_watched_while_the_part_is_started_anew() -> None:
    looks = 0

    def process(_part: str) -> psutil.Process:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise ParvisError("bridge does not run.")
        return psutil.Process(os.getpid())

    memory = Memory(SimpleNamespace(process=process), "bridge")  # type: ignore[arg-type]
    watching = asyncio.create_task(memory.watch())
    async with asyncio.timeout(5):
        while not memory.peak_mib:  # noqa: ASYNC110 - a process announces nothing
            await asyncio.sleep(0.01)
    watching.cancel()


def test_the_limits_are_those_of_a_federation(tmp_path: Any) -> None:
    file = worlds._federation(tmp_path, _LIMITS)
    assert set(tomllib.loads(file.read_text())["limits"]) == {"joins", "invites", "rooms"}
    layout = Layout(tmp_path / "home", 0)
    raised, usual = (federation_of(layout, one).limits for one in (file, SHIPPED))
    assert raised.rooms.burst > 300 > usual.rooms.burst
    assert raised.messages == usual.messages


def test_the_bench_counts_every_card_and_so_wants_no_floods() -> None:
    async def work() -> None:
        """Nothing."""

    bridge = Part("bridge", "", (), {"A": "b"}, needs=frozenset({"indexer", "nats"}))
    measured = worlds._as_measured(bridge)
    assert isinstance(measured, Part)
    assert measured.environment == {"A": "b", "PARVIS_BRIDGE_FLOODS": "off"}
    assert measured.needs == {"nats"}
    assert worlds._as_measured(Part("web", "", ())) == Part("web", "", ())
    assert isinstance(worlds._as_measured(Step("bridge", "", work)), Step)
