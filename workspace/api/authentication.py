"""Who asks: a person with a session, or a service with a credential."""

from __future__ import annotations

from django.utils.translation import gettext as _
from rest_framework import authentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request


class SessionAuthentication(authentication.SessionAuthentication):
    """DRF's, with 401 instead of 403 for whoever is not signed in, and a code for a page that is too old."""

    def authenticate_header(self, request: Request) -> str:
        """What makes DRF answer 401."""
        return "Session"

    def enforce_csrf(self, request: Request) -> None:
        """See `SessionAuthentication.enforce_csrf`."""
        from workspace.api.errors import Problem  # DRF's views, which `errors` needs, need this module first

        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            raise Problem(403, "csrf_failed", _("The page is too old. Load it again.")) from error
