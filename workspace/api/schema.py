"""What drf-spectacular must be told: the ways of signing in, and the shape of every refusal."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers


class ProblemSerializer(serializers.Serializer[Any]):
    """A refusal. `code` is for programs, `message` for people, in their language; `fields` says what is wrong where."""

    code = serializers.CharField()
    message = serializers.CharField()
    fields = serializers.DictField(required=False)  # type: ignore[assignment]  # the name in the answer


class Schema(AutoSchema):
    """Adds to every operation that it may be refused."""

    def get_response_serializers(self) -> Any:
        """The declared answers, and one for all refusals."""
        answers: Any = super().get_response_serializers()
        if not isinstance(answers, dict):
            answers = {200 if answers is not None else 204: answers}
        return {**answers, "4XX": ProblemSerializer}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    """People: the cookie of a session that OpenID Connect began."""

    target_class = "workspace.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """A cookie."""
        return {"type": "apiKey", "in": "cookie", "name": "parvis_session"}


class ServiceAccountScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    """Service accounts: a bearer token of their own."""

    target_class = "workspace.accounts.bearer.ServiceAccountAuthentication"
    name = "account"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """A bearer token."""
        return {"type": "http", "scheme": "bearer", "description": "The token of a service account (`pvs_…`)."}


class ServiceScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    """Services: a bearer token with scopes."""

    target_class = "workspace.api.services.ServiceAuthentication"
    name = "service"
    DEFINITION: ClassVar = {"type": "http", "scheme": "bearer", "description": "The credential of a service."}

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """A bearer token."""
        return dict(self.DEFINITION)


class ScenarioScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    """Services that act for a person: a scenario token, with their own credential in `Parvis-Service`."""

    target_class = "workspace.grants.authentication.ScenarioAuthentication"
    name = "scenario"
    DEFINITION: ClassVar = {
        "type": "http",
        "scheme": "bearer",
        "description": "A scenario token (`POST token/`). `Parvis-Service: Bearer <credential>` goes with it.",
    }

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """A bearer token."""
        return dict(self.DEFINITION)
