"""One supervisor a home: whoever holds the lock is it. The kernel lets go of the lock of a process that is gone."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from parvis.errors import AlreadyRunning
from parvis.files import PRIVATE_FILE, private_folder
from parvis.home import settle
from parvis.layout import Layout

#: Seconds for which it is tried to have a home, and between two tries.
_PATIENCE, _LOOK = 1.0, 0.02


def holder(layout: Layout) -> int | None:
    """The process of the supervisor that has this home, or None."""
    try:
        file = layout.lock.open("r+", encoding="ascii")
    except OSError:
        return None
    with file:
        return None if _taken(file, fcntl.LOCK_SH) else _pid(file)


@contextmanager
def hold(layout: Layout) -> Iterator[None]:
    """Have this home to oneself, and make it one. Raises `AlreadyRunning` or `BadHome`."""
    settle(layout)
    private_folder(layout.run)
    with os.fdopen(os.open(layout.lock, os.O_RDWR | os.O_CREAT, PRIVATE_FILE), "r+", encoding="ascii") as file:
        if not _taken_soon(file):
            what = f"Parvis runs already in {layout.home} (process {_pid(file)})."
            raise AlreadyRunning(what, "See it with: parvis status. End it with: parvis down.")
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield


def _taken_soon(file: IO[str]) -> bool:
    """Whether it is ours now; somebody who looks who has it shares it for a moment, and is waited for."""
    deadline = time.monotonic() + _PATIENCE
    while not _taken(file, fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK)
    return True


def _taken(file: IO[str], how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _pid(file: IO[str]) -> int | None:
    file.seek(0)
    text = file.read().strip()
    return int(text) if text.isdigit() else None
