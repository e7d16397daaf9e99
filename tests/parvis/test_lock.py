"""One supervisor a home."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

import pytest

from parvis.errors import AlreadyRunning
from parvis.layout import Layout
from parvis.lock import hold, holder


def test_a_home_has_one_supervisor_at_a_time(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "home")
    assert holder(layout) is None
    with hold(layout):
        assert holder(layout) == os.getpid()
        with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"), hold(layout):
            pass
    assert holder(layout) is None


def test_somebody_who_only_looks_who_it_is_keeps_nobody_from_starting(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "home")
    with hold(layout):
        pass
    with layout.lock.open() as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)  # what `holder` does, at its slowest
        threading.Timer(0.2, lambda: fcntl.flock(looking, fcntl.LOCK_UN)).start()
        with hold(layout):
            assert holder(layout) == os.getpid()
