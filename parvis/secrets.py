"""The secrets of a home: each is made once, in a file of its own that only its owner can read, and is never shown."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path

from parvis.errors import BadHome
from parvis.files import private_folder, write

#: Bytes of randomness of a secret that only programs type.
_BYTES = 32
#: What people type has no characters that are taken for one another, in groups.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 4, 4


@dataclass(frozen=True)
class Secrets:
    """The secrets below one folder. Names are paths such as `services/bridge`.

    Who only looks may make none (`may_make`).
    """

    folder: Path
    may_make: bool = True

    def path(self, name: str) -> Path:
        """The file of a secret, for a part's `*_FILE` variable. It is made where there is none."""
        path = self.folder / name
        if not path.exists():
            self._make(path, secrets.token_urlsafe(_BYTES))
        return path

    def value(self, name: str) -> str:
        """A secret itself; made where there is none. Raises `BadHome` for an empty or unreadable file."""
        path = self.path(name)
        try:
            value = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadHome(f"The secret {path} cannot be read.", "Put it back from a backup.") from error
        if not value:
            raise BadHome(f"The secret {path} is empty.", "Put it back from a backup.")
        return value

    def password(self, name: str) -> str:
        """A secret that people type: made where there is none."""
        path = self.folder / name
        if not path.exists():
            groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
            self._make(path, "-".join(groups))
        return self.value(name)

    def token(self, name: str, prefix: str) -> Path:
        """The file of a secret that starts with `prefix`; made where there is none."""
        path = self.folder / name
        if not path.exists():
            self._make(path, prefix + secrets.token_urlsafe(_BYTES))
        return path

    def sha256(self, name: str) -> str:
        """The SHA-256 of a secret, in hexadecimal."""
        return hashlib.sha256(self.value(name).encode()).hexdigest()

    def _make(self, path: Path, value: str) -> None:
        if not self.may_make:
            raise BadHome(f"The secret {path} is not there.", "Put it back from a backup, or start: parvis up")
        private_folder(self.folder)
        private_folder(path.parent)
        write(path, value + "\n", durable=True)
