"""`parvis up --detach` says what is wrong as the foreground does, and its log keeps what a log should."""

from __future__ import annotations

import socket
from functools import partial
from pathlib import Path

import pytest

from parvis.detach import logged
from parvis.layout import Layout, Port
from parvis.lock import hold
from parvis.logfile import LogFile
from parvis.setup import prepare
from tests.parvis.test_home import SHIFT, parvis

SHIFTED = ("--port-shift", str(SHIFT))


@pytest.mark.parametrize("way", [(), ("--detach",)])
def test_a_mistake_in_the_file_is_said_with_its_line(tmp_path: Path, way: tuple[str, ...]) -> None:
    broken = tmp_path / "ministere.toml"
    broken.write_text('[[homeserver]]\nname = "hub"\nserver_nam = "parvis.gouv.test"\n')
    answer = parvis("up", *way, "--federation", str(broken), home=tmp_path / "home")
    assert answer.returncode == 1
    assert f"{broken}:3: homeserver[1].server_nam: this key is unknown" in answer.stderr


@pytest.mark.parametrize("way", [(), ("--detach",)])
def test_a_port_that_another_has_is_said_with_who_has_it(tmp_path: Path, way: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", Port.NATS + SHIFT)):
        answer = parvis("up", *way, *SHIFTED, home=tmp_path / "home")
    assert answer.returncode == 3, answer.stderr
    assert f"nats needs port {Port.NATS + SHIFT}, which" in answer.stderr
    assert "--port-shift" in answer.stderr
    told = parvis("status", home=tmp_path / "home")
    assert "nats needs port" in told.stdout


@pytest.mark.parametrize("way", [(), ("--detach",)])
def test_a_home_where_it_runs_already_is_said_to_be_so(tmp_path: Path, way: tuple[str, ...]) -> None:
    layout = Layout(tmp_path / "home", SHIFT)
    prepare(layout)
    with hold(layout):
        answer = parvis("up", *way, home=layout.home)
    assert answer.returncode == 3
    assert "runs already" in answer.stderr


def test_the_log_of_a_detached_supervisor_turns_its_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parvis.detach.LogFile", partial(LogFile, page_bytes=100, pages=2))
    layout = Layout(tmp_path)
    layout.logs.mkdir()
    with logged(layout):
        for number in range(60):
            print(f"line {number:03d}")
    kept = [path.read_text() for path in layout.logs.iterdir()]
    assert sum(map(len, kept)) <= 330
    assert any("line 059" in text for text in kept)
