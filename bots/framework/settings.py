"""The settings of a bot called `name`, from `PARVIS_<NAME>_*` and `PARVIS_LOG_LEVEL`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from bots.framework.client import ClientSettings
from bots.framework.trust import Trust
from contract.environment import BadSettings, Environment
from contract.errors import InvalidValue
from contract.ids import MatrixId, matrix_id

_KNOWN = frozenset(
    {
        "HOMESERVER_URL",
        "USER_ID",
        "PASSWORD_FILE",
        "DATA",
        "SECRETS",
        "WORKSPACE_URL",
        "WORKSPACE_TOKEN_FILE",
        "MIN_TRUST",
        "LANGUAGE",
        "SERVICE_USERS",
    }
)


@dataclass(frozen=True)
class BotSettings:
    """`service_users` are in rooms without being agents: they are left out of a room's audience.

    `workspace_token` is the bot's own: of a service, or of a service account (`pvs_…`).
    """

    homeserver_url: str
    user_id: MatrixId
    password: str = field(repr=False)
    data: Path
    secrets: Path
    workspace_url: str
    workspace_token: str = field(repr=False)
    min_trust: Trust
    language: str
    service_users: frozenset[MatrixId]
    log_level: str

    @classmethod
    def of(cls, name: str, variables: Mapping[str, str]) -> Self:
        """The settings in these environment variables. Raises `BadSettings`."""
        prefix = f"PARVIS_{name.upper().replace('-', '_')}_"
        env = Environment(variables, prefix, _KNOWN)
        user_id = _user(f"{prefix}USER_ID", env.text("USER_ID"))
        server = user_id.split(":", 1)[1]
        services = env.text("SERVICE_USERS", f"{user_id},@parvis:{server}").split(",")
        return cls(
            homeserver_url=env.text("HOMESERVER_URL"),
            user_id=user_id,
            password=env.secret("PASSWORD_FILE"),
            data=env.path("DATA"),
            secrets=env.path("SECRETS"),
            workspace_url=env.text("WORKSPACE_URL"),
            workspace_token=env.secret("WORKSPACE_TOKEN_FILE"),
            min_trust=Trust.policy(env.one_of("MIN_TRUST", ("known-device", "cross-signed"), "known-device")),
            language=env.one_of("LANGUAGE", ("fr", "en"), "fr"),
            service_users=frozenset(
                {user_id, *(_user(f"{prefix}SERVICE_USERS", one.strip()) for one in services if one.strip())}
            ),
            log_level=variables.get("PARVIS_LOG_LEVEL") or "INFO",
        )

    def client(self, device_name: str) -> ClientSettings:
        """How the bot signs in."""
        return ClientSettings(
            self.homeserver_url,
            self.user_id,
            self.password,
            self.data,
            secrets=self.secrets,
            device_name=device_name,
            shares_with=self.min_trust,
            shares_with_invited=False,
        )


def _user(name: str, value: str) -> MatrixId:
    try:
        return matrix_id(value)
    except InvalidValue as error:
        raise BadSettings(f"{name}: {error.advice}") from error
