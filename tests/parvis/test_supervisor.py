"""Parts are started in order, started again when they die, and leave nothing behind."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from parvis import detach
from parvis.commands.up import play_first
from parvis.errors import NotStarted, PortTaken
from parvis.files import private_folder
from parvis.layout import Layout
from parvis.part import Part, Restart, State, Step
from parvis.status import PartStatus, load
from parvis.supervisor import Supervisor

SLEEP = (sys.executable, "-c", "import time; time.sleep(600)")
STUBBORN = (sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)")
QUICK = Restart(first=0.01, longest=0.02, tries=3)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "home")
    for folder in layout.folders():
        private_folder(folder)
    return layout


@asynccontextmanager
async def running(supervisor: Supervisor) -> AsyncIterator[None]:
    task = asyncio.create_task(supervisor.run())
    try:
        async with asyncio.timeout(30):
            assert await supervisor.ready()
        yield
    finally:
        supervisor.stop()
        await asyncio.gather(task, return_exceptions=True)


def told(supervisor: Supervisor, name: str) -> PartStatus:
    return next(part for part in supervisor.status.parts if part.name == name)


async def test_what_is_needed_is_ready_first_and_ends_last(layout: Layout) -> None:
    seen: list[tuple[str, State]] = []
    steps: list[str] = []

    async def step() -> None:
        steps.append("done")

    supervisor = Supervisor(
        layout,
        [
            Part("a", "", SLEEP),
            Step("once", "", step, frozenset({"a"})),
            Part("b", "", SLEEP, needs=frozenset({"once"})),
        ],
        lambda part: seen.append((part.name, part.state)),
    )
    async with running(supervisor):
        assert steps == ["done"]
        assert load(layout).parts != ()
    assert seen.index(("a", State.READY)) < seen.index(("once", State.READY)) < seen.index(("b", State.STARTING))
    assert seen.index(("b", State.STOPPED)) < seen.index(("a", State.STOPPED))


async def test_a_part_that_dies_is_started_again(layout: Layout) -> None:
    supervisor = Supervisor(layout, [Part("a", "", SLEEP, restart=QUICK)])
    async with running(supervisor):
        first = told(supervisor, "a").pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(30):
            while told(supervisor, "a").pid in (None, first):  # noqa: ASYNC110 - a status announces nothing
                await asyncio.sleep(0.01)
        assert told(supervisor, "a").restarts == 1
        assert "SIGKILL" in (told(supervisor, "a").problem or "")


async def test_a_part_that_never_does_its_work_is_given_up_with_its_last_words(layout: Layout) -> None:
    command = (sys.executable, "-c", "print('no such database'); raise SystemExit(3)")

    async def never() -> bool:
        return False

    supervisor = Supervisor(layout, [Part("a", "", command, probe=never, restart=QUICK), Part("b", "", SLEEP)])
    with pytest.raises(NotStarted, match="no such database"):
        await supervisor.run()
    assert load(layout).failure is not None


async def test_a_port_that_another_has_is_named_with_who_has_it(layout: Layout) -> None:
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        with pytest.raises(PortTaken, match=f"port {port}.*process {os.getpid()}"):
            await Supervisor(layout, [Part("a", "", SLEEP, ports=(port,))]).run()
    finally:
        server.close()


@pytest.mark.parametrize(
    "work",
    [f'Part("a", "", {SLEEP!r})', f'Step("a", "", lambda: run({SLEEP!r}, {{}}))'],
    ids=["a part", "a step"],
)
def test_a_supervisor_that_is_killed_leaves_nothing_running(layout: Layout, work: str) -> None:
    script = f"""
