"""Reads a process's settings from the environment, once. An unknown name is an error that suggests the near one."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

from contract.errors import ContractError


class BadSettings(ContractError):
    """The environment does not configure the process; each line says what to set."""


class Environment:
    """The variables that start with `prefix`; `known` is what may follow it."""

    def __init__(self, variables: Mapping[str, str], prefix: str, known: frozenset[str]) -> None:
        self._values = {name: value for name, value in variables.items() if name.startswith(prefix) and value}
        self._prefix = prefix
        unknown = [self._advice(name, known) for name in self._values if name.removeprefix(prefix) not in known]
        if unknown:
            raise BadSettings("\n".join(unknown))

    def text(self, name: str, default: str | None = None) -> str:
        """A value. Raises `BadSettings` where there is none and no default."""
        value = self._values.get(self._prefix + name, default)
        if value is None:
            raise BadSettings(f"{self._prefix}{name} is not set")
        return value

    def one_of(self, name: str, choices: tuple[str, ...], default: str) -> str:
        """A value out of `choices`."""
        value = self.text(name, default)
        if value not in choices:
            raise BadSettings(f"{self._prefix}{name} is one of {', '.join(choices)}, not {value!r}")
        return value

    def path(self, name: str) -> Path:
        """A path."""
        return Path(self.text(name))

    def secret(self, name: str) -> str:
        """The secret in the file that the variable names."""
        path = self.path(name)
        try:
            secret = path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise BadSettings(f"{self._prefix}{name}: {path.name} cannot be read ({error.strerror})") from error
        if not secret:
            raise BadSettings(f"{self._prefix}{name}: {path.name} is empty")
        return secret

    def _advice(self, name: str, known: frozenset[str]) -> str:
        near = difflib.get_close_matches(name, [self._prefix + one for one in known], n=1)
        return f"{name} is not a setting" + (f": did you mean {near[0]}?" if near else "")
