"""Who asks: a person with a session, or a service with a credential."""

from __future__ import annotations

from rest_framework import authentication
from rest_framework.request import Request


class SessionAuthentication(authentication.SessionAuthentication):
    """DRF's, with 401 instead of 403 for whoever is not signed in."""

    def authenticate_header(self, request: Request) -> str:
        """What makes DRF answer 401."""
        return "Session"
