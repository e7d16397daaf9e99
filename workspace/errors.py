"""What every service of the workspace raises when it refuses; the API and the pages turn it into words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _


class Refusal(Exception):
    """The base. `code` is the API's, `status` its HTTP status; `message` says what happened and what to do.

    The message is in the current language.
    """

    code = "refused"
    status = 409

    @property
    def message(self) -> str:
        """In words, for whoever asked."""
        return _("This cannot be done.")

    @property
    def more(self) -> Mapping[str, Any]:
        """What the API adds to it for programs, such as a limit."""
        return {}

    def __str__(self) -> str:
        return self.message


class TooMany(Refusal):
    """The same was asked for so often that others would have to wait."""

    code = "too_many"
    status = 429

    @property
    def message(self) -> str:
        """In words, for whoever asked."""
        return _("Too many at once. Try again in a moment.")


class NotFound(Refusal):
    """There is no such thing, or it may not be known to whoever asked: the two are not told apart."""

    code = "not_found"
    status = 404

    @property
    def message(self) -> str:
        """In words, for whoever asked."""
        return _("There is nothing here, or you have no access to it. Ask whoever sent you the link for access.")
