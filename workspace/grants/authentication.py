"""Who presents a scenario token: a service that has proved, beside it, that it is the one that traded it.

`Authorization: Bearer <scenario token>` and `Parvis-Service: Bearer <service credential>`. A token without the
credential of its service opens nothing, and neither does the credential without a token.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from contract.grants import SERVICE_HEADER, Act
from workspace.api import services
from workspace.api.services import Service
from workspace.grants import uses
from workspace.grants.errors import Misuse
from workspace.grants.models import ScenarioToken, Use
from workspace.grants.trading import digest


@dataclass(frozen=True)
class Presented:
    """A token in the hands of its service. What it opens is said by `using.use`."""

    token: ScenarioToken
    service: Service
    #: The digest of the credential that the service proved itself with.
    credential: str = ""


class ScenarioAuthentication(BaseAuthentication):
    """`request.auth` is what is `Presented`. There is no person yet: only a use that is admitted gives one."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Presented] | None:
        """What is presented, or None where no token was sent. Raises `Misuse`."""
        sent = _bearer(get_authorization_header(request))
        if sent is None:
            return None
        token = find(sent)
        if token is None:
            raise Misuse("unknown_token")
        credential = _bearer(request.headers.get(SERVICE_HEADER, "").encode("latin-1", "replace"))
        service = None if credential is None else services.of_token(credential)
        if service is None or service.name != token.delegation.service:
            name = service.name if service else ""
            uses.of_token(token, name, Use.What.USE, Act(token.delegation.act), refused="other_service")
            raise Misuse("other_service")
        return AnonymousUser(), Presented(token, service, services.digest(credential or b""))

    def authenticate_header(self, request: Request) -> str:
        """What makes DRF answer 401."""
        return "Bearer"


class Presents(BasePermission):
    """A token of its own is presented."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether one is."""
        return isinstance(request.auth, Presented)


class ScenarioView(APIView):
    """A view that does one act for a person, by a scenario token. It calls `using.use` before anything else."""

    authentication_classes = (ScenarioAuthentication,)
    permission_classes = (Presents,)


def presented(request: Request) -> Presented:
    """What `ScenarioAuthentication` has let in; `Presents` lets in nothing else."""
    if not isinstance(request.auth, Presented):
        raise NotAuthenticated
    return request.auth


def find(token: bytes) -> ScenarioToken | None:
    """The token of these bytes, as it is now."""
    rows = ScenarioToken.objects.select_related("delegation__user")
    return rows.filter(token_sha256=digest(token.decode("latin-1"))).first()


def _bearer(header: bytes) -> bytes | None:
    words = header.split()
    return words[1] if len(words) == 2 and words[0].lower() == b"bearer" else None
