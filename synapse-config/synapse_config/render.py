"""Renders a federation: everything that each homeserver, the gateway and the bridge's registration need, on the disk.

Rendering again changes what the federation file changed and nothing else; no key and no secret is ever lost or made
anew. `python -m synapse_config render` and `parvis` call it.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import re
import secrets
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from signedjson.key import generate_signing_key, read_signing_keys, write_signing_keys

from synapse_config import homeserver as synapse
from synapse_config.authority import Authority, authority, leaf
from synapse_config.errors import NotRendered
from synapse_config.files import SECRET, Writer
from synapse_config.model import Federation, Homeserver, Postgres

_NOTICE = "# Made from {source} by parvis; what you change here is lost. Change {source} and render again.\n"
_SECRETS = ("macaroon_secret_key", "form_secret", "registration_shared_secret")


@dataclass(frozen=True, slots=True)
class RenderedHomeserver:
    """One homeserver as it is on the disk, and how to start it."""

    name: str
    server_name: str
    hub: bool
    folder: Path
    config: Path
    secrets: Path
    client_url: str
    federation_host: str
    federation_port: int
    overrides: tuple[Path, ...] = ()

    @property
    def command(self) -> tuple[str, ...]:
        """What starts it, in the foreground, logging to standard error. It needs the gateway.

        Each file's top-level keys replace those of the files before it; only `check` gives `overrides`.
        """
        files = (self.config, self.secrets, *self.overrides)
        return (sys.executable, "-m", "synapse.app.homeserver", *(word for file in files for word in ("-c", str(file))))

    @property
    def registration_shared_secret(self) -> str:
        """What `accounts.register` needs; read from the secrets' file, so that it is not kept in memory or shown."""
        return str(_mapping(self.secrets)["registration_shared_secret"])

    @property
    def signing_key(self) -> Path:
        """The homeserver's identity towards the others: a file that is never to be lost or shown."""
        return self.folder / "signing.key"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A federation on the disk. `changes` says in words what this rendering changed, nothing if it is empty."""

    folder: Path
    homeservers: tuple[RenderedHomeserver, ...]
    authority: Path
    registration: Path
    gateway: Path
    changes: tuple[str, ...]

    @property
    def gateway_command(self) -> tuple[str, ...]:
        """What starts the gateway, in the foreground, logging to standard error."""
        return (sys.executable, "-m", "synapse_config.gateway", str(self.gateway))

    @property
    def hub(self) -> RenderedHomeserver:
        """The homeserver with the bridge and the bots."""
        return next(one for one in self.homeservers if one.hub)

    def homeserver(self, name: str) -> RenderedHomeserver:
        """The homeserver with this short name. Raises `KeyError` where there is none."""
        for one in self.homeservers:
            if one.name == name:
                return one
        raise KeyError(name)


def render(federation: Federation, folder: Path, *, dry: bool = False) -> Rendered:
    """Writes below `folder` (mode 700) all that `federation` needs, keeping every key and secret that is there.

    With `dry` nothing is written: `changes` then says what rendering would change, nothing where all is as it should.

    Raises `NotRendered` where a key is missing that cannot be made again, and `OSError` where the disk refuses.
    """
    folder = folder.resolve()
    writer = Writer(folder, dry=dry)
    writer.folder(folder)
    with contextlib.nullcontext() if dry else _alone(folder):
        issuer = authority(writer, folder / "ca")
        registration = _registration(writer, federation, folder / "appservices")
        homeservers = tuple(
            _homeserver(writer, federation, one, issuer, registration) for one in federation.homeservers
        )
        gateway = folder / "gateway.json"
        writer.write(gateway, json.dumps(gateway_table(federation), indent=2) + "\n")
    return Rendered(folder, homeservers, issuer.path, registration, gateway, tuple(writer.changes))


def gateway_table(federation: Federation) -> dict[str, Any]:
    """`gateway.json`: where the gateway listens, and where each name and port that it lets through is.

    443 is where a member's well-known file sends the others; 8448 is what Synapse falls back to while that file could
    not be read (a member that was down a moment ago).
    """
    routes = {
        f"{one.server_name}:{port}": {"host": one.host, "port": one.federation_port}
        for one in federation.homeservers
        for port in (443, 8448)
    }
    return {"listen": {"host": federation.gateway.host, "port": federation.gateway.port}, "routes": routes}


def _homeserver(
    writer: Writer, federation: Federation, homeserver: Homeserver, issuer: Authority, registration: Path
) -> RenderedHomeserver:
    folder = writer.folder(writer.root / homeserver.name)
    places = synapse.Places(folder, issuer.path, (registration,) if homeserver.hub else ())
    notice = _NOTICE.format(source=federation.source.name)
    _same_server(folder, homeserver)
    leaf(writer, folder, homeserver.server_name, issuer)
    _signing_key(writer, folder)
    config, hidden = folder / "homeserver.yaml", folder / "secrets.yaml"
    writer.write(hidden, notice + _dump(_secrets(hidden, federation, homeserver, places)), SECRET)
    writer.write(folder / "log.yaml", notice + _dump(synapse.log_settings(federation)))
    writer.write(config, notice + _dump(synapse.settings(federation, homeserver, places)))
    return RenderedHomeserver(
        name=homeserver.name,
        server_name=homeserver.server_name,
        hub=homeserver.hub,
        folder=folder,
        config=config,
        secrets=hidden,
        client_url=homeserver.client_url,
        federation_host=homeserver.host,
        federation_port=homeserver.federation_port,
    )


def _same_server(folder: Path, homeserver: Homeserver) -> None:
    """A database belongs to one server name for ever: refuse to give it another."""
    config = folder / "homeserver.yaml"
    before = _mapping(config).get("server_name") if config.exists() else None
    if before not in (None, homeserver.server_name):
        raise NotRendered(
            f"{folder} belongs to {before}, and the federation file now says {homeserver.server_name}. A homeserver "
            f"cannot change its name: write {before} again, or give the new one another short name than "
            f"“{homeserver.name}”."
        )


def _signing_key(writer: Writer, folder: Path) -> None:
    path = folder / "signing.key"
    if path.exists():
        key = _read_signing_key(path)
    elif (folder / "homeserver.db").exists():
        raise NotRendered(
            f"{path} is missing, and {folder.name} has data: with another key the other homeservers would take it for "
            "an impostor. Put the file back from a backup."
        )
    else:
        key = generate_signing_key(f"a_{secrets.token_hex(3)}")
    writer.write(path, _signing_key_line(key), SECRET)


def _read_signing_key(path: Path) -> Any:
    try:
        with path.open(encoding="ascii") as file:
            return read_signing_keys(file)[0]
    except (ValueError, LookupError) as error:
        raise NotRendered(f"{path} is not a signing key. Put it back from a backup.") from error


def _signing_key_line(key: Any) -> str:
    lines = io.StringIO()
    write_signing_keys(lines, [key])
    return lines.getvalue()


def _secrets(path: Path, federation: Federation, homeserver: Homeserver, places: synapse.Places) -> dict[str, Any]:
    """What is secret of one homeserver: what there is already, and what is missing made once."""
    before = _mapping(path) if path.exists() else {}
    made: dict[str, Any] = {name: before.get(name) or secrets.token_urlsafe(32) for name in _SECRETS}
    made["database"] = synapse.database(homeserver, places, _database_password(federation, homeserver))
    return made


def _database_password(federation: Federation, homeserver: Homeserver) -> str:
    if not isinstance(homeserver.database, Postgres):
        return ""
    path = federation.source.parent / homeserver.database.password_file
    try:
        password = path.read_text(encoding="utf-8").strip()
        why = "it is empty"
    except OSError as error:
        password, why = "", str(error.strerror)
    except UnicodeDecodeError:
        password, why = "", "it is not UTF-8 text"
    if not password:
        raise NotRendered(
            f"The password of {homeserver.name}'s database cannot be read from {path} ({why}). "
            "Write it there, with mode 600, or correct password_file."
        )
    return password


def _registration(writer: Writer, federation: Federation, folder: Path) -> Path:
    """The bridge's registration on the hub; its two tokens are made once."""
    writer.folder(folder)
    path = folder / f"{federation.appservice.user}.yaml"
    before = _mapping(path) if path.exists() else {}
    user, server = re.escape(federation.appservice.user), re.escape(federation.hub.server_name)
    content = {
        "id": federation.appservice.user,
        "url": f"http://{federation.appservice.host}:{federation.appservice.port}",
        "as_token": before.get("as_token") or secrets.token_urlsafe(32),
        "hs_token": before.get("hs_token") or secrets.token_urlsafe(32),
        # Not the bridge's own user: Synapse answers 500 when the sender's user calls /sync.
        "sender_localpart": f"_appservice_{federation.appservice.user}",
        "namespaces": {"users": [{"exclusive": True, "regex": f"^@{user}:{server}$"}], "aliases": [], "rooms": []},
        "rate_limited": False,
        # Devices are made by the appservice itself, without a login (MSC4190).
        "io.element.msc4190": True,
    }
    writer.write(path, _NOTICE.format(source=federation.source.name) + _dump(content), SECRET)
    return path


def _mapping(path: Path) -> Mapping[str, Any]:
    """The mapping that the YAML file at `path` holds. Raises `NotRendered` where it holds none."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise NotRendered(f"{path} is not YAML any more. Put it back from a backup: it holds keys.") from error
    if not isinstance(content, dict):
        raise NotRendered(f"{path} is empty or no mapping. Put it back from a backup: it holds keys.")
    return content


def _dump(content: Mapping[str, Any]) -> str:
    return str(yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True, width=120))


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two renderings at the same time would each make their own keys."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
