"""What the workspace is told by its environment, read once into one typed object (`settings.PARVIS`)."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

PREFIX = "PARVIS_WORKSPACE_"


class BadEnvironment(Exception):
    """A variable is unknown or cannot be read. The message says which and what to do."""


@dataclass(frozen=True)
class Config:
    """The workspace's configuration. Each field is `PARVIS_WORKSPACE_<NAME>`; `*_file` are paths of secrets.

    Everything has a default that does for `manage` commands and tests on a developer's machine.
    """

    url: str = "http://127.0.0.1:8400"
    port: int = 8400
    data: str = ".parvis/data/workspace"
    find_dir: str = ".parvis/data/find"
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
    nats_user: str = "parvis"
    nats_password_file: str = ""
    max_upload_bytes: int = 100 * 1024 * 1024
    services_file: str = ""
    run_dir: str = ".parvis/run"
    log_level: str = "INFO"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Config:
        """Read `environment`. Raises `BadEnvironment` for an unknown name or a value of the wrong kind."""
        known = {field.name: field for field in fields(cls)}
        values: dict[str, str | int] = {}
        for variable, value in environment.items():
            name = variable.removeprefix(PREFIX).lower()
            if not variable.startswith(PREFIX):
                continue
            if name not in known:
                raise BadEnvironment(_unknown(variable, list(known)))
            values[name] = _whole(variable, value) if known[name].type == "int" else value
        for shared in ("run_dir", "log_level"):
            if f"PARVIS_{shared.upper()}" in environment:
                values[shared] = environment[f"PARVIS_{shared.upper()}"]
        return cls(**values)  # type: ignore[arg-type]  # each value was parsed by its field's type

    def secret(self, name: str, default: str = "") -> str:
        """What the file of `<name>_file` holds, or `default` where none is set. Raises `BadEnvironment`."""
        path = getattr(self, f"{name}_file")
        if not path:
            return default
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            variable = f"{PREFIX}{name.upper()}_FILE"
            raise BadEnvironment(f"{variable} names {path}, which cannot be read: {error.strerror}.") from error


def _whole(variable: str, value: str) -> int:
    try:
        return int(value)
    except ValueError as error:
        raise BadEnvironment(f"{variable} must be a whole number; it is “{value}”.") from error


def _unknown(variable: str, known: list[str]) -> str:
    names = [PREFIX + name.upper() for name in known]
    near = difflib.get_close_matches(variable, names, 1)
    hint = f" Did you mean {near[0]}?" if near else f" There are: {', '.join(names)}."
    return f"{variable} is not a setting of the workspace.{hint}"


def read() -> Config:
    """The configuration of this process."""
    return Config.from_environment(os.environ)
