"""A part: one process that `parvis up` keeps running. Data only; `supervisor` runs it, `parts` lists them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

#: Answers whether the part does its work, within its own bound; never raises for a part that does not.
Probe = Callable[[], Awaitable[bool]]


class State(StrEnum):
    """What a part is doing."""

    WAITING = "waiting"  # for the parts that it needs
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"  # it died, and is started again after a pause
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Part:
    """One process. `needs` are the parts that must be ready first; `once` ends by itself, and its end is its readiness.

    `ports` are checked to be free before it is started. `title` says in a few words what it is for.
    """

    name: str
    title: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()
    ports: tuple[int, ...] = ()
    probe: Probe | None = None
    once: bool = False
    folder: Path | None = None
    start_seconds: float = 90.0
    stop_seconds: float = 12.0
