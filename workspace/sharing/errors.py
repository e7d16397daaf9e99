"""Why somebody cannot have or do what they asked for. `workspace.api.errors` turns these into answers."""

from __future__ import annotations

from django.utils.translation import gettext as _

from workspace.sharing.roles import Role


class SharingError(Exception):
    """The base. `code` is the API's; `message` says what happened and what to do, in the current language."""

    code = "refused"

    @property
    def message(self) -> str:
        return _("This cannot be done.")

    def __str__(self) -> str:
        return self.message


class NotThere(SharingError):
    """There is no such item, or it may not be known to whoever asked: the two are not told apart."""

    code = "not_found"

    @property
    def message(self) -> str:
        return _("There is nothing here, or you have no access to it. Ask whoever sent you the link for access.")


class NotAllowed(SharingError):
    """It may be read, but more is needed. `needed` is the role."""

    code = "forbidden"

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
