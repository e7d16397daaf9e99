"""The search over HTTP, `/api/v1.0/search/`: GET for people, POST for services that ask for somebody.

A service has what it asks by a scenario token that somebody's delegation gave it: act `read`, no target.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contract.answers import Found, Hit
from contract.grants import Act
from contract.resources import Kind
from workspace.accounts import linking
from workspace.accounts.api import MatrixIdField
from workspace.accounts.asking import signed_in
from workspace.accounts.bearer import ServiceAccountAuthentication
from workspace.accounts.models import LANGUAGES, User
from workspace.api.authentication import SessionAuthentication
from workspace.api.errors import Problem
from workspace.api.reading import Body, read, read_query
from workspace.find import service
from workspace.find.engines.base import IndexUnavailable, Order
from workspace.find.engines.words import MAX_CHARACTERS, MAX_TERMS, TooManyWords
from workspace.grants import using
from workspace.grants.authentication import Presents, ScenarioAuthentication

#: People of one audience. A larger room is not searched for: nobody knows any more who reads along.
MAX_AUDIENCE = 5000
_KINDS = [kind.value for kind in Kind]


class Asked(serializers.Serializer[Any]):
    """What a person asks."""

    q = serializers.CharField(allow_blank=True, default="")
    kind = serializers.ChoiceField(choices=_KINDS, required=False)
    order = serializers.ChoiceField(choices=[order.value for order in Order], default=Order.RELEVANCE.value)
    limit = serializers.IntegerField(min_value=1, max_value=service.MAX_LIMIT, default=20)
    offset = serializers.IntegerField(min_value=0, max_value=service.MAX_WINDOW - service.MAX_LIMIT, default=0)


class AskedFor(Body):
    """What a service asks for whoever its token is of; with an `audience`, for all of these to read.

    An audience of nobody is refused: an answer without one may hold what is the asker's alone.
    """

    q = serializers.CharField(allow_blank=True)
    audience = serializers.ListField(
        child=MatrixIdField(), min_length=1, max_length=MAX_AUDIENCE, required=False, allow_null=True
    )
    kind = serializers.ChoiceField(choices=_KINDS, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=service.MAX_LIMIT, default=5)
    language = serializers.ChoiceField(choices=LANGUAGES, required=False, allow_null=True)


class HitShape(serializers.Serializer[Hit]):
    """One found item. `excerpt` is HTML-escaped text in which only `<mark>` is markup."""

    item = serializers.UUIDField()
    kind = serializers.CharField()
    title = serializers.CharField()
    excerpt = serializers.CharField()
    url = serializers.URLField()
    updated_at = serializers.DateTimeField()


class FoundShape(serializers.Serializer[Found]):
    """The first hits and how many there are; where an audience was given, the same of what is for the asker alone."""

    hits = HitShape(many=True)
    total = serializers.IntegerField()
    asker_hits = HitShape(many=True)
    asker_only = serializers.IntegerField()


class SearchView(APIView):
    """The search."""

    def get_authenticators(self) -> list[BaseAuthentication]:
        """A service posts; a person, with a session, and a service account, for itself, get."""
        if self._of_service():
            return [ScenarioAuthentication()]
        return [SessionAuthentication(), ServiceAccountAuthentication()]

    def get_permissions(self) -> list[BasePermission]:
        """See `get_authenticators`."""
        return [Presents() if self._of_service() else IsAuthenticated()]

    @extend_schema(
        operation_id="search",
        parameters=[
            OpenApiParameter("q", str, description='Words, "phrases", -words that must not be there.'),
            OpenApiParameter("kind", str, enum=_KINDS),
            OpenApiParameter("order", str, enum=[order.value for order in Order]),
            OpenApiParameter("limit", int),
            OpenApiParameter("offset", int),
        ],
        responses=FoundShape,
    )
    def get(self, request: Request) -> Response:
        """What the asker has an access to and that has these words."""
        asked = read_query(Asked, request)
        with _refusals():
            found = service.search(
                signed_in(request),
                asked["q"],
                kind=Kind(asked["kind"]) if "kind" in asked else None,
                limit=asked["limit"],
                offset=asked["offset"],
                order=Order(asked["order"]),
            )
        return Response(FoundShape(found).data)

    @extend_schema(operation_id="search_for", request=AskedFor, responses=FoundShape)
    def post(self, request: Request) -> Response:
        """The same, for the person of a scenario token (`read`, without a target) and for an audience."""
        asked = read(AskedFor, request)
        with translation.override(asked.get("language") or translation.get_language()), _refusals():
            return Response(FoundShape(_found_for(using.use(request, Act.READ), asked)).data)

    def _of_service(self) -> bool:
        return self.request is not None and self.request.method == "POST"


def _found_for(asker: User, asked: dict[str, Any]) -> Found:
    audience = asked.get("audience")
    known = linking.people(audience or ())
    kind = Kind(asked["kind"]) if "kind" in asked else None
    if audience is None:
        return service.search(asker, asked["q"], kind=kind, limit=asked["limit"])
    readers = service.Audience(
        members=tuple({user.pk: user for user in known.values()}.values()),
        strangers=any(matrix_id not in known for matrix_id in audience),
    )
    return service.search_for_audience(asker, readers, asked["q"], kind=kind, limit=asked["limit"])


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except TooManyWords as error:
        message = _("A search has at most %(words)d words and %(characters)d characters.")
        limits = {"words": MAX_TERMS, "characters": MAX_CHARACTERS}
        raise Problem(400, "search_too_long", message % limits) from error
    except IndexUnavailable as error:
        message = _("The search is being prepared. Try again in a moment.")
        raise Problem(503, "search_unavailable", message) from error
