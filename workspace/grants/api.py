"""Tokens over HTTP: the exchange, introspection, and what a READ token opens.

The exchange speaks RFC 8693 (and RFC 6749 where it refuses), so that any OAuth client library can do it; each refusal
has our `code` and `message` beside OAuth's `error`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import exceptions
from rest_framework.parsers import FormParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contract.grants import GRANT_TYPE, SUBJECT_TYPE, TOKEN_TYPE, Act
from contract.resources import Kind, link
from workspace.api import services
from workspace.api.errors import Problem
from workspace.api.reading import JSONParser, read
from workspace.api.services import Scope, Service, ServiceAuthentication
from workspace.grants import contents, introspection, shapes, using
from workspace.grants.authentication import ScenarioView
from workspace.grants.errors import TradeRefused
from workspace.grants.trading import Asked, trade
from workspace.sharing import doors

_NO_STORE = {"Cache-Control": "no-store"}


class ActsForPeople(BasePermission):
    """The service is one that acts for people, if they allow it."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether it is."""
        return isinstance(request.auth, Service) and bool(request.auth.acts)


class TokenView(APIView):
    """The exchange of a delegation for a scenario token."""

    authentication_classes = (ServiceAuthentication,)
    permission_classes = (ActsForPeople,)
    parser_classes = (FormParser, JSONParser)

    @extend_schema(
        operation_id="token",
        request={"application/x-www-form-urlencoded": shapes.Exchange, "application/json": shapes.Exchange},
        responses={200: shapes.TokenShape, 400: shapes.OAuthErrorShape},
    )
    def post(self, request: Request) -> Response:
        """A token for one act, for the person of a Matrix id, who must have allowed it to this service."""
        asked = _asked(read(shapes.Exchange, request))
        service = request.auth
        if not isinstance(service, Service):
            raise exceptions.NotAuthenticated
        token, made = trade(service, asked)
        answer = {
            "access_token": token,
            "issued_token_type": TOKEN_TYPE,
            "token_type": "Bearer",
            "expires_in": int((made.expires_at - made.created_at).total_seconds()),
            "scope": asked.act.value,
        }
        return Response(answer, headers=_NO_STORE)

    def handle_exception(self, exc: Exception) -> Response:
        """OAuth's word for it, beside ours."""
        answer = super().handle_exception(exc)
        if isinstance(answer.data, dict) and "code" in answer.data:
            word = exc.error if isinstance(exc, TradeRefused) else _word(answer.status_code)
            answer.data = {"error": word, "error_description": answer.data["message"], **answer.data}
        return answer


class ContentView(ScenarioView):
    """What is in one item, by a READ token that names it."""

    @extend_schema(operation_id="items_content", responses=shapes.ContentShape)
    def get(self, request: Request, pk: UUID) -> Response:
        """A document's Markdown, or what a file is, and where another use of the token downloads it."""
        user = using.use(request, Act.READ, item=pk)
        item = doors.open_item(user, pk)
        answer = {
            "item": str(item.pk),
            "kind": item.kind,
            "title": item.title,
            "url": link(settings.PARVIS.url, item.resource),
            **contents.read(user, Kind(item.kind), item.pk),
        }
        return Response(answer, headers=_NO_STORE)


class IntrospectView(APIView):
    """Whether a token is good, for resource servers (RFC 7662; as a signed JWT RFC 9701)."""

    authentication_classes = (ServiceAuthentication,)
    permission_classes = ()
    parser_classes = (FormParser, JSONParser)

    @extend_schema(
        operation_id="introspect",
        request={"application/x-www-form-urlencoded": shapes.Introspected, "application/json": shapes.Introspected},
        responses={
            (200, "application/json"): shapes.IntrospectionShape,
            (200, introspection.JWT_TYPE): OpenApiResponse(str, description="The same, signed: a JWT of RFC 9701."),
        },
    )
    def post(self, request: Request) -> HttpResponse:
        """Whose it is and for what. It counts as one use, and its owner is shown it. Scope: `introspect`."""
        service = _resource_server(request)
        asked = read(shapes.Introspected, request)
        answer = introspection.answer(asked["token"], service)
        if introspection.JWT_TYPE in request.headers.get("Accept", ""):
            signed = introspection.signed(answer, service)
            return HttpResponse(signed, content_type=introspection.JWT_TYPE, headers=_NO_STORE)
        return Response(answer, headers=_NO_STORE)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Both forms are made here: DRF need not know the other one."""
        return super().perform_content_negotiation(request, force=True)


class JwksView(APIView):
    """The key that introspections are signed with."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(operation_id="jwks", responses=shapes.JwksShape)
    def get(self, request: Request) -> Response:
        """As a JWK set (RFC 7517)."""
        return Response(introspection.public_keys())


def _asked(given: dict[str, Any]) -> Asked:
    if given["grant_type"] != GRANT_TYPE:
        raise TradeRefused("unsupported_grant_type", "invalid", _("Only the exchange of tokens is offered here."))
    if given["subject_token_type"] != SUBJECT_TYPE:
        raise TradeRefused("invalid_request", "invalid", _("The subject of an exchange is a Matrix id."))
    try:
        act = Act(given["scope"])
    except ValueError:
        message = _("There is no such act. There are: %(acts)s.") % {"acts": ", ".join(Act)}
        raise TradeRefused("invalid_scope", "unknown_act", message) from None
    return Asked(
        act=act,
        person=given["subject_token"],
        target=given.get("resource"),
        room=given["room"],
        max_bytes=given.get("max_bytes"),
        media_types=given.get("media_types", ()),
        uses=given["uses"],
        minutes=given["minutes"],
    )


def _word(status: int) -> str:
    """OAuth's word for what is refused whatever was asked."""
    if status >= 500:
        return "temporarily_unavailable"
    return {401: "invalid_client", 403: "unauthorized_client"}.get(status, "invalid_request")


def _resource_server(request: Request) -> Service:
    """Who asks: by `Authorization`, or as django-lasuite has it by its id and secret in the form."""
    service, given = request.auth, request.data if isinstance(request.data, Mapping) else {}
    if service is None:
        service = services.of_token(str(given.get("client_secret", "")).encode())
        if service is not None and service.name != given.get("client_id"):
            service = None
    if not isinstance(service, Service):
        raise Problem(401, "unknown_service", _("This credential is not known here."))
    if Scope.INTROSPECT not in service.scopes:
        raise Problem(403, "forbidden", _("You are not allowed to do this."))
    return service
