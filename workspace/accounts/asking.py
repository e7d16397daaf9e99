"""Who asks: the signed-in person of a request, for every view that is only for people who are signed in."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from rest_framework.request import Request

from workspace.accounts.models import User


def signed_in(request: HttpRequest | Request) -> User:
    """The person who asks. Raises `PermissionDenied` where there is none: a view whose guard was forgotten.

    The guards (`pages.views.page` and `form`; the permissions of the API) come first, and say how to sign in.
    """
    user = request.user
    if not user.is_authenticated:
        raise PermissionDenied
    return user
