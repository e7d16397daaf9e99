"""Views of what may be public: read by anyone where its link says so, changed by people who are signed in."""

from __future__ import annotations

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.response import Response
from rest_framework.views import APIView

from workspace.errors import NotFound


class PublicView(APIView):
    """Where somebody who is not signed in finds nothing, they are told to sign in: there may be something, or not."""

    permission_classes = (IsAuthenticatedOrReadOnly,)

    def handle_exception(self, exc: Exception) -> Response:
        """See `APIView.handle_exception`."""
        if isinstance(exc, NotFound) and not self.request.user.is_authenticated:
            exc = NotAuthenticated()
        return super().handle_exception(exc)
