"""What one allows, and every use, over HTTP: `/api/v1.0/me/delegations/`, `/api/v1.0/me/uses/`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contract.grants import Act
from contract.resources import link
from workspace.accounts.asking import signed_in
from workspace.api.pages import PagedView
from workspace.api.reading import Body, read
from workspace.grants import book, delegations
from workspace.grants.models import ACTS, Delegation, Use


class DelegationSerializer(serializers.ModelSerializer[Delegation]):
    """An application may do this until then."""

    class Meta:
        model = Delegation
        fields = ("id", "service", "act", "granted_at", "expires_at")


class GivenSerializer(Body):
    """Which application is allowed what."""

    service = serializers.CharField(max_length=100)
    act = serializers.ChoiceField(choices=ACTS)


class UseSerializer(serializers.ModelSerializer[Use]):
    """One use. `item` is an address, null where there was none or it may not be read; `refused` says why, if it was."""

    item = serializers.SerializerMethodField()

    class Meta:
        model = Use
        fields = ("id", "at", "service", "what", "act", "item", "room", "refused")

    def get_item(self, use: Use) -> str | None:
        """Where a person opens it."""
        item = self.context["items"].get(use.item)
        return link(settings.PARVIS.url, item.resource) if item else None


class DelegationsView(APIView):
    """What one allows."""

    @extend_schema(operation_id="me_delegations_list", responses=DelegationSerializer(many=True))
    def get(self, request: Request) -> Response:
        """What counts now: neither revoked nor past its end."""
        return Response(DelegationSerializer(delegations.living(signed_in(request)), many=True).data)

    @extend_schema(operation_id="me_delegations_give", request=GivenSerializer, responses={201: DelegationSerializer})
    def post(self, request: Request) -> Response:
        """Let an application do one kind of act, for 180 days."""
        user, asked = signed_in(request), read(GivenSerializer, request)
        [offer] = delegations.chosen([delegations.Offer(asked["service"], Act(asked["act"])).value], user)
        given = delegations.give(user, offer.service, offer.act)
        return Response(DelegationSerializer(given).data, status=status.HTTP_201_CREATED)


class DelegationView(APIView):
    """One of what one allows."""

    @extend_schema(operation_id="me_delegations_revoke", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Revoke it: it allows nothing from now on."""
        delegations.revoke(get_object_or_404(Delegation, pk=pk, user=request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)


class UsesView(PagedView):
    """The book of uses."""

    @extend_schema(operation_id="me_uses_list", responses=UseSerializer(many=True))
    def get(self, request: Request) -> Response:
        """What applications did for one or tried to, the latest first."""
        user = signed_in(request)

        def show(some: list[Use]) -> Any:
            return UseSerializer(some, many=True, context={"items": book.readable(user, some)}).data

        return self.page_of(Use.objects.filter(user=user), show)
