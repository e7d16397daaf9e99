"""Why somebody cannot have or do what they asked for."""

from __future__ import annotations

from django.utils.translation import gettext as _

from workspace.errors import NotFound, Refusal
from workspace.sharing.roles import Role


class SharingError(Refusal):
    """The base of what sharing refuses."""


class NotThere(NotFound, SharingError):
    """There is no such item, or it may not be known to whoever asked: the two are not told apart."""


class NotAllowed(SharingError):
    """It may be read, but more is needed. `needed` is the role."""

    code = "forbidden"
    status = 403

    def __init__(self, needed: Role) -> None:
        super().__init__(needed)
        self.needed = needed

    @property
    def message(self) -> str:
        return _("You may read this, but this needs the role “%(role)s”. Ask an owner for it.") % {
            "role": self.needed.label
        }


class NotPossible(SharingError):
    """It would break a rule of the tree. `code` says which, `message` in words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self._message = message

    @property
    def message(self) -> str:
        return self._message
