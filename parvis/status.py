"""What the parts are doing, as values, and as `run/status.json` for the commands that only look."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from parvis.layout import Layout
from parvis.part import State


class AlreadyRunning(Exception):
    """Another supervisor keeps this home. `pid` is its process, where it can be read."""

    def __init__(self, pid: int | None) -> None:
        super().__init__(f"Parvis is running already (process {pid}).")
        self.pid = pid


@dataclass(frozen=True, slots=True)
class PartStatus:
    """One part. `since` is when its state began (seconds since 1970), `ready_seconds` how long it took to be ready."""

    name: str
    title: str
    state: State
    pid: int | None = None
    restarts: int = 0
    since: float = 0.0
    ready_seconds: float | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """All of it. `pid` is the supervisor's, None where none runs."""

    pid: int | None
    parts: tuple[PartStatus, ...]

    @property
    def ready(self) -> bool:
        """Whether everything does its work."""
        return self.pid is not None and bool(self.parts) and all(part.state is State.READY for part in self.parts)


def save(layout: Layout, status: Status) -> None:
    """Keep it for others to read, whole or not at all."""
    draft = layout.run / ".status.json.new"
    draft.write_text(json.dumps(asdict(status), indent=1))
    draft.replace(layout.run / "status.json")


def load(layout: Layout) -> Status:
    """What is running now. Parts of a supervisor that is gone are stopped, whatever the file says."""
    pid = holder(layout)
    try:
        told = json.loads((layout.run / "status.json").read_text())
        parts = tuple(PartStatus(**{**part, "state": State(part["state"])}) for part in told["parts"])
    except (OSError, ValueError, KeyError, TypeError):
        return Status(pid, ())
    if pid is None:
        parts = tuple(PartStatus(part.name, part.title, State.STOPPED, restarts=part.restarts) for part in parts)
    return Status(pid, parts)


def _lock_file(layout: Layout) -> Path:
    return layout.run / "supervisor.lock"


def holder(layout: Layout) -> int | None:
    """The supervisor that keeps this home, or None. The lock says so, not the file: a crash leaves no lock."""
    try:
        file = _lock_file(layout).open("r+")
    except OSError:
        return None
    with file:
        if _taken(file, fcntl.LOCK_SH | fcntl.LOCK_NB):
            return None
        return _pid(file)


@contextmanager
def hold(layout: Layout) -> Iterator[None]:
    """Keep this home. Raises `AlreadyRunning`."""
    layout.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _lock_file(layout).open("a+") as file:
        if not _taken(file, fcntl.LOCK_EX | fcntl.LOCK_NB):
            raise AlreadyRunning(_pid(file))
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield


def _taken(file: IO[str], how: int) -> bool:
    try:
        fcntl.flock(file, how)
    except OSError:
        return False
    return True


def _pid(file: IO[str]) -> int | None:
    file.seek(0)
    text = file.read().strip()
    return int(text) if text.isdigit() else None


def now() -> float:
    """Seconds since 1970."""
    return time.time()
