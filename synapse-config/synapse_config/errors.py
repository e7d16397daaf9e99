"""The errors of `synapse_config`. Each says what happened and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class FederationError(Exception):
    """The base of everything that `synapse_config` raises."""


class Wrong(FederationError, ValueError):
    """A value is not what its key wants. `what` says how, `advice` what to write instead."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(f"{what}; {advice}")
        self.what = what
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a federation file. `line` counts from 1; `key` is dotted, or "" for the whole file."""

    path: Path
    line: int
    key: str
    what: str
    advice: str

    def __str__(self) -> str:
        key = f"{self.key}: " if self.key else ""
        return f"{self.path}:{self.line}: {key}{self.what}. {self.advice}"


class BadConfig(FederationError):
    """A federation file cannot be used. `problems` holds everything that is wrong in it, in the order of the lines."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class NotRendered(FederationError):
    """What is on the disk cannot be rendered over without losing a key; the message says what to put back."""


class HomeserverError(FederationError):
    """A homeserver did not do what it was asked; the message says which, what, and where to look."""
