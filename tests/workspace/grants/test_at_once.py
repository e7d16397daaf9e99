"""A token works exactly as often as it may, whoever is in a hurry: on SQLite here, on PostgreSQL in `concurrently`."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

from tests.workspace.grants.rush import THREADS, TIMES

_ROOT = Path(__file__).parents[3]


def test_as_many_are_let_in_as_it_has_uses(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.workspace.grants.rush", "7"],
        cwd=_ROOT,
        env={**os.environ, "PARVIS_WORKSPACE_DATABASE_URL": f"sqlite:///{tmp_path / 'rush.sqlite3'}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert ast.literal_eval(done.stdout) == {"admitted": 7, "spent_token": THREADS * TIMES - 7}
