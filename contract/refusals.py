"""What an answer of the workspace that is no success means, as an error."""

from __future__ import annotations

import httpx

from contract.errors import (
    Conflict,
    Forbidden,
    NotAllowed,
    NotFound,
    NotLinked,
    Refused,
    TokenRefused,
    Unavailable,
)

#: Seconds after which to try again where our credential is not taken: an operator has to mend it.
_OPERATORS_TIME = 10.0
#: Seconds of waiting that an answer may ask for.
_LONGEST_WAIT = 3600.0
_OF_TOKENS = ("unknown_token", "expired_token", "spent_token")
_BY_CODE: dict[str, type[Refused]] = {
    "not_linked": NotLinked,
    "not_found": NotFound,
    "not_allowed": NotAllowed,
    "revoked": NotAllowed,
    "role_needed": Forbidden,
    "not_yours": Refused,
    "guests_not_taken": Refused,
    **dict.fromkeys(
        (*_OF_TOKENS, "other_service", "other_act", "other_target", "other_room", "other_type", "too_large"),
        TokenRefused,
    ),
}


def refusal(response: httpx.Response) -> Refused | Unavailable:
    """The error that an answer other than 2xx is. Its body must have been read."""
    status = response.status_code
    try:
        problem = response.json()
        code, message = str(problem["code"]), str(problem["message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        # Not the workspace's words: something before it answers (a proxy, say), and knows nothing of what was asked.
        return Unavailable("unexpected", f"the workspace answered {status}", status, _seconds(response))
    if status == 429 or status >= 500:
        return Unavailable(code, message, status, _seconds(response))
    if code in _BY_CODE:
        return _BY_CODE[code](code, message, status)
    if status in (401, 403):
        return Unavailable(code, "the workspace does not take our credential", status, _OPERATORS_TIME)
    return (Conflict if status in (409, 412) else Refused)(code, message, status)


def _seconds(response: httpx.Response) -> float:
    """When to try again: as the answer says, if it says so in seconds, and within an hour."""
    try:
        said = float(response.headers.get("Retry-After", "1"))
    except ValueError:
        return 1.0
    return min(said, _LONGEST_WAIT) if said >= 0 else 1.0
