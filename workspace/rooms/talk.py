"""What is done in rooms to comments, brought by the service that keeps the room: one event, one act, taken in once.

A person's act is brought with a COMMENT token of theirs, which names the document and the room. That of a member
without a linked account is brought with the service's own credential, which opens nothing else with it: they must be
joined to a room which that service keeps and which hears of the document, and the document's owner must take guests.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contract.errors import InvalidValue
from contract.grants import Act
from contract.ids import EventId, MatrixId, RoomId
from contract.talk import MAX_GUEST_NAME, NEEDS, RoomAct
from workspace.accounts import linking
from workspace.accounts.api import MatrixIdField
from workspace.accounts.models import MatrixIdentity
from workspace.api.reading import Body, read
from workspace.comments import from_rooms
from workspace.comments.authors import Author, Guest, Origin
from workspace.comments.errors import GuestIsLinked
from workspace.comments.models import Comment, Taken, Thread
from workspace.comments.shapes import BodyField
from workspace.grants import using
from workspace.grants.authentication import ScenarioView, presented
from workspace.grants.errors import Misuse
from workspace.rooms import service
from workspace.rooms.api import RoomsServiceView
from workspace.rooms.errors import NoSuchRoom, NotMember
from workspace.rooms.models import Room, RoomMember
from workspace.sharing.errors import NotAllowed, NotThere
from workspace.sharing.models import ItemAncestor

#: As the API has them.
ROOM_ACTS = [(act.value, act.value) for act in RoomAct]


class EventField(serializers.CharField):
    """The id of an event of the room."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=255, trim_whitespace=False, **kwargs)


class EventAsked(Body):
    """An event of the room."""

    event_id = EventField()


