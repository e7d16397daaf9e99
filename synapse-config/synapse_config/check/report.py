"""What a check of a federation says: one `Check` for each thing that was tried, in a `Report`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import httpx

from synapse_config.errors import FederationError

#: No single check may take longer, so that a federation that hangs is reported and not waited for.
CHECK_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried. `seen` is what happened, `advice` what to do where it is not `ok` (else "")."""

    name: str
    ok: bool
    tried: str
    seen: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All that was tried, in order."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether the federation is whole and closed, as far as was tried (and something was)."""
        return bool(self.checks) and all(check.ok for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {"ok": self.ok, "checks": [asdict(check) for check in self.checks]}


class Progress(Protocol):
    """Who wants to know meanwhile."""

    def trying(self, name: str, tried: str) -> None:
        """The check `name` begins: `tried` says in words what is done."""

    def checked(self, check: Check) -> None:
        """It has ended."""


class Silent:
    """A `Progress` that tells nobody."""

    def trying(self, name: str, tried: str) -> None:
        """Nothing."""

    def checked(self, check: Check) -> None:
        """Nothing."""


class NotSeen(FederationError):
    """What a check expects did not happen; the message says what did."""


class Recorder:
    """Runs checks one after the other and keeps what they saw."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.checks: list[Check] = []

    async def run(self, name: str, tried: str, advice: str, action: Awaitable[str]) -> bool:
        """Awaits `action`, which returns what it saw or raises; records the check and says whether it is well."""
        self._progress.trying(name, tried)
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                check = Check(name, True, tried, await action)
        except TimeoutError:
            check = Check(name, False, tried, f"nothing within {CHECK_SECONDS:.0f} s", advice)
        except (FederationError, httpx.HTTPError, OSError) as error:
            check = Check(name, False, tried, str(error) or type(error).__name__, advice)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            seen = f"an answer that is not of the agreed form ({type(error).__name__})"
            check = Check(name, False, tried, seen, advice)
        self.checks.append(check)
        self._progress.checked(check)
        return check.ok
