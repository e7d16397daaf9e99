"""What other resource servers are told of a token: as JSON, as a signed JWT, and by django-lasuite's own client."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from django.test import override_settings
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import ECKey, KeySet, RSAKey
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.test import APIClient

from tests.workspace.grants.world import ARCHIVE, World, as_service, post_form
from workspace.api import services
from workspace.grants import delegations
from workspace.grants.introspection import JWT_TYPE
from workspace.grants.models import Delegation

URL = "/api/v1.0/introspect/"
ISSUER = "http://127.0.0.1:8400"


def ask(token: str, **headers: str) -> Any:
    return as_service("archive").post(URL, {"token": token}, headers=headers)


def test_a_good_token_is_told_and_counts_as_used(world: World) -> None:
    said = ask(world.token("read", resource=world.note.pk)).json()
    assert said["exp"] - said.pop("iat") == 900
    del said["exp"]
    assert said == {
        "active": True,
        "iss": ISSUER,
        "scope": "read",
        "client_id": "bridge",
        "aud": "bridge",
        "sub": world.camille.sub,
        "token_type": "Bearer",
        "resource": f"{ISSUER}{world.note.url}",
    }
    assert world.book()[-1] == ("archive", "introspect", "")


def test_what_is_not_good_is_not_active_and_nothing_more(world: World) -> None:
    token = world.token("read", resource=world.note.pk)
    ask(token)
    revoked = world.token("read", resource=world.note.pk)
    delegations.revoke(Delegation.objects.get(user=world.camille, act="read"))
    for bad in (token, revoked, "guess", "of-bridge"):
        answer = ask(bad)
        assert (answer.status_code, answer.json()) == (200, {"active": False})


def test_as_a_jwt_it_is_signed_for_whoever_asked(world: World) -> None:
    answer = ask(world.token("read", resource=world.note.pk), Accept=JWT_TYPE)
    assert answer["Content-Type"] == JWT_TYPE
    keys = KeySet.import_key_set(APIClient().get("/api/v1.0/jwks/").json())
    signed = jwt.decode(answer.content.decode(), keys, algorithms=["ES256"])
    assert signed.header["typ"] == "token-introspection+jwt"
    assert (signed.claims["iss"], signed.claims["aud"]) == (ISSUER, "archive")
    assert signed.claims["token_introspection"]["active"] is True
    with pytest.raises(BadSignatureError):
        jwt.decode(answer.content.decode(), ECKey.generate_key("P-256"), algorithms=["ES256"])


def test_the_key_set_has_no_private_half() -> None:
    assert "d" not in APIClient().get("/api/v1.0/jwks/").json()["keys"][0]


def test_it_is_for_resource_servers(world: World) -> None:
    token = world.token()
    assert as_service("bridge").post(URL, {"token": token}).status_code == 403
    assert as_service("nobody").post(URL, {"token": token}).status_code == 401
    assert APIClient().post(URL, {"token": token}).status_code == 401
    form = {"token": token, "client_id": "bridge", "client_secret": "of-archive"}
    assert post_form(None, URL, form).status_code == 401, "the secret of another"
    form = {"token": token, "client_id": "bridge", "client_secret": "of-bridge"}
    assert post_form(None, URL, form).status_code == 403


LASUITE = override_settings(
    OIDC_OP_URL=ISSUER,
    OIDC_OP_JWKS_ENDPOINT=f"{ISSUER}/api/v1.0/jwks/",
    OIDC_RS_ENCRYPTION_KEY_TYPE="RSA",
    OIDC_OP_INTROSPECTION_ENDPOINT=f"{ISSUER}{URL}",
    OIDC_RS_CLIENT_ID="archive",
    OIDC_RS_CLIENT_SECRET="of-archive",
    OIDC_RS_SCOPES=["read"],
    OIDC_RS_AUDIENCE_CLAIM="client_id",
    OIDC_RS_ENCRYPTION_ENCODING="A256GCM",
    OIDC_RS_ENCRYPTION_ALGO="RSA-OAEP",
    OIDC_RS_SIGNING_ALGO="ES256",
)


class Answer:
    """A response as `requests` has it."""

    def __init__(self, said: Any) -> None:
        self.text = said.content.decode()
        self._status = said.status_code

    def raise_for_status(self) -> None:
        assert self._status == 200

    def json(self) -> Any:
        return json.loads(self.text)


@pytest.fixture
def _near(monkeypatch: pytest.MonkeyPatch) -> None:
    """django-lasuite asks the workspace of this test."""
    from lasuite.oidc_resource_server import clients

    def post(url: str, data: dict[str, str], headers: dict[str, str], **_more: Any) -> Answer:
        assert headers["Content-Type"] == "application/x-www-form-urlencoded"
        return Answer(post_form(None, url.removeprefix(ISSUER), data, Accept=headers["Accept"]))

    monkeypatch.setattr(clients.requests, "post", post)
    monkeypatch.setattr(clients.requests, "get", lambda url, **_more: Answer(APIClient().get(url.removeprefix(ISSUER))))


@LASUITE
@pytest.mark.usefixtures("_near")
def test_django_lasuites_resource_server_understands_it(world: World) -> None:
    from lasuite.oidc_resource_server.backend import ResourceServerBackend

    backend = ResourceServerBackend()
    info = backend.get_user_info_with_introspection(world.token("read", resource=world.note.pk))
    assert backend.get_user(None, None, info) == world.camille
    assert backend.token_origin_audience == "bridge"
    with pytest.raises(AuthenticationFailed):
        backend.get_user_info_with_introspection("guess")


@LASUITE
@pytest.mark.usefixtures("_near")
def test_and_signed_and_encrypted_to_its_key(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from lasuite.oidc_resource_server.backend import JWTResourceServerBackend

    key = RSAKey.generate_key(2048)
    public = json.dumps(key.as_dict(private=False) | {"alg": "RSA-OAEP"})
    archive = dataclasses.replace(ARCHIVE, encrypt_to=public)
    known = services.of_token
    monkeypatch.setattr(services, "of_token", lambda token: archive if token == b"of-archive" else known(token))
    with override_settings(OIDC_RS_PRIVATE_KEY_STR=key.as_pem(private=True).decode()):
        backend = JWTResourceServerBackend()
        info = backend.get_user_info_with_introspection(world.token("read", resource=world.note.pk))
        assert backend.get_user(None, None, info) == world.camille
        with pytest.raises(AuthenticationFailed):
            backend.get_user_info_with_introspection("guess")