class DoneAsked(EventAsked):
    """What an event of the room does to a comment on `document`; each act says what it needs, and nothing else."""

    act = serializers.ChoiceField(choices=ROOM_ACTS)
    document = serializers.UUIDField()
    thread = serializers.UUIDField(required=False)
    comment = serializers.UUIDField(required=False)
    target = EventField(required=False)
    text = BodyField(required=False)
    key = serializers.CharField(max_length=64, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The act has what it needs."""
        needs = set(NEEDS[RoomAct(attrs["act"])])
        given = {"thread", "comment", "target", "text", "key"} & set(attrs)
        if wrong := needs ^ given:
            words = _("“%(act)s” says %(needs)s, and nothing else.")
            told = words % {"act": attrs["act"], "needs": ", ".join(sorted(needs))}
            raise serializers.ValidationError(dict.fromkeys(wrong, told))
        return attrs


class GuestDoneAsked(DoneAsked):
    """The same, by a member without a linked account; `name` is what their homeserver calls them."""

    matrix_id = MatrixIdField()
    name = serializers.CharField(max_length=MAX_GUEST_NAME, allow_blank=True, default="")


class TakenSerializer(serializers.Serializer[Any]):
    """What the act was about. Both null: it took back what was never taken in."""

    thread = serializers.UUIDField(allow_null=True)
    comment = serializers.UUIDField(allow_null=True)


class TalkView(ScenarioView):
    """What a linked person did in a room."""

    @extend_schema(operation_id="rooms_talk", request=DoneAsked, responses=TakenSerializer)
    def post(self, request: Request, room: str) -> Response:
        """Take it in as theirs, by a COMMENT token that names document and room; one use of it."""
        done, held, named = read(DoneAsked, request), presented(request), RoomsServiceView.room(room)
        author = using.use(request, Act.COMMENT, item=done["document"], room=named)
        kept, joined = service.room_of_member(held.service.name, named, MatrixId(held.token.matrix_id))
        if joined != author:
            raise NotMember
        try:
            return _taken_in(author, kept, done)
        except NotAllowed as error:  # more is needed than to comment
            raise Misuse("role_needed") from error


class GuestTalkView(RoomsServiceView):
    """What a member did who has no linked account."""

    @extend_schema(operation_id="rooms_talk_guests", request=GuestDoneAsked, responses=TakenSerializer)
    def post(self, request: Request, room: str) -> Response:
        """Take it in as a guest's, where the document's owner allowed it."""
        done = read(GuestDoneAsked, request)
        kept = _kept(self.asking.name, self.room(room))
        guest = Guest(done["matrix_id"], done["name"])
        if linking.people([guest.matrix_id]):
            raise GuestIsLinked  # `from_rooms` asks again, in the transaction
        if not kept.members.filter(matrix_id=guest.matrix_id).exists():
            raise NotMember
        return _taken_in(guest, kept, done)


class SaidView(RoomsServiceView):
    """What a message became."""

    @extend_schema(operation_id="rooms_talk_said", request=EventAsked, responses=TakenSerializer)
    def post(self, request: Request, room: str) -> Response:
        """The comment that a message of this service's room became."""
        kept = _kept(self.asking.name, self.room(room))
        comment = from_rooms.said_by(_origin(kept, read(EventAsked, request)["event_id"], "event_id"))
        if comment is None:
            raise NotThere
        return _answer(comment.thread_id, comment.pk)


class HearsAsked(Body):
    """A document."""

    document = serializers.UUIDField()


class HearsSerializer(serializers.Serializer[Any]):
    """Whether it is heard of."""

    hears = serializers.BooleanField()


class HearsView(RoomsServiceView):
    """What is taken in from a room at all."""

    @extend_schema(operation_id="rooms_talk_hears", request=HearsAsked, responses=HearsSerializer)
    def post(self, request: Request, room: str) -> Response:
        """Whether this service's room is bound to the document or to what it is in; no room is to what is not there."""
        kept = _kept(self.asking.name, self.room(room))
        return Response({"hears": _hears(kept, read(HearsAsked, request)["document"])})


class PersonAsked(Body):
    """A person, as events name them."""

    sub = serializers.CharField(max_length=255)


class PersonInRoom(serializers.Serializer[Any]):
    """A room, and as whom they are joined to it."""

    room_id = serializers.CharField()
    matrix_ids = serializers.ListField(child=serializers.CharField())


class PeopleSerializer(serializers.Serializer[Any]):
    """Rooms."""

    rooms = PersonInRoom(many=True)


class PeopleView(RoomsServiceView):
    """Where a person is."""

    @extend_schema(operation_id="rooms_people", request=PersonAsked, responses=PeopleSerializer)
    def post(self, request: Request) -> Response:
        """The rooms of this service to which a person is joined, and their linked Matrix ids there; no others."""
        linked = MatrixIdentity.objects.filter(user__sub=read(PersonAsked, request)["sub"], user__is_active=True)
        joined = RoomMember.objects.filter(room__service=self.asking.name, matrix_id__in=linked.values("matrix_id"))
        found: dict[str, list[str]] = {}
        for room, matrix_id in joined.order_by("room__room_id", "matrix_id").values_list("room__room_id", "matrix_id"):
            found.setdefault(room, []).append(matrix_id)
        return Response({"rooms": [{"room_id": room, "matrix_ids": ids} for room, ids in found.items()]})


def _kept(service_name: str, room: RoomId) -> Room:
    found = Room.objects.filter(room_id=room, service=service_name).first()
    if found is None:
        raise NoSuchRoom
    return found


def _taken_in(author: Author, room: Room, done: dict[str, Any]) -> Response:
    """Do it. Raises `NotThere` where the room does not hear of the document, but for what is taken back; and where
    what it is about is not of that document, whatever the author may do elsewhere.
    """
    act, document = RoomAct(done["act"]), done["document"]
    if act is not RoomAct.REDACT and not _hears(room, document):
        raise NotThere
    origin = _origin(room, done["event_id"], "event_id")
    match act:
        case RoomAct.START:
            said = from_rooms.start(author, origin, document, done["text"])
            return _answer(said.thread_id, said.pk)
        case RoomAct.REPLY:
            said = from_rooms.reply(author, origin, _thread(done["thread"], document), done["text"])
            return _answer(said.thread_id, said.pk)
        case RoomAct.EDIT:
            said = from_rooms.edit(author, origin, _target(room, done, document), done["text"])
            return _answer(said.thread_id, said.pk)
        case RoomAct.REDACT:
            taken = from_rooms.redact(author, origin, _target(room, done, document))
            return _answer(taken.thread_id, taken.comment_id) if taken else _answer(None, None)
        case RoomAct.REACT:
            thread = _of_comment(done["comment"], document)
            from_rooms.react(author, origin, done["comment"], done["key"])
            return _answer(thread, done["comment"])
        case RoomAct.RESOLVE:
            return _answer(from_rooms.resolve(author, origin, _thread(done["thread"], document)).pk, None)
        case RoomAct.REOPEN:
            return _answer(from_rooms.reopen(author, origin, _thread(done["thread"], document)).pk, None)


def _hears(room: Room, document: UUID) -> bool:
    return ItemAncestor.objects.filter(item=document, ancestor__bindings__room=room).exists()


def _origin(room: Room, event: str, field: str) -> Origin:
    try:
        return Origin(RoomId(room.room_id), EventId(event))
    except InvalidValue as error:
        raise serializers.ValidationError({field: error.advice}) from error


def _thread(thread: UUID, document: UUID) -> UUID:
    if not Thread.objects.filter(pk=thread, document=document).exists():
        raise NotThere
    return thread


def _of_comment(comment: UUID, document: UUID) -> UUID:
    found = Comment.objects.filter(pk=comment, thread__document=document).values_list("thread_id", flat=True).first()
    if found is None:
        raise NotThere
    return found


def _target(room: Room, done: dict[str, Any], document: UUID) -> Origin:
    target = _origin(room, done["target"], "target")
    taken = Taken.objects.filter(room=target.room, event=target.event)
    if taken.exists() and not taken.filter(thread__document=document).exists():
        raise NotThere
    return target


def _answer(thread: UUID | None, comment: UUID | None) -> Response:
    return Response({"thread": thread, "comment": comment})
