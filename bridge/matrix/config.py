"""What the Matrix side must know to run, and how the appservice's registration is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from contract.errors import InvalidValue
from contract.ids import MatrixId, matrix_id


class KeyPolicy(StrEnum):
    """To which devices of a room's members the bridge gives its keys."""

    #: Every device that the member's server lists.
    ALL_DEVICES = "known-device"
    #: Only those that their owner's identity has signed; others are told that they get none.
    CROSS_SIGNED = "cross-signed"


class BadRegistration(Exception):
    """The registration cannot be used. The text says what is wrong and what to do."""


@dataclass(frozen=True)
class Registration:
    """The appservice as the homeserver knows it. The tokens are secrets."""

    id: str
    as_token: str = field(repr=False)
    hs_token: str = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> Registration:
        """From the YAML file that the homeserver has too. Raises `BadRegistration`."""
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise BadRegistration(f"{path} cannot be read ({error.strerror}): render the federation again") from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise BadRegistration(f"{path} is not YAML: render the federation again") from error
        if not isinstance(content, dict):
            raise BadRegistration(f"{path} holds no registration: render the federation again")
        return cls(*(_text(path, content, key) for key in ("id", "as_token", "hs_token")))


def _text(path: Path, content: dict[str, Any], key: str) -> str:
    value = content.get(key)
    if not isinstance(value, str) or not value:
        raise BadRegistration(f"{path} has no “{key}”: render the federation again")
    return value


@dataclass(frozen=True)
class MatrixConfig:
    """All settings of the Matrix side.

    `database_url` is `sqlite:///path` or `postgres://…`; None means a SQLite file `matrix.db` in `data`. `secrets` is
    the folder of the pickle key and the recovery key. `host` and `port` are where the homeserver brings events.
    `key_wait` is how many seconds a message may wait for its key before its sender is told that it cannot be read.
    """

    homeserver_url: str
    user_id: MatrixId
    registration: Registration
    data: Path
    secrets: Path
    port: int
    host: str = "127.0.0.1"
    database_url: str | None = None
    display_name: str = "Parvis"
    key_policy: KeyPolicy = KeyPolicy.ALL_DEVICES
    key_wait: float = 60.0

    @property
    def database(self) -> str:
        """The URL of the database."""
        return self.database_url or f"sqlite:///{self.data.absolute() / 'matrix.db'}"


def bridge_user(localpart: str, server_name: str) -> MatrixId:
    """`@localpart:server_name`. Raises `contract.errors.InvalidValue` where that is no Matrix id."""
    if localpart != localpart.lower():
        raise InvalidValue("user", "the name of a Matrix account is in lower case")
    return matrix_id(f"@{localpart}:{server_name}")
