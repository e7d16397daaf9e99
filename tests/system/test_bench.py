"""`parvis bench`: that it measures what it says, at a size that says nothing of speed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.system, pytest.mark.long]


def measured(folder: Path, *words: str) -> dict[str, Any]:
    """What `parvis bench WORDS` tells as JSON, called in `folder`, where also its temporary files are."""
    run = subprocess.run(
        [sys.executable, "-m", "parvis", "bench", *words],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    assert run.returncode == 0, run.stderr
    told: dict[str, Any] = json.loads(run.stdout)
    return told


def test_the_bench_tells_what_it_measured_and_nothing_is_lost_doubled_or_out_of_order(tmp_path: Path) -> None:
    (tmp_path / "federation.toml").write_text("the bench takes the shipped one, wherever it is called")
    told = measured(tmp_path, "deliver", "--json", "--rooms", "2", "--events", "4")
    assert set(told["latency_ms"]) == {"p50", "p95", "p99"}
    assert (told["rooms"], told["events"], told["one_room"]["events"]) == (2, 8, 12)
    for part in (told, told["one_room"]):
        assert {"raw_events_per_s", "bridge_events_per_s", "efficiency"} < set(part)
        assert {"synapse-hub", "bridge"} <= set(part["bridge_cpu_ms_per_event"])
        assert "synapse-hub" in part["raw_cpu_ms_per_event"]
        assert (part["lost"], part["duplicated"], part["reordered"]) == (0, 0, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["federation.toml"]


def test_the_bench_of_many_rooms_tells_what_it_measured(tmp_path: Path) -> None:
    told = measured(tmp_path, "fanout", "--json", "--rooms", "6", "--events", "4")
    assert {"raw_events_per_s", "bridge_events_per_s", "efficiency"} < set(told)
    assert (told["rooms"], told["events"]) == (6, 4)
    assert (told["lost"], told["duplicated"], told["reordered"]) == (0, 0, 0)
    assert 0 < told["bridge_rss_mib"] < 500
    assert list(tmp_path.iterdir()) == []


def test_the_bench_of_rights_tells_how_soon_who_leaves_is_refused(tmp_path: Path) -> None:
    told = measured(tmp_path, "rights", "--json", "--times", "3")
    assert set(told["leave_to_refused_ms"]) == {"p50", "p95", "p99"}
    assert (told["leaks"], told["times"]) == (0, 3)
    assert list(tmp_path.iterdir()) == []
