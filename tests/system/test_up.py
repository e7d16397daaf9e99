"""`parvis up` as a person at a terminal has it: what it says, what Ctrl-C leaves, what is there the next time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import psutil
import pytest

from parvis.browser import Browser
from parvis.layout import Layout
from parvis.lock import holder
from parvis.people import AGENTS
from tests.system.conftest import Stack

pytestmark = pytest.mark.system

#: 8400 + 22000 = 30400, beside the stack of the other tests.
SHIFT = 22_000
PATIENCE = 180


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Stack]:
    this = Stack(Layout(tmp_path / "home", SHIFT))
    try:
        yield this
    finally:
        this.parvis("down")


class Foreground:
    """`parvis up` in a terminal of its own; its lines as they come."""

    def __init__(self, home: Stack, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "parvis", "--home", str(home.layout.home), "up", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "COLUMNS": "80", "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
        self._lines: Queue[str] = Queue()
        self.said: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\n"))

    def until(self, words: str) -> None:
        """Until a line has these words."""
        while not self.said or words not in self.said[-1]:
            self.said.append(self._lines.get(timeout=PATIENCE))

    def ctrl_c(self) -> int:
        """What a terminal does: the whole of its process group is told. The exit code."""
        os.killpg(self._process.pid, signal.SIGINT)
        code = self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        while not self._lines.empty():
            self.said.append(self._lines.get())
        return code


def left_of(home: Stack) -> list[str]:
    """The processes that have to do with this home."""
    return [
        " ".join(one.info["cmdline"])
        for one in psutil.process_iter(["cmdline", "environ"])
        if one.pid != os.getpid()
        and str(home.layout.home) in " ".join([*(one.info["cmdline"] or ()), *(one.info["environ"] or {}).values()])
    ]


async def test_ctrl_c_ends_all_of_it_and_what_was_saved_is_there_the_next_time(home: Stack) -> None:
    foreground = Foreground(home, "--port-shift", str(SHIFT), "--first-tour")
    foreground.until("signs in by OpenID Connect")  # the first step of the tour
    assert left_of(home)
    assert foreground.ctrl_c() == 0
    assert left_of(home) == []
    said = "\n".join(foreground.said)
    assert f"{home.layout.workspace_url}/" in said
    assert all(f"@{agent.id}:" in said for agent in AGENTS)
    assert "✗" not in said, said  # what Ctrl-C breaks off is not a failure
    assert foreground.said[-1] == f"Stopped. Everything is kept in {home.layout.home}"

    assert home.parvis("up", "--detach", seconds=PATIENCE).returncode == 0  # on the same ports, without being told
    async with await Browser.sign_in(home.layout.workspace_url, "camille.martin") as camille:
        made = await camille.create_document("Ce qui reste", "# Toujours là\n")
        file = await camille.upload_bytes("reste.txt", b"toujours", "text/plain")
    supervisor = psutil.Process(holder(home.layout) or 0)
    assert home.parvis("down").returncode == 0
    psutil.wait_procs([supervisor], timeout=10)  # `down` waits for what it has to end, not for its last breath
    assert left_of(home) == []
    assert home.parvis("up", "--detach", seconds=PATIENCE).returncode == 0
    async with await Browser.sign_in(home.layout.workspace_url, "camille.martin") as camille:
        assert (await camille.api("GET", f"documents/{made['id']}/"))["content"] == "# Toujours là\n"
        assert (await camille.api("GET", f"files/{file['id']}/"))["title"] == "reste.txt"
    assert home.parvis("doctor").returncode == 0

    pid = holder(home.layout)
    assert pid is not None
    parts = psutil.Process(pid).children(recursive=True)
    os.kill(pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(parts, timeout=30)
    assert alive == []
    assert left_of(home) == []
    assert home.parvis("status").returncode == 3
