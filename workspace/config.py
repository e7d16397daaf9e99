"""What the workspace is told by its environment, read once into one typed object (`settings.PARVIS`)."""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from contract.grants import Act

PREFIX = "PARVIS_WORKSPACE_"
#: What a service credential can be for.
SCOPES = ("audience", "identities", "introspect", "rooms")
#: Fields whose variables every part of Parvis reads, under this name.
_SHARED = {"run_dir": "PARVIS_RUN_DIR", "log_level": "PARVIS_LOG_LEVEL"}
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_SHA256 = re.compile(r"[0-9a-f]{64}")
#: Secrets without which nobody may be let in.
_NEEDED_TO_SERVE = ("secret_key", "oidc_client_secret", "s3_access_key", "s3_secret_key")


class BadEnvironment(Exception):
    """Variables are unknown or cannot be used. `problems` says for each which, why, and what to do."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class ServiceCredential:
    """A service that may call: the SHA-256 of its token in hexadecimal, what it may ask for, and what people can allow
    it to do for them. `encrypt_to` is its public key (a JWK, as JSON), where what it is told as a JWT is encrypted.
    """

    name: str
    token_sha256: str
    scopes: frozenset[str]
    acts: frozenset[Act] = frozenset()
    encrypt_to: str = ""


@dataclass(frozen=True)
class Config:
    """The workspace's configuration. Each field is `PARVIS_WORKSPACE_<NAME>`; `*_file` are paths, mostly of secrets.

    Everything has a default that does for commands and tests on a developer's machine; `require_to_serve` says what
    must be set beyond.
    """

    url: str = "http://127.0.0.1:8400"
    port: int = 8400
    data: Path = Path(".parvis/data/workspace")
    find_dir: Path = Path(".parvis/data/find")
    #: Empty: SQLite in `data`.
    database_url: str = ""
    secret_key_file: str = ""
    oidc_issuer: str = "http://127.0.0.1:8401/api/v2"
    oidc_client_id: str = "workspace"
    oidc_client_secret_file: str = ""
    s3_url: str = "http://127.0.0.1:8402"
    s3_bucket: str = "parvis"
    s3_access_key_file: str = ""
    s3_secret_key_file: str = ""
    nats_url: str = "nats://127.0.0.1:8403"
    nats_user: str = ""
    nats_password_file: str = ""
    max_upload_bytes: int = 1 << 30
    services_file: str = ""
    run_dir: Path = Path(".parvis/run")
    log_level: str = "INFO"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read `environment`. Raises `BadEnvironment` with everything that is wrong in it."""
        variables = {_variable(field.name): field for field in fields(cls)}
        problems = [
            _unknown(name, list(variables)) for name in environment if name.startswith(PREFIX) and name not in variables
        ]
        values: dict[str, Any] = {}
        for variable, field in variables.items():
            raw = environment.get(variable, "").strip()
            if not raw:
                continue
            try:
                values[field.name] = _PARSERS.get(field.name, _BY_TYPE[str(field.type)])(raw)
            except ValueError as error:
                problems.append(f"{variable} {error}; it is “{raw}”.")
        if problems:
            raise BadEnvironment(sorted(problems))
        if "data" in values and "find_dir" not in values:
            values["find_dir"] = values["data"].parent / "find"
        return cls(**values)

    @property
    def host(self) -> str:
        """The name in the public address."""
        return urlsplit(self.url).hostname or ""

    @property
    def secure(self) -> bool:
        """Whether people come by https."""
        return self.url.startswith("https://")

    def secret(self, name: str, default: str = "") -> str:
        """What the file of `<name>_file` holds, or `default` where none is set. Raises `BadEnvironment`."""
        path = getattr(self, f"{name}_file")
        if not path:
            return default
        try:
            secret = Path(path).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadEnvironment(
                [f"{_variable(f'{name}_file')} names {path}, which cannot be read: {error}."]
            ) from error
        if not secret:
            raise BadEnvironment([f"{_variable(f'{name}_file')} names {path}, which is empty."])
        return secret

    def services(self) -> tuple[ServiceCredential, ...]:
        """The services that may call: `{"bridge": {"token_sha256": "<hex>", "scopes": ["audience", …]}, …}`.

        One that acts for people says so: `"acts": ["read", "save", "comment", "share"]`; one that introspects may give
        a public key as `"encrypt_to": {"kty": …}`. None where no file is set. Raises `BadEnvironment`.
        """
        text = self.secret("services")
        try:
            return tuple(_credential(name, value) for name, value in json.loads(text or "{}").items())
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            variable = _variable("services_file")
            raise BadEnvironment(
                [f"{variable} names {self.services_file}, which is not as it should be: {error}."]
            ) from error

    def require_to_serve(self) -> None:
        """Raise `BadEnvironment` for what must be there before anybody is let in."""
        missing = [name for name in _NEEDED_TO_SERVE if not getattr(self, f"{name}_file")]
        if missing:
            raise BadEnvironment(
                [f"{_variable(f'{n}_file')} is not set: it names the file of a secret." for n in missing]
            )
        for name in _NEEDED_TO_SERVE:
            self.secret(name)
        self.services()


def read() -> Config:
    """The configuration of this process."""
    return Config.from_environment(os.environ)


def _variable(field: str) -> str:
    return _SHARED.get(field, PREFIX + field.upper())


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        if not (raw.isascii() and raw.isdigit() and least <= int(raw) <= most):
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(raw)

    return parse


def _address(*schemes: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if urlsplit(raw).scheme not in schemes or not urlsplit(raw).netloc:
            raise ValueError(f"must be an address that begins with {' or '.join(f'{scheme}://' for scheme in schemes)}")
        return raw.rstrip("/")

    return parse


def _level(raw: str) -> str:
    if raw.upper() not in _LEVELS:
        raise ValueError(f"must be one of {', '.join(_LEVELS)}")
    return raw.upper()


def _credential(name: str, value: Mapping[str, Any]) -> ServiceCredential:
    digest, scopes = str(value["token_sha256"]), frozenset(map(str, value["scopes"]))
    if not _SHA256.fullmatch(digest):
        raise ValueError(f"{name}: token_sha256 must have 64 hexadecimal digits")
    if unknown := scopes - set(SCOPES):
        raise ValueError(f"{name}: there is no scope {', '.join(sorted(unknown))}; there are {', '.join(SCOPES)}")
    acts = frozenset(map(str, value.get("acts", ())))
    if unknown := acts - set(Act):
        raise ValueError(f"{name}: there is no act {', '.join(sorted(unknown))}; there are {', '.join(Act)}")
    return ServiceCredential(
        name, digest, scopes, frozenset(map(Act, acts)), _public_key(name, value.get("encrypt_to"))
    )


def _public_key(name: str, value: Any) -> str:
    if value is None:
        return ""
    if value["kty"] not in ("RSA", "EC") or "d" in value:
        raise ValueError(f"{name}: encrypt_to must be the public half of an RSA or EC key, as a JWK")
    return json.dumps(value)


def _unknown(variable: str, known: list[str]) -> str:
    near = difflib.get_close_matches(variable, known, 1)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}."
    return f"{variable} is not a setting of the workspace. {hint}"


_BY_TYPE: dict[str, Callable[[str], Any]] = {"str": str, "Path": Path, "int": _whole(1, 1 << 50)}
_PARSERS: dict[str, Callable[[str], Any]] = {
    "url": _address("http", "https"),
    "port": _whole(1, 65_535),
    "oidc_issuer": _address("http", "https"),
    "s3_url": _address("http", "https"),
    "nats_url": _address("nats", "tls"),
    "log_level": _level,
}
