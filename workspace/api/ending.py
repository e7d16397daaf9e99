"""What must end before the server can: whoever serves what does not end by itself says how."""

from __future__ import annotations

from collections.abc import Callable

_enders: list[Callable[[], None]] = []


def at_end(ender: Callable[[], None]) -> None:
    """Have `ender` called in the server's loop when it is told to stop."""
    _enders.append(ender)


def end() -> None:
    """The server is told to stop."""
    for ender in _enders:
        ender()
