"""Why an application is not let do something for somebody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _

from workspace.errors import Refusal


class NotLinkedYet(Refusal):
    """Somebody without a Matrix identity allows something: no application could ask for them."""

    code = "no_identity"

    @property
    def message(self) -> str:
        """In words."""
        return _("Link a Matrix identity first: applications know you by it.")


class NotOffered(Refusal):
    """No application of that name does such a thing for people."""

    code = "not_offered"
    status = 404

    @property
    def message(self) -> str:
        """In words."""
        return _("No application asks for this. Load the page again.")


class TradeRefused(Refusal):
    """No token is given. `error` is OAuth's word for why (RFC 6749, section 5.2; RFC 8693, section 2.2.2)."""

    status = 400

    def __init__(self, error: str, code: str, message: str) -> None:
        super().__init__(code)
        self.error = error
        self.code = code
        self._message = message

    @property
    def message(self) -> str:
        """In words."""
        return self._message


#: Why a token is refused: the words, by code.
_MISUSES: Final[dict[str, Callable[[], str]]] = {
    "unknown_token": lambda: _("This key is not known here."),
    "other_service": lambda: _("This key belongs to another application."),
    "expired_token": lambda: _("This key is too old. Ask for another."),
    "spent_token": lambda: _("This key has been used as often as it may be. Ask for another."),
    "revoked": lambda: _("The person no longer allows this. They can on their account page."),
    "not_linked": lambda: _("The Matrix identity that this key was given for is no longer linked."),
    "other_act": lambda: _("This key is for something else."),
    "other_target": lambda: _("This key is for another item."),
    "other_room": lambda: _("This key is for another room."),
    "too_large": lambda: _("This is larger than the key allows."),
    "other_type": lambda: _("This is of a type that the key does not allow."),
    "role_needed": lambda: _("The person may not do this with it. Ask an owner for access."),
    "not_found": lambda: _("There is nothing here, or the person has no access to it."),
}
_UNAUTHENTICATED = frozenset({"unknown_token", "expired_token"})


class Misuse(Refusal):
    """A scenario token does not open this. `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.status = 401 if code in _UNAUTHENTICATED else 404 if code == "not_found" else 403

    @property
    def message(self) -> str:
        """In words."""
        return _MISUSES[self.code]()

    @property
    def more(self) -> Mapping[str, Any]:
        """OAuth's own word too (RFC 6750, section 3.1)."""
        return {"error": "invalid_token" if self.status == 401 else "insufficient_scope"}
