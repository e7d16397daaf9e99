"""Renders what the parts need before they start: secrets, configurations, the federation. Again, it changes nothing.

Everything is made from the home's own secrets and `federation.toml`; nothing is asked of anybody.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from parvis import home
from parvis.errors import BadHome, NotRunning, ParvisError
from parvis.files import private_folder, read_json, write, write_json
from parvis.layout import HOST, Layout, Port
from parvis.people import AGENTS
from parvis.secrets import Secrets
from synapse_config import config as federation_file
from synapse_config.errors import FederationError
from synapse_config.model import Federation
from synapse_config.render import Rendered, RenderedHomeserver, render

#: What each service of ours may ask the workspace for, and what people can allow it to do for them.
SCOPES = {"bridge": ("audience", "identities", "rooms"), "find": ("audience", "identities")}
ACTS = {"bridge": ("read", "save", "comment", "share"), "find": ("read",)}
NATS_USER, S3_USER, CLIENT_ID, BOT = "parvis", "parvis", "workspace", "find"
#: The ministry's own bot, where the federation has that homeserver; its service account has the same name.
COURIER, COURIER_HOME, ACCOUNT_TOKEN = "courier", "culture", "pvs_"
#: An account of the hub that lifts limits; nobody signs in with it otherwise.
OPERATOR = "operator"
#: What no federation file may give to the bridge or to a homeserver.
_TAKEN = federation_file.Taken(
    users={BOT: "the bot’s name", OPERATOR: "the operator’s account"},
    ports={port: f"{port.part} (parvis up)" for port in Port},
    host=HOST,
)
#: Where the federation is described, if there is no such file where `parvis` is called first.
SHIPPED = Path(__file__).resolve().parent.parent / "federation.toml"


@dataclass(frozen=True)
class Setup:
    """A home that is ready to be started. `federation` has its ports shifted."""

    layout: Layout
    secrets: Secrets
    federation: Federation
    rendered: Rendered

    @property
    def bot_id(self) -> str:
        """Who `find` is."""
        return f"@{BOT}:{self.rendered.hub.server_name}"

    @property
    def courier_home(self) -> RenderedHomeserver | None:
        """The homeserver of `courier`, a ministry's."""
        homes = (one for one in self.rendered.homeservers if one.name == COURIER_HOME)
        return next((one for one in homes if one.name != self.rendered.hub.name), None)

    @property
    def courier_id(self) -> str | None:
        """Who `courier` is."""
        return f"@{COURIER}:{self.courier_home.server_name}" if self.courier_home else None

    @property
    def bridge_id(self) -> str:
        """Who the bridge is."""
        return f"@{self.federation.appservice.user}:{self.rendered.hub.server_name}"


def federation_of(layout: Layout, file: Path | None = None) -> Federation:
    """The federation of this home. Raises `ParvisError` that names what is wrong in the file."""
    try:
        return federation_file.load(_file_of(layout, file), _TAKEN).shifted(layout.port_shift)
    except FederationError as error:
        raise ParvisError(str(error), "Mend the file, then try again.") from error


def _file_of(layout: Layout, file: Path | None) -> Path:
    """The file that is named; else that of the last time; else that of the folder one is in; else the shipped one."""
    here = Path("federation.toml")
    return file or home.federation_file(layout, SHIPPED) or (here if here.exists() else SHIPPED)


def sockets(layout: Layout, federation: Federation) -> list[tuple[str, str, int]]:
    """What listens where, of all of Parvis: (who, address, port)."""
    return [*((port.part, HOST, layout.port(port)) for port in Port), *federation.sockets()]


def prepare(layout: Layout, file: Path | None = None) -> Setup:
    """Render everything. Raises `ParvisError`."""
    federation = federation_of(layout, file)
    home.settle(layout)
    accounts_kept(layout)
    with _disk_in_words(layout):
        for folder in layout.folders():
            private_folder(folder)
        secrets = Secrets(layout.secrets)
        _nats(layout, secrets)
        _s3(layout, secrets)
        _services(layout, secrets)
        _proconnect(layout, secrets)
        setup = Setup(layout, secrets, federation, rendered(layout, federation))
        _agents(layout, setup.rendered)
    return setup


def load(layout: Layout) -> Setup:
    """What `prepare` has rendered, for the commands that only look: nothing is written. Raises `ParvisError`."""
    if not (home.is_home(layout.home) and layout.federation.exists()):
        raise NotRunning(f"Nothing was prepared in {layout.home} yet.", "Start Parvis first: parvis up")
    federation = federation_of(layout)
    secrets = Secrets(layout.secrets, may_make=False)
    return Setup(layout, secrets, federation, rendered(layout, federation, dry=True))


