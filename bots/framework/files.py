"""Files that hold secrets: mode 600 in directories of mode 700, replaced whole or not at all."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from pathlib import Path
from typing import IO, Any

from bots.framework.errors import StoreInUse


def private_dir(path: Path) -> Path:
    """`path` as an existing directory that only its owner enters."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def claimed(directory: Path) -> IO[str]:
    """`directory`, for as long as what this gives is open: two processes with one device's keys spoil both.

    Raises `StoreInUse`. The kernel lets go of what a process had that is gone.
    """
    descriptor = os.open(directory / "in-use", os.O_RDWR | os.O_CREAT, 0o600)
    claim = os.fdopen(descriptor, "r+", encoding="ascii")
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        claim.close()
        raise StoreInUse(f"{directory} is in use: end the other program that is signed in with it first.") from error
    return claim


def write_private(path: Path, text: str) -> None:
    """Replace what `path` holds, in one step, readable by its owner only."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def read_json(path: Path) -> dict[str, Any] | None:
    """The JSON object in `path`, or None where there is no such file."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError(f"{path.name} does not hold a JSON object")
    return value


def secret_of(path: Path) -> str:
    """The secret in `path`, made the first time it is asked for."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        value = secrets.token_urlsafe(32)
        write_private(path, value)
        return value
