"""What is rendered for the parts, as the parts themselves understand it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from parvis.layout import Layout
from parvis.setup import prepare


@pytest.mark.parametrize("name", ["home", "données de l’été", 'with "quotes" and \\'])
def test_the_event_store_reads_its_configuration_wherever_the_home_is(tmp_path: Path, name: str) -> None:
    setup = prepare(Layout(tmp_path / name))
    read = subprocess.run(
        [str(Path(sys.executable).with_name("nats-server")), "-t", "-c", str(setup.layout.nats_conf)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert read.returncode == 0, read.stderr
    assert str(setup.layout.data("nats")) in setup.layout.nats_conf.read_text().replace("\\\\", "\\").replace(
        '\\"', '"'
    )
