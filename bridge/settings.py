"""The settings of the bridge, from `PARVIS_BRIDGE_*` and `PARVIS_LOG_LEVEL`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from bridge.matrix.config import BadRegistration, KeyPolicy, MatrixConfig, Registration, bridge_user
from bridge.ports import Trust
from contract.environment import BadSettings, Environment
from contract.errors import InvalidValue
from contract.ids import MatrixId, matrix_id

PREFIX = "PARVIS_BRIDGE_"
_KNOWN = frozenset(
    {
        "HOMESERVER_URL",
        "SERVER_NAME",
        "USER",
        "REGISTRATION",
        "PORT",
        "DATA",
        "SECRETS",
        "DATABASE_URL",
        "WORKSPACE_URL",
        "WORKSPACE_TOKEN_FILE",
        "NATS_URL",
        "NATS_USER",
        "NATS_PASSWORD_FILE",
        "MIN_TRUST",
        "LANGUAGE",
        "COALESCE_SECONDS",
        "FLOODS",
        "MAX_FILE_MIB",
        "SERVICE_USERS",
    }
)
#: Updates of one document that come within so many seconds edit one card.
COALESCE_SECONDS = 600
#: MiB of the largest file that is saved from a room; the workspace has a limit of its own.
MAX_FILE_MIB = 1024


@dataclass(frozen=True)
class Nats:
    """Where the events come from."""

    url: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Settings:
    """`min_trust` is what a command's sender needs. `service_users` are in rooms without being agents: they are left
    out of a room's audience. `floods`: many events of one kind become a card that counts,
    but in rooms that chose otherwise. `database_url` is that of the middle; the Matrix side has one of its own.
    """

    matrix: MatrixConfig
    workspace_url: str
    workspace_token: str = field(repr=False)
    nats: Nats
    database_url: str
    min_trust: Trust
    language: str
    coalesce_seconds: int
    floods: bool
    max_file_bytes: int
    service_users: frozenset[MatrixId]
    log_level: str

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> Self:
        """The settings in these environment variables. Raises `BadSettings`."""
        env = Environment(variables, PREFIX, _KNOWN)
        data, policy = env.path("DATA"), env.one_of("MIN_TRUST", tuple(KeyPolicy), KeyPolicy.ALL_DEVICES)
        server = env.text("SERVER_NAME")
        url = env.text("DATABASE_URL", "")
        try:
            me = bridge_user(env.text("USER", "parvis"), server)
            registration = Registration.read(env.path("REGISTRATION"))
            services = env.text("SERVICE_USERS", f"@find:{server}").split(",")
            service_users = frozenset({me, *(matrix_id(one.strip()) for one in services if one.strip())})
        except InvalidValue as error:
            raise BadSettings(f"{PREFIX}USER, SERVER_NAME or SERVICE_USERS: {error.advice}") from error
        except BadRegistration as error:
            raise BadSettings(f"{PREFIX}REGISTRATION: {error}") from error
        return cls(
            matrix=MatrixConfig(
                homeserver_url=env.text("HOMESERVER_URL"),
                user_id=me,
                registration=registration,
                data=data,
                secrets=env.path("SECRETS"),
                port=_number(env, "PORT", 8405),
                # One PostgreSQL database has room for both: their tables have other names.
                database_url=url or None,
                key_policy=KeyPolicy(policy),
            ),
            workspace_url=env.text("WORKSPACE_URL").rstrip("/"),
            workspace_token=env.secret("WORKSPACE_TOKEN_FILE"),
            nats=Nats(env.text("NATS_URL"), env.text("NATS_USER", ""), _password(env)),
            database_url=url or f"sqlite:///{data.absolute() / 'bridge.db'}",
            min_trust=Trust.CROSS_SIGNED if policy == KeyPolicy.CROSS_SIGNED else Trust.KNOWN_DEVICE,
            language=env.one_of("LANGUAGE", ("fr", "en"), "fr"),
            coalesce_seconds=_number(env, "COALESCE_SECONDS", COALESCE_SECONDS),
            floods=env.one_of("FLOODS", ("on", "off"), "on") == "on",
            max_file_bytes=_number(env, "MAX_FILE_MIB", MAX_FILE_MIB) << 20,
            service_users=service_users,
            log_level=variables.get("PARVIS_LOG_LEVEL") or "INFO",
        )


def _password(env: Environment) -> str:
    return env.secret("NATS_PASSWORD_FILE") if env.text("NATS_PASSWORD_FILE", "") else ""


def _number(env: Environment, name: str, default: int) -> int:
    raw = env.text(name, str(default))
    if not raw.isascii() or not raw.isdigit():
        raise BadSettings(f"{PREFIX}{name} is a whole number, not {raw!r}")
    return int(raw)
