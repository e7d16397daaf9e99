"""Writes files so that a crash leaves the old or the new one, never a half, and remembers what it changed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

SECRET = 0o600
PUBLIC = 0o644
_FOLDER = 0o700


class Writer:
    """Writes below one folder. `changes` lists, in words and in order, what was not so before.

    With `dry` it writes nothing, and `changes` lists what would be.
    """

    def __init__(self, root: Path, *, dry: bool = False) -> None:
        self.root = root
        self._dry = dry
        self.changes: list[str] = []

    def folder(self, path: Path) -> Path:
        """Makes `path` a folder for its owner alone."""
        if not self._dry:
            path.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
        if path.exists() and _mode(path) != _FOLDER:
            self._permit(path, _FOLDER)
            self._changed(path, "made private")
        return path

    def write(self, path: Path, content: bytes | str, mode: int = PUBLIC) -> None:
        """Makes `path` hold `content` with permission bits `mode`; touches nothing where it does already."""
        wanted = content.encode() if isinstance(content, str) else content
        before = path.read_bytes() if path.exists() else None
        if before != wanted:
            if not self._dry:
                _replace(path, wanted, mode)
            self._changed(path, "made" if before is None else "changed")
        elif _mode(path) != mode:
            self._permit(path, mode)
            self._changed(path, f"permissions set to {mode:o}")

    def _permit(self, path: Path, mode: int) -> None:
        if not self._dry:
            path.chmod(mode)

    def _changed(self, path: Path, how: str) -> None:
        name = path.relative_to(self.root) if path != self.root else Path()
        self.changes.append(f"{name}: {how}")


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def _replace(path: Path, content: bytes, mode: int) -> None:
    """Puts a complete new file in the place of `path`, on the disk before it has the name."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
