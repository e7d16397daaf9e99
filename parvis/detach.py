"""`parvis up --detach`: a supervisor in a session of its own, watched until it is ready."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from parvis import parts, status
from parvis.console import out, part_line
from parvis.errors import Exit, NotStarted, ParvisError
from parvis.layout import Layout
from parvis.lock import hold
from parvis.logfile import LogFile, Printed, tail
from parvis.part import State
from parvis.setup import Setup, prepare
from parvis.status import Phase

#: Seconds between two looks at what it says, and for which it may say nothing at all.
_LOOK, _SILENT = 0.1, 30.0
#: The supervisor's own log, and how many of its last lines say why it ended.
SUPERVISOR, _LAST = "parvis", 3


def this(layout: Layout) -> tuple[str, ...]:
    """How `parvis` is called for the same home."""
    return (sys.executable, "-m", "parvis", "--home", str(layout.home))


def start(layout: Layout, file: Path | None = None) -> Setup:
    """Start it, show what becomes ready, return when all is. Raises `ParvisError`, as in the foreground."""
    with hold(layout):  # what is wrong with a file or a setting is said here, and not in a log
        setup = prepare(layout, file)
        parts.everything(setup)
        layout.status.unlink(missing_ok=True)  # what is read there from now on is of the one that is started here
    with layout.log(SUPERVISOR).open("ab") as log:
        process = subprocess.Popen(
            [*this(layout), "up", "--supervise"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _watch(layout, process)
    return setup


@contextlib.contextmanager
def logged(layout: Layout) -> Iterator[None]:
    """In the supervisor that was started: what is printed meanwhile goes into its log, which turns its pages."""
    with contextlib.closing(LogFile(layout.log(SUPERVISOR))) as log:
        printed = Printed(log)
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            yield


def _watch(layout: Layout, process: subprocess.Popen[bytes]) -> None:
    shown: set[str] = set()
    began = time.monotonic()
    while True:
        told = status.load(layout)
        ours = told.pid == process.pid
        for part in told.parts if ours else ():
            if part.state is State.READY and part.name not in shown:
                shown.add(part.name)
                out.print(part_line(part))
        if ours and told.phase is Phase.RUNNING:
            return
        if process.poll() is not None:
            raise _why(layout)
        if not ours and time.monotonic() - began > _SILENT:
            process.terminate()
            raise NotStarted("The supervisor says nothing.", f"Its log: {layout.log(SUPERVISOR)}")
        time.sleep(_LOOK)


def _why(layout: Layout) -> ParvisError:
    """What the supervisor told before it ended, with its exit code; else its last words."""
    told = status.load(layout)
    if told.failure is None:
        words = " ".join(tail(layout.log(SUPERVISOR), _LAST)) or "The supervisor ended and said nothing."
        return NotStarted(words, f"Its log: {layout.log(SUPERVISOR)}")
    error = NotStarted(told.failure, told.advice or "parvis doctor looks for the cause.")
    error.exit_code = Exit(told.exit_code)
    return error
