"""What the parts are doing, as values, and as `run/status.json` for the commands that only look."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

from parvis.errors import Exit
from parvis.files import read_json, write_json
from parvis.layout import Layout
from parvis.lock import holder
from parvis.part import State


class Phase(StrEnum):
    """What all of it is doing."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class PartStatus:
    """One part or step. `since` is when its state began (seconds since 1970), `ready_seconds` how long it took.

    `problem` is what went wrong last, in words, `warning` what is not well though it does its work; `step` is set for
    what is done once.
    """

    name: str
    title: str
    state: State
    pid: int | None = None
    restarts: int = 0
    since: float = 0.0
    ready_seconds: float | None = None
    problem: str | None = None
    warning: str | None = None
    step: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """All of it. `pid` is the supervisor's, None where none runs.

    `failure` is why a start was given up; then `advice` says what to do, and `exit_code` is that of the start.
    """

    pid: int | None
    phase: Phase
    parts: tuple[PartStatus, ...]
    port_shift: int = 0
    since: float = 0.0
    failure: str | None = None
    advice: str = ""
    exit_code: int = Exit.OK

    @property
    def ready(self) -> bool:
        """Whether everything does its work."""
        return self.pid is not None and bool(self.parts) and all(part.state is State.READY for part in self.parts)


def save(layout: Layout, status: Status) -> None:
    """Keep it for others to read, whole or not at all."""
    write_json(layout.status, asdict(status))


def load(layout: Layout) -> Status:
    """What is running now. Parts of a supervisor that is gone are stopped, whatever the file says."""
    pid = holder(layout)
    told = read_json(layout.status) or {}
    try:
        parts = tuple(PartStatus(**{**part, "state": State(part["state"])}) for part in told["parts"])
        phase, shift, since = Phase(told["phase"]), int(told["port_shift"]), float(told["since"])
    except (ValueError, KeyError, TypeError):
        return Status(pid, Phase.STOPPED if pid is None else Phase.STARTING, (), layout.port_shift)
    if pid is None:
        gone = tuple(PartStatus(part.name, part.title, State.STOPPED, step=part.step) for part in parts)
        why = (told.get("failure"), told.get("advice", ""), told.get("exit_code", Exit.FAILED))
        return Status(None, Phase.STOPPED, gone, shift, since, *why)
    if told.get("pid") != pid:  # a new one has just begun, and has not written yet
        return Status(pid, Phase.STARTING, (), layout.port_shift)
    return Status(pid, phase, parts, shift, since)
