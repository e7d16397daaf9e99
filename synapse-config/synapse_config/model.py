# ruff: noqa: RUF009 - `_key` is `dataclasses.field` with metadata: it is called once, as `field` is

"""The federation as values: what `federation.toml` says, parsed. `config.load` makes them; everything else reads them.

Each field says, where it is declared, its key's meaning and parser: `config` reads the file by it and `reference`
writes the documentation from it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field
from pathlib import Path
from typing import Any

from synapse_config import kinds
from synapse_config.errors import FederationError

LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Scalar:
    """A key with a plain value."""

    parse: Callable[[object], Any]


@dataclass(frozen=True, slots=True)
class Table:
    """A key with a table of its own keys."""

    shape: type[Any]


@dataclass(frozen=True, slots=True)
class Tables:
    """A key with an array of tables (`[[key]]`)."""

    shape: type[Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """A table whose shape depends on one of its keys."""

    key: str
    shapes: Mapping[str, type[Any]]


Kind = Scalar | Table | Tables | Choice


def _key(doc: str, kind: Kind, default: Any = MISSING, toml: str = "") -> Any:
    metadata = {"doc": doc, "kind": kind, "toml": toml}
    return field(metadata=metadata) if default is MISSING else field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something may be done: `per_second` in the long run, `burst` at once."""

    per_second: float = _key("How many a second in the long run.", Scalar(kinds.rate))
    burst: int = _key("How many at once before the rate counts.", Scalar(kinds.count))


@dataclass(frozen=True, slots=True)
class Limits:
    """What one agent, or one other homeserver, may do at most. The bridge is exempt (its registration says so)."""

    messages: Rate = _key("Messages and reactions of one agent.", Table(Rate), Rate(5, 50))
    logins: Rate = _key("Sign-ins to one account.", Table(Rate), Rate(0.1, 10))
    failed_logins: Rate = _key("Failed sign-ins to one account.", Table(Rate), Rate(0.05, 5))
    logins_per_address: Rate = _key(
        "Sign-ins from one address. Everyone behind one proxy shares it.", Table(Rate), Rate(1, 50)
    )
    joins: Rate = _key("Rooms that one agent joins, on their homeserver or on another.", Table(Rate), Rate(1, 20))
    joins_per_room: Rate = _key("Agents of one homeserver who join one room.", Table(Rate), Rate(5, 50))
    invites: Rate = _key(
        "Invitations: to one room, by one agent, and to one agent or bot each.", Table(Rate), Rate(1, 50)
    )
    rooms: Rate = _key("Rooms that one agent creates.", Table(Rate), Rate(0.2, 20))
    federation: Rate = _key(
        "Requests of one other homeserver, before they are slowed down; ten times `burst` waiting are refused.",
        Table(Rate),
        Rate(50, 100),
    )


@dataclass(frozen=True, slots=True)
class Sqlite:
    """A file in the homeserver's folder: for a demo, or a homeserver with few people."""

    engine: str = _key('"sqlite".', Scalar(kinds.text), "sqlite")


@dataclass(frozen=True, slots=True)
class Postgres:
    """A PostgreSQL database, made with `LC_COLLATE 'C'`, `LC_CTYPE 'C'` and UTF8 (Synapse refuses any other)."""

    engine: str = _key('"postgresql".', Scalar(kinds.text))
    name: str = _key("The database's name.", Scalar(kinds.text))
    user: str = _key("The role that owns it.", Scalar(kinds.text))
    password_file: str = _key(
        "A file with the role's password, for nobody but you to read; from the folder of federation.toml.",
        Scalar(kinds.text),
    )
    host: str = _key("Its host, or the folder of its socket.", Scalar(kinds.text), "127.0.0.1")
    port: int = _key("Its port.", Scalar(kinds.port), 5432)


Database = Sqlite | Postgres


@dataclass(frozen=True, slots=True)
class Homeserver:
    """One member of the federation. `name` is for people and folders, `server_name` is what Matrix ids end in."""

    name: str = _key("Short name, for people and folders.", Scalar(kinds.name))
    server_name: str = _key(
        "What its agents' Matrix ids end in. It can never be changed afterwards.", Scalar(kinds.server_name)
    )
    client_port: int = _key("Where Matrix clients come in (plain HTTP: behind your TLS proxy).", Scalar(kinds.port))
    federation_port: int = _key("Where the other homeservers come in, by the gateway (TLS 1.3).", Scalar(kinds.port))
    hub: bool = _key("Whether it is the hub, with the bridge and the bots. Exactly one is.", Scalar(kinds.flag), False)
    host: str = _key("The address it listens on, and where the gateway finds it.", Scalar(kinds.host), "127.0.0.1")
    public_url: str = _key("What clients use, where it is not the client port itself.", Scalar(kinds.url), "")
    login: str = _key("How its agents sign in.", Scalar(kinds.login), "password")
    database: Database = _key(
        "Where it keeps everything but media.",
        Choice("engine", {"sqlite": Sqlite, "postgresql": Postgres}),
        Sqlite(),
    )

    @property
    def client_url(self) -> str:
        """Where its client API answers from this machine, without a slash at the end."""
        return f"http://{self.host}:{self.client_port}"


