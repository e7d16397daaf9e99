"""The errors of the contract. Each says what happened and, where there is something, what to do about it."""

from __future__ import annotations


class ContractError(Exception):
    """The base of everything that `contract` raises."""


class InvalidValue(ContractError, ValueError):
    """A value from outside is not of the agreed form. `field` names it, `advice` says what is expected."""

    def __init__(self, field: str, advice: str) -> None:
        super().__init__(f"{field}: {advice}")
        self.field = field
        self.advice = advice


class WorkspaceError(ContractError):
    """The workspace did not do what was asked. `code` is the API's, `message` is in the language that was asked for."""

    def __init__(self, code: str, message: str, status: int) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class Refused(WorkspaceError):
    """The workspace understood and will not do it (4xx): asking again gives the same answer."""


class NotLinked(Refused):
    """The Matrix id on whose behalf something was asked belongs to no account."""


class NotAllowed(Refused):
    """The person has not allowed the application to do this for them, or no longer: they can on their account page."""


class Forbidden(Refused):
    """The person may know the item, but not do this with it: they lack the role."""


class TokenRefused(Refused):
    """A scenario token does not open this: `code` says which of its bounds was passed. Its owner is shown it."""


class NotFound(Refused):
    """There is no such thing, or it may not be known to whoever asked: the two are not told apart."""


class Conflict(Refused):
    """It is so already, or it changed in between (409, 412)."""


class Unavailable(WorkspaceError):
    """The workspace could not be reached or failed (no answer, none of its own or none that makes sense, 429, 5xx), or
    does not take our credential (401, 403), which an operator can mend: try again after `retry_after` seconds.
    """

    def __init__(self, code: str, message: str, status: int, retry_after: float = 1.0) -> None:
        super().__init__(code, message, status)
        self.retry_after = retry_after
