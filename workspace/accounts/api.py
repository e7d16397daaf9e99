"""The API about oneself, and, for services, about Matrix ids."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contract.errors import InvalidValue
from contract.ids import MatrixId, matrix_id
from workspace.accounts import linking, service_accounts
from workspace.accounts.asking import signed_in
from workspace.accounts.models import LANGUAGES, MatrixIdentity, User
from workspace.api.errors import Problem
from workspace.api.reading import Body, read, read_query
from workspace.api.services import Scope, ServiceView

#: Matrix ids that one question may name: a large room.
MAX_MATRIX_IDS = 5_000


class MatrixIdField(serializers.CharField):
    """`@name:server`."""

    default_error_messages = {"form": gettext_lazy("A Matrix id is written @name:server.")}  # noqa: RUF012  # DRF's own idiom

    def to_internal_value(self, data: Any) -> MatrixId:
        """The parsed id."""
        try:
            return matrix_id(super().to_internal_value(data))
        except InvalidValue:
            self.fail("form")


class MeSerializer(Body, serializers.ModelSerializer[User]):
    """Oneself."""

    class Meta:
        model = User
        fields = ("id", "sub", "email", "full_name", "short_name", "language")
        read_only_fields = ("id", "sub", "email", "full_name", "short_name")


class IdentitySerializer(serializers.ModelSerializer[MatrixIdentity]):
    """A Matrix id of one's own."""

    class Meta:
        model = MatrixIdentity
        fields = ("id", "matrix_id", "linked_at")


class MeView(APIView):
    """Oneself."""

    @extend_schema(operation_id="me_retrieve", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """Who is signed in."""
        return Response(MeSerializer(signed_in(request)).data)

    @extend_schema(operation_id="me_update", request=MeSerializer, responses=MeSerializer)
    def patch(self, request: Request) -> Response:
        """Choose the language (`fr`, `en`, or none for the browser's)."""
        serializer = MeSerializer(signed_in(request), data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data)


class IdentitiesView(APIView):
    """One's Matrix ids."""

    @extend_schema(operation_id="me_identities_list", responses=IdentitySerializer(many=True))
    def get(self, request: Request) -> Response:
        """The Matrix ids that are linked to oneself."""
        return Response(IdentitySerializer(signed_in(request).matrix_identities.all(), many=True).data)


class IdentityView(APIView):
    """One of one's Matrix ids."""

    @extend_schema(operation_id="me_identities_destroy", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Unlink it: what one had by its rooms ends at once."""
        linking.unlink(get_object_or_404(MatrixIdentity, pk=pk, user=request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)


class MatrixIdsSerializer(Body):
    """A question about several Matrix ids."""

    matrix_ids = serializers.ListField(child=MatrixIdField(), max_length=MAX_MATRIX_IDS)


class OneMatrixIdSerializer(Body):
    """Something about one Matrix id."""

    matrix_id = MatrixIdField()


class LanguageSerializer(OneMatrixIdSerializer):
    """What language the person of a Matrix id wants."""

    language = serializers.ChoiceField(choices=LANGUAGES)


class KnownIdentitySerializer(serializers.Serializer[Any]):
    """What is known of a Matrix id."""

    linked = serializers.BooleanField()
    language = serializers.CharField(allow_null=True)


class LookupAnswerSerializer(serializers.Serializer[Any]):
    """What is known of each."""

    identities = serializers.DictField(child=KnownIdentitySerializer())


class OfferSerializer(serializers.Serializer[Any]):
    """A one-time address."""

    url = serializers.URLField()
    expires_at = serializers.DateTimeField()


class IdentitiesServiceView(ServiceView):
    """What services may ask and do about Matrix ids."""

    scope = Scope.IDENTITIES


class LookupView(IdentitiesServiceView):
    """Whether Matrix ids are linked."""

    @extend_schema(operation_id="identities_lookup", request=MatrixIdsSerializer, responses=LookupAnswerSerializer)
    def post(self, request: Request) -> Response:
        """For each Matrix id, whether it is linked and what language its person chose."""
        asked = read(MatrixIdsSerializer, request)["matrix_ids"]
        known = linking.people(asked)
        answer = {
            mxid: {"linked": mxid in known, "language": (known[mxid].language or None) if mxid in known else None}
            for mxid in asked
        }
        return Response({"identities": answer})


class OfferView(IdentitiesServiceView):
    """One-time addresses."""

    @extend_schema(operation_id="identities_offer", request=OneMatrixIdSerializer, responses={201: OfferSerializer})
    def post(self, request: Request) -> Response:
        """An address that links a Matrix id to whoever opens it signed in. Only its Matrix id may learn it."""
        token, made = linking.offer(read(OneMatrixIdSerializer, request)["matrix_id"])
        url = f"{settings.PARVIS.url.rstrip('/')}/link/{token}/"
        return Response({"url": url, "expires_at": made.expires_at}, status=status.HTTP_201_CREATED)


class UnlinkView(IdentitiesServiceView):
    """Unlinking from the Matrix side."""

    @extend_schema(operation_id="identities_unlink", request=OneMatrixIdSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Forget whose a Matrix id is."""
        asked = read(OneMatrixIdSerializer, request)["matrix_id"]
        linking.person(asked)
        linking.unlink(MatrixIdentity.objects.select_related("user").get(matrix_id=asked))
        return Response(status=status.HTTP_204_NO_CONTENT)


class LanguageView(IdentitiesServiceView):
    """A person's language, from the Matrix side."""

    @extend_schema(operation_id="identities_language", request=LanguageSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Choose the language of the person of a Matrix id."""
        asked = read(LanguageSerializer, request)
        user = linking.person(asked["matrix_id"])
        user.language = asked["language"]
        user.save(update_fields=["language"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class PersonSerializer(serializers.ModelSerializer[User]):
    """Somebody to share with."""

    name = serializers.CharField()

    class Meta:
        model = User
        fields = ("id", "name", "email")


class PeopleAsked(serializers.Serializer[Any]):
    """Who is looked for."""

    q = serializers.CharField(allow_blank=True, max_length=255, default="")


class UsersView(APIView):
    """People to share with."""

    @extend_schema(operation_id="users_list", parameters=[PeopleAsked], responses=PersonSerializer(many=True))
    def get(self, request: Request) -> Response:
        """People whose name has `?q=` (three characters at least) or whose address it is; ten at most."""
        words = read_query(PeopleAsked, request)["q"]
        if len(words) < 3:
            raise Problem(400, "too_short", _("Write at least three characters."))
        found = service_accounts.to_share_with()
        found = found.filter(email__iexact=words) if "@" in words else found.filter(full_name__icontains=words)
        return Response(PersonSerializer(found.order_by("full_name")[:10], many=True).data)
