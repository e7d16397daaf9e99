"""What an operator sets in the environment of `parvis up`, and what is passed on to the parts."""

from __future__ import annotations

import os
from collections.abc import Mapping

from contract.environment import BadSettings, Environment
from parvis.errors import ParvisError

_PREFIX = "PARVIS_"
#: Settings of the command line itself, and those that it passes on; a part's other settings are made by `parts`.
_OURS = frozenset({"HOME", "LOG_LEVEL"})
_PASSED_ON = frozenset(
    {
        *("BRIDGE_MIN_TRUST", "BRIDGE_LANGUAGE", "BRIDGE_COALESCE_SECONDS", "BRIDGE_FLOODS", "BRIDGE_MAX_FILE_MIB"),
        *("FIND_MIN_TRUST", "FIND_LANGUAGE", "COURIER_MIN_TRUST", "COURIER_LANGUAGE"),
    }
)


def check(variables: Mapping[str, str] = os.environ) -> None:
    """Raises `ParvisError` for a variable that would do nothing: no slip in a security setting is to be lost."""
    try:
        Environment(variables, _PREFIX, _OURS | _PASSED_ON)
    except BadSettings as error:
        names = ", ".join(sorted(_PREFIX + name for name in _PASSED_ON))
        raise ParvisError(str(error), f"parvis passes on {names}; it makes a part’s other settings itself.") from error


def passed_on(prefix: str, variables: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What is passed on to the part whose settings begin with `prefix`."""
    names = [_PREFIX + name for name in _PASSED_ON]
    return {name: variables[name] for name in names if name.startswith(prefix) and name in variables}


def log_level() -> str:
    """What the parts log."""
    return os.environ.get("PARVIS_LOG_LEVEL", "INFO")
