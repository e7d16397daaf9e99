"""What `parvis up` keeps running (`Part`) and what it does once on the way (`Step`). Data only: `supervisor` runs them.

`parts` lists those of Parvis.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

#: Answers whether the part does its work, within its own bound; never raises for a part that does not.
Probe = Callable[[], Awaitable[bool]]


class State(StrEnum):
    """What a part is doing."""

    WAITING = "waiting"  # for what it needs
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"  # it died, and is started again after a pause
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Restart:
    """When and how often a part that dies is started again. All in seconds, but `tries`.

    The pause doubles from `first` to `longest` each time that the part dies younger than `young`. A part that was never
    ready is given up after `tries` deaths: then something is wrong that a restart does not mend.
    """

    first: float = 0.5
    longest: float = 30.0
    young: float = 20.0
    tries: int = 3

    def pause_after(self, pause: float, lived: float) -> float:
        """The pause that follows `pause`, for a part that has lived so long."""
        return min(max(pause * 2, self.first), self.longest) if lived < self.young else self.first


@dataclass(frozen=True, slots=True)
class Part:
    """One process. `needs` must be ready first; `title` says in a few words what it is for.

    `ports` (on loopback) are checked to be free before it is started. `probe` says when it does its work; without one
    it does as soon as it runs. It is told to end by `stop_signal` and killed `stop_seconds` later.
    """

    name: str
    title: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()
    ports: tuple[int, ...] = ()
    probe: Probe | None = None
    folder: Path | None = None
    start_seconds: float = 90.0
    stop_signal: int = 15
    stop_seconds: float = 10.0
    restart: Restart = Restart()


@dataclass(frozen=True, slots=True)
class Step:
    """Something that is done once on the way. `work` raises `ParvisError` where it cannot be done."""

    name: str
    title: str
    work: Callable[[], Awaitable[None]]
    needs: frozenset[str] = frozenset()


Work = Part | Step