import asyncio
from pathlib import Path
from parvis.layout import Layout
from parvis.part import Part, Step
from parvis.process import run
from parvis.supervisor import Supervisor
asyncio.run(Supervisor(Layout(Path({str(layout.home)!r})), [{work}]).run())
"""
    with subprocess.Popen([sys.executable, "-c", script]) as process:
        (part,) = children_of(process.pid)
        process.kill()
        process.wait(10)
        _, alive = psutil.wait_procs([part], timeout=10)
    assert alive == []


def children_of(pid: int) -> list[psutil.Process]:
    """What a process has started, once it has started something that has become what it is."""
    for _ in range(500):
        children = [one for one in psutil.Process(pid).children() if "sleep(600)" in " ".join(one.cmdline()[-1:])]
        if children and not any("launch.py" in " ".join(one.cmdline()) for one in children):
            return children
        time.sleep(0.02)
    raise AssertionError("nothing was started")


async def test_a_first_tour_is_ended_before_the_parts_that_it_plays_on(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detach, "this", lambda _layout: SLEEP)
    supervisor = Supervisor(layout, [Part("a", "", (*STUBBORN,), stop_seconds=20)])
    async with asyncio.timeout(15):
        running = asyncio.create_task(supervisor.run())
        assert await supervisor.ready()
        tour = asyncio.create_task(play_first(layout, supervisor))
        await asyncio.sleep(0.5)
        supervisor.stop()
        await tour
        assert told(supervisor, "a").state is not State.STOPPED
        supervisor.stop()
        await running


CHATTY = (
    sys.executable,
    "-c",
    """import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for number in range(300):
    os.write(1, b"x" * 4096)
while True: time.sleep(1)""",
)
#: A part that dies and leaves a process behind which holds its output.
SURVIVED = (
    sys.executable,
    "-c",
    """import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
raise SystemExit(7)""",
)


async def test_a_full_disk_stops_no_part_and_not_the_end(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    layout.log("a").symlink_to("/dev/full")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    supervisor = Supervisor(layout, [Part("a", "", CHATTY, stop_seconds=0.1)])
    async with asyncio.timeout(30), running(supervisor):
        monkeypatch.setattr("parvis.status.save", full)
        while told(supervisor, "a").warning is None:  # noqa: ASYNC110 - a status announces nothing
            await asyncio.sleep(0.01)
        assert "No space left" in (told(supervisor, "a").warning or "")
        assert told(supervisor, "a").state is State.READY
    assert told(supervisor, "a").state is State.STOPPED


async def test_a_log_that_can_be_written_again_is_no_warning_any_more(layout: Layout) -> None:
    layout.log("a").symlink_to("/dev/full")
    seen: list[str | None] = []
    command = (sys.executable, "-u", "-c", "import time\nwhile True: print('so'); time.sleep(0.01)")
    supervisor = Supervisor(layout, [Part("a", "", command)], lambda part: seen.append(part.warning))
    async with asyncio.timeout(30), running(supervisor):
        while not any(seen):  # noqa: ASYNC110 - a status announces nothing
            await asyncio.sleep(0.01)
        layout.log("a").unlink()
        os.kill(told(supervisor, "a").pid or 0, signal.SIGKILL)
        while told(supervisor, "a").restarts == 0 or told(supervisor, "a").state is not State.READY:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert told(supervisor, "a").warning is None
    assert sum(warning is not None for warning in dict.fromkeys(seen)) == 1


async def test_a_death_is_noticed_though_something_of_it_still_holds_its_output(layout: Layout) -> None:
    supervisor = Supervisor(layout, [Part("a", "", SURVIVED, restart=QUICK)])
    async with asyncio.timeout(30), running(supervisor):
        while told(supervisor, "a").restarts == 0:  # noqa: ASYNC110 - a status announces nothing
            await asyncio.sleep(0.01)
        assert "code 7" in (told(supervisor, "a").problem or "")


def test_logs_turn_their_pages_and_are_read_across_them(tmp_path: Path) -> None:
    from parvis.logfile import LogFile, tail

    log = LogFile(tmp_path / "a.log", page_bytes=100, pages=2)
    for number in range(60):
        log.write(f"line {number:03d}\n".encode())
    log.close()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 330
    assert tail(tmp_path / "a.log", 15) == [f"line {number:03d}" for number in range(45, 60)]