def rendered(layout: Layout, federation: Federation, *, dry: bool = False) -> Rendered:
    """Render the federation alone; with `dry` only say what that would change. Raises `ParvisError`."""
    if not dry:
        home.settle(layout)
    try:
        with _disk_in_words(layout):
            made = render(federation, layout.federation, dry=dry)
    except FederationError as error:
        advice = f"This is by {federation.source}. If the home was made from another file, name that: --federation"
        raise ParvisError(str(error), advice) from error
    if not dry:
        home.remember(layout, None if federation.source.resolve() == SHIPPED else federation.source)
    return made


def accounts_kept(layout: Layout) -> None:
    """The passwords of the accounts that were made are there. Raises `BadHome`: new ones would open nothing."""
    made = (read_json(layout.done) or {}).get("accounts", [])
    names = [f"agents/{agent.id}" for agent in AGENTS if agent.id in made]
    if made:
        names += [f"bots/{BOT}", f"bots/{OPERATOR}"]
    if any(name.startswith(f"@{COURIER}:") for name in made):
        names.append(f"bots/{COURIER}")
    if gone := [name for name in names if not (layout.secrets / name).exists()]:
        what = f"The secret {layout.secrets / gone[0]} is gone, and its account was made with it."
        raise BadHome(what, "Put it back from a backup. Without one: parvis reset deletes everything and begins anew.")


@contextmanager
def _disk_in_words(layout: Layout) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = f"{error.filename or layout.home} cannot be used ({error.strerror})."
        raise BadHome(what, "parvis doctor looks at the disk and the permissions.") from error


def _nats(layout: Layout, secrets: Secrets) -> None:
    """JetStream on loopback, for who knows the password; what was acknowledged is on the disk."""
    store = json.dumps(str(layout.data("nats")), ensure_ascii=False)  # it knows no \u escapes
    user, password = json.dumps(NATS_USER), json.dumps(secrets.value("nats"))
    write(
        layout.nats_conf,
        f"""\
listen: "{HOST}:{layout.port(Port.NATS)}"
server_name: parvis
jetstream {{ store_dir: {store}, sync_interval: always, max_memory_store: 64MB, max_file_store: 4GB }}
authorization {{ users: [ {{ user: {user}, password: {password} }} ] }}
max_payload: 1MB
""",
    )


def _s3(layout: Layout, secrets: Secrets) -> None:
    write(secrets.folder / "s3-access-key", f"{S3_USER}\n")
    keys = [{"accessKey": S3_USER, "secretKey": secrets.value("s3-secret-key")}]
    write_json(layout.s3_conf, {"identities": [{"name": S3_USER, "credentials": keys, "actions": ["Admin"]}]})


def _services(layout: Layout, secrets: Secrets) -> None:
    write_json(
        layout.services,
        {
            service: {
                "token_sha256": secrets.sha256(f"services/{service}"),
                "scopes": list(scopes),
                "acts": list(ACTS[service]),
            }
            for service, scopes in SCOPES.items()
        },
    )


def _proconnect(layout: Layout, secrets: Secrets) -> None:
    client = {
        "id": CLIENT_ID,
        "secret_file": str(secrets.path("oidc-client")),
        "redirect_uris": [f"{layout.workspace_url}/oidc/callback/"],
        "post_logout_redirect_uris": [
            f"{layout.workspace_url}/signed-out/",
            f"{layout.workspace_url}/oidc/logout-callback/",
        ],
        "userinfo_alg": "RS256",
    }
    people = [
        {
            "sub": agent.sub,
            "uid": agent.id,
            "email": agent.email,
            "given_name": agent.given_name,
            "usual_name": agent.usual_name,
            "siret": agent.siret,
        }
        for agent in AGENTS
    ]
    write_json(layout.proconnect_conf, {"issuer": layout.issuer, "clients": [client], "people": people})


def _agents(layout: Layout, rendered: Rendered) -> None:
    """For `parvis chat`, `parvis agents` and people: who there is, and where they sign in."""
    homeservers = {one.name: one for one in rendered.homeservers}
    write_json(
        layout.agents,
        {
            "agents": [
                {
                    "id": agent.id,
                    "name": agent.name,
                    "user_id": f"@{agent.id}:{homeservers[agent.homeserver].server_name}",
                    "homeserver": homeservers[agent.homeserver].client_url,
                }
                for agent in AGENTS
                if agent.homeserver in homeservers
            ]
        },
    )
