"""Secrets: generated once, one a file, for nobody else to read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def folder(path: Path) -> Path:
    """`path` as a folder of mode 700, made where it is missing, with what is above it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def write(path: Path, content: str) -> Path:
    """`content` in a file of mode 600, whole or not at all."""
    folder(path.parent)
    draft = path.with_name(f".{path.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
    draft.replace(path)
    return path


def once(path: Path, content: str | None = None) -> Path:
    """The file with a secret in it: the one that is there, else a new one (`content`, or 32 random bytes)."""
    if not path.exists():
        write(path, content or secrets.token_urlsafe(32))
    return path


def read(path: Path) -> str:
    """The secret in `path`."""
    return path.read_text().strip()
