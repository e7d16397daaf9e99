"""The two secrets that the bridge makes for itself, each in a file of its own that nobody else may read.

The pickle key opens the stored keys; the recovery key opens the identity's seeds in the homeserver's secret storage.
Keep a copy of both apart from the database's backup: a database without its pickle key is worthless.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path


class BadSecret(Exception):
    """A secret's file cannot be used. The text names the file and says what to do, and holds no secret."""


class SecretFiles:
    """The folder of the secrets (mode 700), with one file (mode 600) a secret."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def pickle_key(self) -> str:
        """What the stored keys are encrypted with; made at the first call. Raises `BadSecret`."""
        made = self._read("pickle_key")
        if made is None:
            made = secrets.token_urlsafe(32)
            self._write("pickle_key", made)
        return made

    def recovery_key(self) -> str | None:
        """The recovery key of the bridge's identity, where there is one. Raises `BadSecret`."""
        return self._read("recovery_key")

    def put_recovery_key(self, key: str) -> None:
        """Keep it, before it is used. Raises `BadSecret`."""
        self._write("recovery_key", key)

    def _read(self, name: str) -> str | None:
        path = self._folder / name
        try:
            value = path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise BadSecret(f"{path} cannot be read; put it back from a backup") from error
        if not value:
            raise BadSecret(f"{path} is empty; put it back from a backup")
        return value

    def _write(self, name: str, value: str) -> None:
        """All of it or nothing, whatever happens, and readable by nobody else at any time."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.chmod(0o700)
            handle, temporary = tempfile.mkstemp(dir=self._folder, prefix=f".{name}.")
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(value + "\n")
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).rename(self._folder / name)
        except OSError as error:
            raise BadSecret(f"{self._folder / name} cannot be written ({error.strerror})") from error
