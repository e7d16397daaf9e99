"""The errors of the command line. Each says what happened and, in `advice`, what a person can do about it."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What a command's exit code says."""

    OK = 0
    #: Something that was to be done, or to hold, did not.
    FAILED = 1
    #: The command was not written as it should be (click's own code).
    USAGE = 2
    #: Parvis does not run here, or, for `up`, it runs here already or something else has its ports.
    NOT_NOW = 3
    #: It runs, but not all of it.
    DEGRADED = 4
    #: Ctrl-C, as a shell counts it.
    INTERRUPTED = 130


class ParvisError(Exception):
    """The base of what `parvis` raises. `str()` says what happened, `advice` what to do ("" where nothing helps)."""

    exit_code = Exit.FAILED

    def __init__(self, what: str, advice: str = "") -> None:
        super().__init__(what)
        self.advice = advice


class NotRunning(ParvisError):
    """A command needs a Parvis that runs, and none does in this home."""

    exit_code = Exit.NOT_NOW


class AlreadyRunning(ParvisError):
    """Another supervisor has this home."""

    exit_code = Exit.NOT_NOW


class PortTaken(ParvisError):
    """Something else listens where a part of ours should."""

    exit_code = Exit.NOT_NOW


class BadHome(ParvisError):
    """The data home cannot be used as it is."""


class NotStarted(ParvisError):
    """A part did not become ready, so nothing was left running."""
