"""The workspace on PostgreSQL: its tests of the database once more, and what only several at once can show."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workspace import postgresql

pytestmark = [pytest.mark.system, pytest.mark.long]

_HERE = Path(__file__).parent
_FOLDERS = ("accounts", "comments", "docs", "drive", "find", "grants", "rooms", "sharing", "streaming")
_SECONDS = 600


def test_it_does_on_postgresql_what_it_does_on_sqlite() -> None:
    with postgresql.running() as url:
        tests = [_HERE / "concurrently.py", *(_HERE / folder for folder in _FOLDERS)]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not system and not long", *tests],
            cwd=_HERE.parents[1],
            env={**os.environ, "PARVIS_WORKSPACE_DATABASE_URL": url},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
