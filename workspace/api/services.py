"""Services of ours (the bridge, the bots): a bearer token each, and what it may be used for.

The workspace holds the SHA-256 of a token, never the token: a copy of its disk lets nobody in.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from workspace.api.errors import Problem


class Scope(StrEnum):
    """What a service may be allowed to do."""

    AUDIENCE = "audience"
    IDENTITIES = "identities"
    ROOMS = "rooms"
    SEARCH = "search"


@dataclass(frozen=True)
class Service:
    """A service that has proved who it is."""

    name: str
    scopes: frozenset[Scope]


@cache
def known() -> dict[str, Service]:
    """The configured services by the SHA-256 of their tokens."""
    return {
        credential.token_sha256: Service(credential.name, frozenset(Scope(scope) for scope in credential.scopes))
        for credential in settings.PARVIS.services()
    }


def of_token(token: bytes) -> Service | None:
    """Whose `token` is. Every known one is compared, in constant time."""
    digest = hashlib.sha256(token).hexdigest()
    found = None
    for sha256, service in known().items():
        if secrets.compare_digest(sha256, digest):
            found = service
    return found


class ServiceAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>` of a service. `request.auth` is the `Service`; there is no person."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Service] | None:
        """The service, or None where no bearer token was sent."""
        words = get_authorization_header(request).split()
        if len(words) != 2 or words[0].lower() != b"bearer":
            return None
        service = of_token(words[1])
        if service is None:
            raise Problem(401, "unknown_service", _("This credential is not known here."))
        return AnonymousUser(), service

    def authenticate_header(self, request: Request) -> str:
        """What makes DRF answer 401."""
        return "Bearer"


class HasScope(BasePermission):
    """The service may do what the view's `scope` says."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether it may."""
        return isinstance(request.auth, Service) and view.scope in request.auth.scopes  # type: ignore[attr-defined]


class ServiceView(APIView):
    """A view for services only. Each says its `scope`."""

    scope: Scope
    authentication_classes = (ServiceAuthentication,)
    permission_classes = (HasScope,)

    @property
    def asking(self) -> Service:
        """The service that asks. `HasScope` has let nobody else in."""
        service = self.request.auth
        if not isinstance(service, Service):
            raise NotAuthenticated
        return service
