"""`parvis up --detach`: a supervisor in a session of its own, watched until it is ready."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from parvis import status
from parvis.console import out, part_line
from parvis.errors import NotStarted
from parvis.files import private_folder
from parvis.home import settle
from parvis.layout import Layout
from parvis.part import State
from parvis.status import Phase

#: Seconds between two looks at what it says, and for which it may say nothing at all.
_LOOK, _SILENT = 0.1, 30.0
#: The supervisor's own log.
SUPERVISOR = "parvis"


def this(layout: Layout) -> tuple[str, ...]:
    """How `parvis` is called for the same home."""
    return (sys.executable, "-m", "parvis", "--home", str(layout.home))


def start(layout: Layout, file: Path | None = None) -> None:
    """Start it, show what becomes ready, return when all is. Raises `NotStarted`."""
    settle(layout)
    private_folder(layout.logs)
    options = ["--port-shift", str(layout.port_shift), *(["--federation", str(file)] if file else [])]
    with layout.log(SUPERVISOR).open("ab") as log:
        process = subprocess.Popen(
            [*this(layout), "up", *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
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
            raise NotStarted(_last_words(layout), "parvis doctor looks for the cause.")
        if not ours and time.monotonic() - began > _SILENT:
            process.terminate()
            raise NotStarted("The supervisor says nothing.", f"Its log: {layout.log(SUPERVISOR)}")
        time.sleep(_LOOK)


def _last_words(layout: Layout) -> str:
    lines = layout.log(SUPERVISOR).read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "The supervisor ended and said nothing."
