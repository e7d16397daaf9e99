"""The API of rooms: for the service that keeps them, and for people who share with one."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from contract.errors import InvalidValue
from contract.grants import Act
from contract.ids import MatrixId, RoomId, room_id
from workspace.accounts.asking import signed_in
from workspace.api.pages import PagedView
from workspace.api.reading import read, read_query
from workspace.api.services import Scope, ServiceView
from workspace.grants import using
from workspace.grants.authentication import ScenarioView, presented
from workspace.rooms import options, service, standing, succession
from workspace.rooms import serializers as shapes
from workspace.rooms.errors import NoSuchRoom
from workspace.sharing.models import Team
from workspace.sharing.roles import Role

#: Rooms of one answer. Each may have a hundred bindings.
MAX_ROOMS = 200


class RoomsServiceView(ServiceView):
    """A view for the service that keeps rooms."""

    scope = Scope.ROOMS

    @staticmethod
    def room(raw: str) -> RoomId:
        """The room that an address names. Raises `NoSuchRoom` for what cannot be one."""
        return _room(raw)


class RoomsView(RoomsServiceView):
    """The rooms of the service that asks."""

    @extend_schema(operation_id="rooms_list", parameters=[shapes.RoomsAsked], responses=shapes.RoomsSerializer)
    def get(self, request: Request) -> Response:
        """The rooms that this service keeps, with their bindings, by their ids. `next`: there are more after that one.

        By ids and not by numbers: a room that goes meanwhile would make a number pass over another.
        """
        rooms = service.known_to(self.asking.name).filter(room_id__gt=read_query(shapes.RoomsAsked, request)["after"])
        page = list(rooms[: MAX_ROOMS + 1])
        shown, more = page[:MAX_ROOMS], page[MAX_ROOMS:]
        return Response(
            {
                "rooms": shapes.RoomSerializer(shown, many=True).data,
                "next": shown[-1].room_id if more else None,
            }
        )


class RoomView(RoomsServiceView):
    """One room."""

    @extend_schema(operation_id="rooms_put", request=shapes.PutRoomSerializer, responses=shapes.RoomSerializer)
    def put(self, request: Request, room: str) -> Response:
        """Say who is joined now. The first to say so keeps the room."""
        told = read(shapes.PutRoomSerializer, request)
        members, moderators = told["members"], told.get("moderators")
        kept = service.put(self.asking.name, self.room(room), members, told.get("language"), moderators)
        return Response(shapes.RoomSerializer(kept).data)

    @extend_schema(operation_id="rooms_forget", responses={204: None})
    def delete(self, request: Request, room: str) -> Response:
        """The service has left it: bindings end, and nobody has anything by it any more."""
        service.forget(self.asking.name, self.room(room))
        return Response(status=status.HTTP_204_NO_CONTENT)


class OptionsView(RoomsServiceView):
    """What a room chose."""

    @extend_schema(operation_id="rooms_options", request=shapes.PutOptionsSerializer, responses=shapes.RoomSerializer)
    def put(self, request: Request, room: str) -> Response:
        """Change some of it, on behalf of a member."""
        changes = dict(read(shapes.PutOptionsSerializer, request))
        by = changes.pop("on_behalf_of")
        return Response(shapes.RoomSerializer(options.choose(self.asking.name, self.room(room), by, changes)).data)


class PersonOptionsView(ServiceView):
    """What a person chose."""

    scope = Scope.IDENTITIES

    @extend_schema(
        operation_id="identities_options",
        request=shapes.PersonOptionsAskedSerializer,
        responses=shapes.PersonOptionsSerializer,
    )
    def post(self, request: Request) -> Response:
        """What the person of a Matrix id chose, after these changes."""
        changes = dict(read(shapes.PersonOptionsAskedSerializer, request))
        chosen = options.of_matrix_id(changes.pop("matrix_id"), changes)
        return Response({"language": chosen.language, "mentions": chosen.mentions.value})


class BindingsView(RoomsServiceView):
    """The bindings of a room."""

    @extend_schema(operation_id="rooms_bind", request=shapes.BindSerializer, responses={201: shapes.BindingSerializer})
    def post(self, request: Request, room: str) -> Response:
        """Bind the room to an item, on behalf of a member who may read it."""
        wanted = read(shapes.BindSerializer, request)
        binding = service.bind(self.asking.name, self.room(room), wanted["url"], wanted["on_behalf_of"])
        return Response(shapes.BindingSerializer(binding).data, status=status.HTTP_201_CREATED)


class UnbindView(RoomsServiceView):
    """The end of a binding."""

    @extend_schema(operation_id="rooms_unbind", request=shapes.UnbindSerializer, responses={204: None})
    def post(self, request: Request, room: str, item: UUID) -> Response:
        """End a binding, on behalf of a member who may read the item or who bound it."""
        service.unbind(self.asking.name, self.room(room), item, read(shapes.UnbindSerializer, request)["on_behalf_of"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class SuccessorView(RoomsServiceView):
    """What came after a room."""

    @extend_schema(operation_id="rooms_succeed", request=shapes.SuccessorSerializer, responses=shapes.RoomSerializer)
    def post(self, request: Request, room: str) -> Response:
        """The room was upgraded to another that this service keeps: bindings and accesses go over."""
        successor = self.room(read(shapes.SuccessorSerializer, request)["room_id"])
        kept = succession.succeed(self.asking.name, self.room(room), successor)
        return Response(shapes.RoomSerializer(kept).data)


class SharersView(RoomsServiceView):
    """Who may share."""

    @extend_schema(operation_id="rooms_sharers", request=shapes.SharersAsked, responses=shapes.SharersSerializer)
    def post(self, request: Request, room: str) -> Response:
        """The members of the room who may give it access to an item."""
        item = read(shapes.SharersAsked, request)["item"]
        return Response({"matrix_ids": standing.sharers(self.asking.name, self.room(room), item)})


class ReadersView(RoomsServiceView):
    """Who may read."""

    @extend_schema(operation_id="rooms_readers", responses=shapes.RoomReadersSerializer)
    def get(self, request: Request, room: str) -> Response:
        """Who of the room may read what it is bound to."""
        told = standing.readers(self.asking.name, self.room(room))
        return Response(shapes.RoomReadersSerializer({"bindings": told}).data)


class ShareView(ScenarioView):
    """What a room is given, because an owner said so in it."""

    @extend_schema(operation_id="rooms_share", request=shapes.ShareSerializer, responses=shapes.SharedSerializer)
    def post(self, request: Request, room: str) -> Response:
        """Give the room's members a role on an item, by a SHARE token of its owner that names both; one use of it."""
        wanted, held, named = read(shapes.ShareSerializer, request), presented(request), _room(room)
        owner = using.use(request, Act.SHARE, item=wanted["item"], room=named)
        role = Role.of_word(wanted["role"])
        by = MatrixId(held.token.matrix_id)
        service.share(held.service.name, named, owner, by, wanted["item"], role)
        return Response({"item": str(wanted["item"]), "role": role.word})


class MyRoomsView(PagedView):
    """Rooms to share with."""

    @extend_schema(operation_id="rooms_mine", responses=shapes.MyRoomSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The rooms that one is in, by a linked Matrix id."""
        rooms = Team.objects.filter(kind=Team.Kind.ROOM, members=signed_in(request))
        mine = rooms.select_related("room").order_by("name", "pk")
        return self.page_of(mine, lambda page: shapes.MyRoomSerializer(page, many=True).data)


def _room(raw: str) -> RoomId:
    try:
        return room_id(raw)
    except InvalidValue:
        raise NoSuchRoom from None
