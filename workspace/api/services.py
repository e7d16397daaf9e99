"""Services of ours (the bridge, the bots): a bearer token each, and what it may be used for.

The workspace holds the SHA-256 of a token, never the token: a copy of its disk lets nobody in.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from contract.grants import Act
from workspace.api.errors import Problem
from workspace.config import BadEnvironment, Config, ServiceCredential

logger = logging.getLogger(__name__)


class Scope(StrEnum):
    """What a service may be allowed to do."""

    AUDIENCE = "audience"
    IDENTITIES = "identities"
    INTROSPECT = "introspect"
    ROOMS = "rooms"


@dataclass(frozen=True)
class Service:
    """A service that has proved who it is. `acts` is what people can allow it to do for them.

    `encrypt_to` is a JWK as JSON, or empty.
    """

    name: str
    scopes: frozenset[Scope]
    acts: frozenset[Act] = frozenset()
    encrypt_to: str = ""


class Known:
    """The services of a configuration, read again when its file has changed: a token is rotated without a restart."""

    def __init__(self, parvis: Config) -> None:
        self._parvis = parvis
        self._read_at: tuple[int, ...] | None = None
        self._services: dict[str, Service] = {}

    def by_token(self) -> dict[str, Service]:
        """The services by the SHA-256 of their tokens. A file that cannot be read leaves those that were known."""
        now = self._changed_at()
        if now != self._read_at:
            self._read_at = now
            try:
                self._services = {one.token_sha256: _service(one) for one in self._parvis.services()}
            except BadEnvironment as error:
                logger.error("services.unreadable error=%s", error)
        return self._services

    def _changed_at(self) -> tuple[int, ...]:
        try:
            stat = Path(self._parvis.services_file).stat()
        except OSError:
            return ()
        return stat.st_mtime_ns, stat.st_size, stat.st_ino


_known = Known(settings.PARVIS)


def _service(credential: ServiceCredential) -> Service:
    scopes = frozenset(Scope(scope) for scope in credential.scopes)
    return Service(credential.name, scopes, credential.acts, credential.encrypt_to)


def acting() -> list[Service]:
    """The services that act for people, if they allow it; by name."""
    return sorted((one for one in _known.by_token().values() if one.acts), key=lambda one: one.name)


def of_token(token: bytes) -> Service | None:
    """Whose `token` is. Every known one is compared, in constant time."""
    return of_digest(digest(token))


def digest(token: bytes) -> str:
    """What is kept of a service's token: its SHA-256."""
    return hashlib.sha256(token).hexdigest()


def of_digest(wanted: str) -> Service | None:
    """Whose the token of that `digest` is now."""
    found = None
    for sha256, service in _known.by_token().items():
        if secrets.compare_digest(sha256, wanted):
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
    authentication_classes: Sequence[type[BaseAuthentication]] = (ServiceAuthentication,)
    permission_classes: Sequence[Any] = (HasScope,)

    @property
    def asking(self) -> Service:
        """The service that asks. `HasScope` has let nobody else in."""
        service = self.request.auth
        if not isinstance(service, Service):
            raise NotAuthenticated
        return service
