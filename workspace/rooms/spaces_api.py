"""The API of spaces, for the service that keeps their rooms."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from contract.resources import Kind, link
from contract.spaces import MAX_SPACE_ROOMS
from workspace.accounts.api import MAX_MATRIX_IDS, MatrixIdField
from workspace.api.reading import Body, read, read_query
from workspace.rooms import spaces
from workspace.rooms.api import RoomsServiceView
from workspace.rooms.models import Space, SpaceBinding
from workspace.rooms.serializers import RoomsAsked

#: Spaces of one answer. Each may have five hundred rooms.
MAX_SPACES = 50


class SpaceBindingSerializer(serializers.ModelSerializer[SpaceBinding]):
    """All rooms of a space hear of an item and of what hangs under it."""

    item = serializers.UUIDField(source="item_id")
    kind = serializers.ChoiceField(source="item.kind", choices=[kind.value for kind in Kind])
    url = serializers.SerializerMethodField()
    bound_by = serializers.CharField(source="bound_by_matrix_id")

    class Meta:
        model = SpaceBinding
        fields = ("item", "kind", "url", "bound_by", "bound_at")

    def get_url(self, binding: SpaceBinding) -> str:
        """Where a person opens the item."""
        return link(settings.PARVIS.url, binding.item.resource)


class SpaceSerializer(serializers.ModelSerializer[Space]):
    """A space: those of its rooms that are known here, and what it is bound to."""

    rooms = serializers.SlugRelatedField[Any](slug_field="room_id", many=True, read_only=True)
    bindings = SpaceBindingSerializer(many=True)

    class Meta:
        model = Space
        fields = ("space_id", "rooms", "bindings")


class SpacesSerializer(serializers.Serializer[Any]):
    """Spaces of the service; there are more after `next`, if it is not null."""

    spaces = SpaceSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class PutSpaceSerializer(Body):
    """Which rooms are in it, all of them; and who of its members may say so there."""

    rooms = serializers.ListField(child=serializers.CharField(max_length=255), max_length=MAX_SPACE_ROOMS)
    arrangers = serializers.ListField(child=MatrixIdField(), max_length=MAX_MATRIX_IDS)


class AskedInSpaceSerializer(Body):
    """What a person asks for a space, in a room that is in it."""

    on_behalf_of = MatrixIdField()
    asked_in = serializers.CharField(max_length=255)


class BindSpaceSerializer(AskedInSpaceSerializer):
    """Bind it to what `url` opens."""

    url = serializers.CharField(max_length=2_000)


class SpaceSuccessorSerializer(Body):
    """The space that came after this one."""

    space_id = serializers.CharField(max_length=255)


class SpacesView(RoomsServiceView):
    """The spaces of the service that asks."""

    @extend_schema(operation_id="spaces_list", parameters=[RoomsAsked], responses=SpacesSerializer)
    def get(self, request: Request) -> Response:
        """The spaces that this service keeps, by their ids. `next`: there are more after that one."""
        known = spaces.known_to(self.asking.name).filter(space_id__gt=read_query(RoomsAsked, request)["after"])
        page = list(known[: MAX_SPACES + 1])
        shown, more = page[:MAX_SPACES], page[MAX_SPACES:]
        told = SpaceSerializer(shown, many=True).data
        return Response({"spaces": told, "next": shown[-1].space_id if more else None})


class SpaceView(RoomsServiceView):
    """One space."""

    @extend_schema(operation_id="spaces_put", request=PutSpaceSerializer, responses=SpaceSerializer)
    def put(self, request: Request, space: str) -> Response:
        """Say which rooms are in it now, and who may say so there. The first to say so keeps it."""
        told = read(PutSpaceSerializer, request)
        rooms = [self.room(one) for one in told["rooms"]]
        kept = spaces.put(self.asking.name, self.room(space), rooms, told["arrangers"])
        return Response(SpaceSerializer(kept).data)

    @extend_schema(operation_id="spaces_forget", responses={204: None})
    def delete(self, request: Request, space: str) -> Response:
        """The service has left it: what rooms had by it ends."""
        spaces.forget(self.asking.name, self.room(space))
        return Response(status=status.HTTP_204_NO_CONTENT)


class SpaceBindingsView(RoomsServiceView):
    """The bindings of a space."""

    @extend_schema(operation_id="spaces_bind", request=BindSpaceSerializer, responses={201: SpaceBindingSerializer})
    def post(self, request: Request, space: str) -> Response:
        """Bind it, on behalf of somebody who may say what is in it and may read the item."""
        wanted = read(BindSpaceSerializer, request)
        by, asked_in = wanted["on_behalf_of"], self.room(wanted["asked_in"])
        binding = spaces.bind(self.asking.name, self.room(space), wanted["url"], by, asked_in)
        return Response(SpaceBindingSerializer(binding).data, status=status.HTTP_201_CREATED)


class SpaceUnbindView(RoomsServiceView):
    """The end of a binding of a space."""

    @extend_schema(operation_id="spaces_unbind", request=AskedInSpaceSerializer, responses={204: None})
    def post(self, request: Request, space: str, item: UUID) -> Response:
        """End it, on behalf of somebody who may say what is in the space, and may read the item or bound it."""
        wanted = read(AskedInSpaceSerializer, request)
        asked_in = self.room(wanted["asked_in"])
        spaces.unbind(self.asking.name, self.room(space), item, wanted["on_behalf_of"], asked_in)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SpaceSuccessorView(RoomsServiceView):
    """What came after a space."""

    @extend_schema(operation_id="spaces_succeed", request=SpaceSuccessorSerializer, responses=SpaceSerializer)
    def post(self, request: Request, space: str) -> Response:
        """The space was upgraded to another that this service keeps: bindings go over."""
        successor = self.room(read(SpaceSuccessorSerializer, request)["space_id"])
        kept = spaces.succeed(self.asking.name, self.room(space), successor)
        return Response(SpaceSerializer(kept).data)
