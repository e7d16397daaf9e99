"""What the API takes and says about tokens."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from contract.grants import DEFAULT_MINUTES, MAX_MINUTES, MAX_USES, TOKEN_TYPE
from contract.ids import MAX_MATRIX_ID_BYTES
from contract.resources import Kind, parse_link
from workspace.accounts.api import MatrixIdField
from workspace.api.reading import Body

#: Types that one token may name.
_MOST_TYPES = 20
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/(?:\*|[a-z0-9][a-z0-9!#$&^_.+-]{0,126})")


class MediaTypesField(serializers.CharField):
    """Media types with spaces between, such as `image/* application/pdf`; as JSON a list does too."""

    default_error_messages = {"form": gettext_lazy("Write media types with spaces between them.")}  # noqa: RUF012  # DRF's own idiom

    def to_internal_value(self, data: Any) -> Any:
        """A tuple of types."""
        words = data if isinstance(data, list) else super().to_internal_value(data).split()
        if len(words) > _MOST_TYPES or not all(isinstance(one, str) and _TYPE.fullmatch(one) for one in words):
            self.fail("form")
        return tuple(words)

    def to_representation(self, value: Any) -> str:
        """As a form has it."""
        return " ".join(value)


class ResourceField(serializers.CharField):
    """The link of an item, or its id. What is neither names nothing, like an item that is not there."""

    def to_internal_value(self, data: Any) -> Any:
        """The item's id. An id of nothing stands for what cannot be one: the two are refused alike."""
        text = super().to_internal_value(data)
        try:
            return UUID(text)
        except ValueError:
            return parse_link(settings.PARVIS.url, text) or UUID(int=0)

    def to_representation(self, value: Any) -> str:
        """As it is sent."""
        return str(value)


class Exchange(Body):
    """RFC 8693, section 2.1, and the bounds of the scenario. What is not known is refused: it might be a bound."""

    grant_type = serializers.CharField(help_text="`urn:ietf:params:oauth:grant-type:token-exchange`")
    subject_token = MatrixIdField(help_text="The Matrix id of the person who asked.")
    subject_token_type = serializers.CharField(help_text="`urn:parvis:token-type:matrix-id`")
    requested_token_type = serializers.ChoiceField(choices=[TOKEN_TYPE], required=False)
    scope = serializers.CharField(help_text="One act: `read`, `save`, `comment` or `share`.")
    resource = ResourceField(required=False, help_text="A link or an id; none for a search.")
    room = serializers.CharField(required=False, max_length=MAX_MATRIX_ID_BYTES, default="")
    max_bytes = serializers.IntegerField(required=False, min_value=0, max_value=1 << 50)
    media_types = MediaTypesField(required=False)
    uses = serializers.IntegerField(min_value=1, max_value=MAX_USES, default=1)
    minutes = serializers.IntegerField(min_value=1, max_value=MAX_MINUTES, default=DEFAULT_MINUTES)


class TokenShape(serializers.Serializer[Any]):
    """RFC 8693, section 2.2.1. `expires_in` is in seconds."""

    access_token = serializers.CharField()
    issued_token_type = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField()
    scope = serializers.CharField()


class OAuthErrorShape(serializers.Serializer[Any]):
    """RFC 6749, section 5.2, beside what every refusal has here."""

    error = serializers.CharField()
    error_description = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class ContentShape(serializers.Serializer[Any]):
    """What is in an item: a document's Markdown, where a READ token downloads a file; of a folder neither."""

    item = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind])
    title = serializers.CharField()
    url = serializers.URLField()
    markdown = serializers.CharField(required=False)
    download = serializers.URLField(required=False)
    media_type = serializers.CharField(required=False)
    size = serializers.IntegerField(required=False)


class Introspected(Body):
    """RFC 7662, section 2.1. A resource server proves who it is here, as django-lasuite does, or by `Authorization`."""

    token = serializers.CharField(max_length=500)
    token_type_hint = serializers.CharField(required=False, max_length=100)
    client_id = serializers.CharField(required=False, max_length=100)
    client_secret = serializers.CharField(required=False, max_length=500)


class IntrospectionShape(serializers.Serializer[Any]):
    """RFC 7662, section 2.2. What is not active has nothing else."""

    active = serializers.BooleanField()
    iss = serializers.URLField(required=False)
    scope = serializers.CharField(required=False)
    client_id = serializers.CharField(required=False)
    sub = serializers.CharField(required=False)
    aud = serializers.CharField(required=False)
    token_type = serializers.CharField(required=False)
    iat = serializers.IntegerField(required=False)
    exp = serializers.IntegerField(required=False)
    resource = serializers.CharField(required=False, help_text="The item that it is for.")


class JwksShape(serializers.Serializer[Any]):
    """A JWK set (RFC 7517)."""

    keys = serializers.ListField(child=serializers.DictField())
