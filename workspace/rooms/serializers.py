"""What the API says and takes of rooms. The shapes are those of `contract.client`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers

from contract.options import ROOM_OPTIONS
from contract.resources import Kind, link
from workspace.accounts.api import MAX_MATRIX_IDS, MatrixIdField
from workspace.accounts.models import LANGUAGES
from workspace.api.reading import Body
from workspace.rooms.models import Binding, PersonOptions, Room
from workspace.rooms.standing import Readers
from workspace.sharing.models import Team
from workspace.sharing.roles import WORDS, Role


class BindingSerializer(serializers.ModelSerializer[Binding]):
    """A room hears of an item and of what hangs under it: somebody bound it (`own`), or a space that it is in."""

    item = serializers.UUIDField(source="item_id")
    kind = serializers.ChoiceField(source="item.kind", choices=[kind.value for kind in Kind])
    url = serializers.SerializerMethodField()
    bound_by = serializers.CharField(source="bound_by_matrix_id")

    class Meta:
        model = Binding
        fields = ("item", "kind", "url", "bound_by", "bound_at", "own", "by_space")

    def get_url(self, binding: Binding) -> str:
        """Where a person opens the item."""
        return link(settings.PARVIS.url, binding.item.resource)


class RoomOptionsSerializer(serializers.ModelSerializer[Room]):
    """What a room chose."""

    class Meta:
        model = Room
        fields = ROOM_OPTIONS


class RoomSerializer(serializers.ModelSerializer[Room]):
    """A room: its language (null: none was chosen), what it is bound to and what it chose."""

    language = serializers.SerializerMethodField()
    bindings = BindingSerializer(many=True)
    options = RoomOptionsSerializer(source="*")

    class Meta:
        model = Room
        fields = ("room_id", "language", "bindings", "options")

    def get_language(self, room: Room) -> str | None:
        """`fr`, `en` or null."""
        return room.language or None


class RoomsAsked(serializers.Serializer[Any]):
    """Which rooms are listed: those after this one."""

    after = serializers.CharField(max_length=255, allow_blank=True, default="")


class RoomsSerializer(serializers.Serializer[Any]):
    """Rooms of the service; there are more after `next`, if it is not null."""

    rooms = RoomSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class PutRoomSerializer(Body):
    """Who is joined now, all of them; whom of them the room lets change its settings, if that is to be said; and the
    room's language, if it is to change.
    """

    members = serializers.ListField(child=MatrixIdField(), max_length=MAX_MATRIX_IDS)
    moderators = serializers.ListField(child=MatrixIdField(), max_length=MAX_MATRIX_IDS, required=False)
    language = serializers.ChoiceField(choices=LANGUAGES, required=False)


class PutOptionsSerializer(Body):
    """What is to change, for this person: what is not named stays as it is."""

    on_behalf_of = MatrixIdField()
    language = serializers.ChoiceField(choices=LANGUAGES, required=False)
    documents = serializers.BooleanField(required=False)
    files = serializers.BooleanField(required=False)
    folders = serializers.BooleanField(required=False)
    created = serializers.BooleanField(required=False)
    updated = serializers.BooleanField(required=False)
    shared = serializers.BooleanField(required=False)
    trashed = serializers.BooleanField(required=False)
    threads = serializers.BooleanField(required=False)
    floods = serializers.BooleanField(required=False)
    keep = serializers.BooleanField(required=False)
    spaces = serializers.BooleanField(required=False)
    binding = serializers.ChoiceField(choices=Room.Binders.choices, required=False)


class PersonOptionsAskedSerializer(Body):
    """Whose options, and what is to change of them."""

    matrix_id = MatrixIdField()
    language = serializers.ChoiceField(choices=LANGUAGES, required=False)
    mentions = serializers.ChoiceField(choices=PersonOptions.Where.choices, required=False)


class PersonOptionsSerializer(serializers.Serializer[Any]):
    """What a person chose; `language` is null where they chose none."""

    language = serializers.ChoiceField(choices=LANGUAGES, allow_null=True)
    mentions = serializers.ChoiceField(choices=PersonOptions.Where.choices)


class BindSerializer(Body):
    """Bind to what `url` opens, for this person."""

    url = serializers.CharField(max_length=2_000)
    on_behalf_of = MatrixIdField()


class UnbindSerializer(Body):
    """End a binding, for this person."""

    on_behalf_of = MatrixIdField()


class SuccessorSerializer(Body):
    """The room that came after this one."""

    room_id = serializers.CharField(max_length=255)


class SharersAsked(Body):
    """What somebody would have to be able to share."""

    item = serializers.UUIDField()


class SharersSerializer(serializers.Serializer[Any]):
    """Members of the room, by Matrix id."""

    matrix_ids = serializers.ListField(child=serializers.CharField())


class ReadersSerializer(serializers.Serializer[Readers]):
    """Who of the room may read what it is bound to, each with their role, and who may not: by Matrix id."""

    item = serializers.UUIDField(source="binding.item_id")
    kind = serializers.ChoiceField(source="binding.item.kind", choices=[kind.value for kind in Kind])
    url = serializers.SerializerMethodField()
    roles = serializers.SerializerMethodField()
    without = serializers.ListField(child=serializers.CharField())

    def get_url(self, readers: Readers) -> str:
        """Where a person opens the item."""
        return link(settings.PARVIS.url, readers.binding.item.resource)

    def get_roles(self, readers: Readers) -> dict[str, str]:
        """`reader`, `commenter`, `editor` or `owner` of each who may read."""
        return {matrix_id: role.word for matrix_id, role in readers.roles.items()}


class RoomReadersSerializer(serializers.Serializer[Any]):
    """One a binding."""

    bindings = ReadersSerializer(many=True)


class ShareSerializer(Body):
    """Give the room a role on an item, as the owner says whose token is presented."""

    item = serializers.UUIDField()
    role = serializers.ChoiceField(choices=[word for word in WORDS if word[0] != Role.OWNER.word])


class SharedSerializer(serializers.Serializer[Any]):
    """What the room has now."""

    item = serializers.UUIDField()
    role = serializers.CharField()


class MyRoomSerializer(serializers.ModelSerializer[Team]):
    """A room that one is in, to share with: give `team` or `room_id` to `accesses/`."""

    team = serializers.UUIDField(source="pk")
    room_id = serializers.CharField(source="room.room_id")

    class Meta:
        model = Team
        fields = ("team", "room_id", "name")
