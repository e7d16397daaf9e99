"""`parvis down`."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import click

from parvis.console import out
from parvis.errors import Exit, NotRunning, ParvisError
from parvis.layout import Layout
from parvis.lock import holder

#: Seconds for which it is given to end in its order, and between two looks.
_PATIENCE, _LOOK = 60.0, 0.05


@click.command("down")
@click.pass_obj
def command(home: Path) -> int:
    """End what runs in this home. Its data stays.

    Nothing to end is no error.
    """
    layout = Layout.of(home)
    pid = holder(layout)
    if pid is None:
        out.print("Nothing runs here.")
        return Exit.OK
    end(layout, pid)
    out.print("Stopped.")
    return Exit.OK


def end(layout: Layout, pid: int) -> None:
    """Have the supervisor end everything, and wait for it. Raises `ParvisError` where it does not."""
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise NotRunning(f"Process {pid} is another user’s.", "Ask them to end it.") from error
    deadline = time.monotonic() + _PATIENCE
    while holder(layout) == pid:
        if time.monotonic() > deadline:
            raise ParvisError(
                f"Process {pid} does not end.", f"What it does: parvis status. The hard way: kill -9 {pid}"
            )
        time.sleep(_LOOK)
