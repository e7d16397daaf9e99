"""What the API says and takes of items, accesses and the audience question."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import serializers

from contract.resources import Kind, link
from workspace.accounts.api import MAX_MATRIX_IDS, MatrixIdField, PersonSerializer
from workspace.accounts.models import User
from workspace.api.reading import Body
from workspace.sharing.models import Access, Item, Team
from workspace.sharing.roles import LinkReach, Role

#: Questions that one call of the audience question may hold.
MAX_QUESTIONS = 1_000


class RoleField(serializers.ChoiceField):
    """A role by its word: `reader`, `commenter`, `editor`, `owner`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[(role.word, role.label) for role in Role], **kwargs)

    def to_internal_value(self, data: Any) -> Role:  # type: ignore[override]  # DRF's own fields change the type too
        """The role of that word."""
        return Role.of_word(super().to_internal_value(data))

    def to_representation(self, value: Any) -> str:
        """The role's word."""
        return Role(value).word


class ItemsAsked(serializers.Serializer[Any]):
    """Which items are listed."""

    parent = serializers.UUIDField(  # type: ignore[assignment]  # its name in the API
        required=False, help_text="A folder; without one, where one's own part of the tree begins."
    )
    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind], required=False)
    trashed = serializers.BooleanField(default=False, help_text="What one owns in the trash.")
    recent = serializers.BooleanField(default=False, help_text="The latest changes first.")


class ItemSerializer(serializers.ModelSerializer[Item]):
    """An item, as whoever asks sees it. `role` is what they may do with it."""

    parent = serializers.UUIDField(  # type: ignore[assignment]  # its name in the API
        source="parent_id", allow_null=True, read_only=True
    )
    creator = serializers.CharField(source="creator.name", default=None, read_only=True)
    link_role = RoleField(read_only=True)
    role = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()

    class Meta:
        model = Item
        fields = (
            *("id", "kind", "title", "parent", "creator", "created_at", "updated_at", "trashed_at"),
            *("link_reach", "link_role", "role", "url"),
        )
        read_only_fields = tuple(field for field in fields if field != "title")

    def get_role(self, item: Item) -> str | None:
        """The asker's role."""
        role = self.context.get("roles", {}).get(item.pk)
        return Role(role).word if role else None

    def get_url(self, item: Item) -> str:
        """Where a person opens it."""
        return link(settings.PARVIS.url, item.resource)


class TitleSerializer(Body):
    """A new title."""

    title = serializers.CharField(max_length=1_000, trim_whitespace=False)


class MoveSerializer(Body):
    """Where to: a folder's id, or null for the root."""

    parent = serializers.UUIDField(allow_null=True)  # type: ignore[assignment]  # its name in the API


class LinkSerializer(Body):
    """Who has which role by the link alone."""

    reach = serializers.ChoiceField(choices=LinkReach.choices)
    role = RoleField(default=Role.READER)


class TeamSerializer(serializers.ModelSerializer[Team]):
    """A team, or a room as one."""

    class Meta:
        model = Team
        fields = ("id", "kind", "slug", "name")


class HolderSerializer(PersonSerializer):
    """Somebody who has an access. Their address is told to owners; for others it is null."""

    email = serializers.SerializerMethodField()

    def get_email(self, user: User) -> str | None:
        """The address, for owners."""
        return user.email if self.context["owner"] else None


class AccessSerializer(serializers.ModelSerializer[Access]):
    """Who has which role on an item. `inherited_from` is the item above that gives it, if it is another."""

    role = RoleField()
    user = HolderSerializer(read_only=True)
    team = TeamSerializer(read_only=True)
    inherited_from = serializers.SerializerMethodField()

    class Meta:
        model = Access
        fields = ("id", "role", "user", "team", "created_at", "inherited_from")

    def get_inherited_from(self, access: Access) -> str | None:
        """The other item's id."""
        return None if access.item_id == self.context.get("item") else str(access.item_id)


class GrantSerializer(Body):
    """Give one of a person, a team or a room (by its Matrix id) a role."""

    user = serializers.UUIDField(required=False)
    team = serializers.UUIDField(required=False)
    room = serializers.CharField(required=False, max_length=255)
    role = RoleField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one of them."""
        if sum(name in attrs for name in ("user", "team", "room")) != 1:
            raise serializers.ValidationError(_("Name exactly one of user, team and room."))
        return attrs


class RoleSerializer(Body):
    """Another role."""

    role = RoleField()


class QuestionSerializer(Body):
    """May all of that audience read this item? `actor` is the `sub` of whoever acted, for their name.

    `trashing`: it is about the item's going into the trash, which those may be told who could read it until then.
    """

    audience = serializers.CharField(max_length=255)
    item = serializers.UUIDField()
    actor = serializers.CharField(max_length=255, required=False, allow_null=True)
    trashing = serializers.BooleanField(default=False)


class AskedOfAudiences(Body):
    """Audiences by names of the caller's choice; whoever extends it says which `questions` are asked about them."""

    audiences = serializers.DictField(child=serializers.ListField(child=MatrixIdField(), max_length=MAX_MATRIX_IDS))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Each question names an audience that is there."""
        missing = {question["audience"] for question in attrs["questions"]} - set(attrs["audiences"])
        if missing:
            names = ", ".join(sorted(missing))
            raise serializers.ValidationError(_("These audiences are not given: %(names)s.") % {"names": names})
        return attrs


class AudienceSerializer(AskedOfAudiences):
    """Audiences by names of the caller's choice, and questions about them."""

    questions = serializers.ListField(child=QuestionSerializer(), max_length=MAX_QUESTIONS)


class FactsSerializer(serializers.Serializer[Any]):
    """What a card may show."""

    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind])
    title = serializers.CharField()
    actor = serializers.CharField(allow_null=True)
    folder = serializers.CharField(allow_null=True)
    media_type = serializers.CharField(required=False)
    size = serializers.IntegerField(required=False)
    trashed = serializers.BooleanField()


class AnswerSerializer(serializers.Serializer[Any]):
    """How many of the audience cannot read the item; its facts if all can."""

    cannot = serializers.IntegerField()
    facts = FactsSerializer(allow_null=True)


class AnswersSerializer(serializers.Serializer[Any]):
    """An answer a question, in their order."""

    answers = AnswerSerializer(many=True)
