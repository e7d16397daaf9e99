"""Who a service is, by its token, while the file of services changes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from contract.grants import Act
from workspace.api import services
from workspace.api.services import Known, Scope, Service
from workspace.config import BadEnvironment, Config

BRIDGE = Service("bridge", frozenset({Scope.ROOMS}))


def written(path: Path, token: str) -> None:
    digest = hashlib.sha256(token.encode()).hexdigest()
    path.write_text(json.dumps({"bridge": {"token_sha256": digest, "scopes": ["rooms"]}}))


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "services.json"
    monkeypatch.setattr(services, "_known", Known(Config(services_file=str(path))))
    return path


def test_a_token_is_rotated_without_a_restart(path: Path) -> None:
    assert services.of_token(b"old") is None
    written(path, "old")
    assert services.of_token(b"old") == BRIDGE
    written(path, "newer")
    assert services.of_token(b"newer") == BRIDGE
    assert services.of_token(b"old") is None


@pytest.mark.parametrize("broken", ["", "{", '{"bridge": {}}', '{"bridge": {"token_sha256": "x", "scopes": []}}'])
def test_a_file_that_cannot_be_read_shuts_nobody_out_and_lets_nobody_in(path: Path, broken: str) -> None:
    written(path, "old")
    assert services.of_token(b"old") == BRIDGE
    path.write_text(broken)
    assert services.of_token(b"old") == BRIDGE
    assert services.of_token(b"other") is None
    path.unlink()
    assert services.of_token(b"old") == BRIDGE
    written(path, "newer")
    assert services.of_token(b"old") is None


def test_where_no_services_are_configured_there_are_none() -> None:
    assert Known(Config()).by_token() == {}


def test_what_people_can_allow_a_service_is_in_the_file(path: Path) -> None:
    digest = hashlib.sha256(b"t").hexdigest()
    both = {
        "find": {"token_sha256": digest, "scopes": [], "acts": ["read"]},
        "archive": {"token_sha256": "0" * 64, "scopes": ["introspect"]},
    }
    path.write_text(json.dumps(both))
    assert [(one.name, one.acts) for one in services.acting()] == [("find", frozenset({Act.READ}))]


@pytest.mark.parametrize(("scopes", "acts"), [(["search"], []), ([], ["delete"])])
def test_what_there_is_no_such_thing_of_is_said(path: Path, scopes: list[str], acts: list[str]) -> None:
    path.write_text(json.dumps({"find": {"token_sha256": "0" * 64, "scopes": scopes, "acts": acts}}))
    with pytest.raises(BadEnvironment, match=r"there is no (scope search|act delete); there are"):
        Config(services_file=str(path)).services()


@pytest.mark.parametrize("key", [{"kty": "oct", "k": "x"}, {"kty": "RSA", "n": "x", "e": "AQAB", "d": "x"}, {}, "x"])
def test_only_a_public_key_is_encrypted_to(path: Path, key: object) -> None:
    path.write_text(json.dumps({"archive": {"token_sha256": "0" * 64, "scopes": ["introspect"], "encrypt_to": key}}))
    with pytest.raises(BadEnvironment):
        Config(services_file=str(path)).services()
