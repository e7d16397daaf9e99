"""Small files written whole: a reader, or a crash, finds the old or the new one."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from parvis.errors import BadHome

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700


def private_folder(path: Path) -> Path:
    """Make `path` a folder for its owner alone. Raises `BadHome`."""
    try:
        path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        if path.stat().st_mode & 0o777 != PRIVATE_FOLDER:
            path.chmod(PRIVATE_FOLDER)
    except OSError as error:
        advice = "Choose another with --home, or make it a folder of yours."
        raise BadHome(f"{path} cannot be used as a folder ({error.strerror}).", advice) from error
    return path


def write(path: Path, content: str, *, durable: bool = False) -> bool:
    """Make `path` (mode 600) hold `content`; False where it did already. `durable` waits for the disk."""
    try:
        if path.read_text(encoding="utf-8") == content and path.stat().st_mode & 0o777 == PRIVATE_FILE:
            return False
    except (OSError, UnicodeDecodeError):
        pass  # there is none, or it is broken: it is written now
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return True


def write_json(path: Path, value: Mapping[str, Any], *, durable: bool = False) -> bool:
    """`write` for a mapping."""
    return write(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n", durable=durable)


def read_json(path: Path) -> dict[str, Any] | None:
    """The mapping in `path`; None where there is no such file or it holds none."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None