@dataclass(frozen=True, slots=True)
class Gateway:
    """The only way from one homeserver to another: a CONNECT gateway with a closed table."""

    host: str = _key("The address it listens on.", Scalar(kinds.host), "127.0.0.1")
    port: int = _key("Its port.", Scalar(kinds.port), 8404)


@dataclass(frozen=True, slots=True)
class Appservice:
    """The bridge, as the hub's homeserver knows it."""

    user: str = _key("Local part of its Matrix id on the hub.", Scalar(kinds.localpart), "parvis")
    host: str = _key("The address where the hub's homeserver finds it.", Scalar(kinds.host), "127.0.0.1")
    port: int = _key("Its port.", Scalar(kinds.port), 8405)


@dataclass(frozen=True, slots=True)
class Federation:
    """The whole of a federation file. `source` is the file, for messages and relative paths."""

    homeservers: tuple[Homeserver, ...] = _key("One homeserver each.", Tables(Homeserver), toml="homeserver")
    gateway: Gateway = _key("The gateway between the homeservers.", Table(Gateway), Gateway())
    appservice: Appservice = _key("The bridge's registration on the hub.", Table(Appservice), Appservice())
    limits: Limits = _key("What each may do at most, on every homeserver.", Table(Limits), Limits())
    max_upload: int = _key("The largest media file: bytes, or such as “100M”.", Scalar(kinds.size), 1 << 30)
    log_level: str = _key("What the homeservers log: INFO, WARNING or ERROR.", Scalar(kinds.log_level), "WARNING")
    source: Path = Path("federation.toml")

    @property
    def hub(self) -> Homeserver:
        """The one homeserver that has the bridge and the bots."""
        return next(homeserver for homeserver in self.homeservers if homeserver.hub)

    @property
    def server_names(self) -> tuple[str, ...]:
        """Every member's server name: the allowlist."""
        return tuple(homeserver.server_name for homeserver in self.homeservers)

    @property
    def bridge_id(self) -> str:
        """The bridge's full Matrix id."""
        return f"@{self.appservice.user}:{self.hub.server_name}"

    def homeserver(self, name: str) -> Homeserver:
        """The homeserver with this short name. Raises `FederationError` where there is none."""
        for homeserver in self.homeservers:
            if homeserver.name == name:
                return homeserver
        names = ", ".join(homeserver.name for homeserver in self.homeservers)
        raise FederationError(f"There is no homeserver “{name}” in {self.source}; there are {names}.")

    def only(self, *names: str) -> Federation:
        """The same federation with the hub and these homeservers alone. Raises `FederationError` as `homeserver`."""
        kept = {self.hub.name, *(self.homeserver(name).name for name in names)}
        return dataclasses.replace(self, homeservers=tuple(one for one in self.homeservers if one.name in kept))

    def shifted(self, by: int) -> Federation:
        """The same federation with every port of ours moved by `by` (not a database's). Raises `FederationError`."""
        if not by:
            return self
        moved = dataclasses.replace(
            self,
            gateway=dataclasses.replace(self.gateway, port=self.gateway.port + by),
            appservice=dataclasses.replace(self.appservice, port=self.appservice.port + by),
            homeservers=tuple(
                dataclasses.replace(one, client_port=one.client_port + by, federation_port=one.federation_port + by)
                for one in self.homeservers
            ),
        )
        if not all(0 < port <= LAST_PORT for _, _, port in moved.sockets()):
            raise FederationError(f"Ports moved by {by} would not be between 1 and {LAST_PORT}; choose another shift.")
        return moved

    def sockets(self) -> list[tuple[str, str, int]]:
        """What listens where: (who, address, port)."""
        listening = [
            ("gateway", self.gateway.host, self.gateway.port),
            ("bridge", self.appservice.host, self.appservice.port),
        ]
        for one in self.homeservers:
            listening.append((f"{one.name} (clients)", one.host, one.client_port))
            listening.append((f"{one.name} (federation)", one.host, one.federation_port))
        return listening
