"""Renders what the parts need before they start: secrets, configurations, the federation. Again, it changes nothing.

Everything is made from the home's own secrets and `federation.toml`; nothing is asked of anybody.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from parvis.errors import ParvisError
from parvis.files import private_folder, write, write_json
from parvis.layout import HOST, Layout, Port
from parvis.people import AGENTS
from parvis.secrets import Secrets
from synapse_config import config as federation_file
from synapse_config.errors import FederationError
from synapse_config.model import Federation
from synapse_config.render import Rendered, render

#: What each service of ours may ask the workspace for.
SCOPES = {"bridge": ("audience", "identities", "rooms"), "find": ("audience", "identities", "search")}
NATS_USER, S3_USER, CLIENT_ID, BOT = "parvis", "parvis", "workspace", "find"
#: Where the federation is described, if there is no such file where `parvis` is called.
_SHIPPED = Path(__file__).resolve().parent.parent / "federation.toml"


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
    def bridge_id(self) -> str:
        """Who the bridge is."""
        return f"@{self.federation.appservice.user}:{self.rendered.hub.server_name}"


def federation_of(layout: Layout, file: Path | None = None) -> Federation:
    """The federation of this home. Raises `ParvisError` that names what is wrong in the file."""
    if file is None:
        here = Path("federation.toml")
        file = here if here.exists() else _SHIPPED
    try:
        return federation_file.load(file).shifted(layout.port_shift)
    except FederationError as error:
        raise ParvisError(str(error), "Mend the file, then try again.") from error


def prepare(layout: Layout, file: Path | None = None) -> Setup:
    """Render everything. Raises `ParvisError`."""
    federation = federation_of(layout, file)
    for folder in layout.folders():
        private_folder(folder)
    secrets = Secrets(layout.secrets)
    _nats(layout, secrets)
    _s3(layout, secrets)
    _services(layout, secrets)
    _proconnect(layout, secrets)
    try:
        rendered = render(federation, layout.federation)
    except FederationError as error:
        raise ParvisError(str(error), "parvis federation render says the same; parvis reset begins anew.") from error
    _agents(layout, rendered)
    layout.remember()
    return Setup(layout, secrets, federation, rendered)


def _nats(layout: Layout, secrets: Secrets) -> None:
    """JetStream on loopback, for who knows the password; what was acknowledged is on the disk."""
    store = json.dumps(str(layout.data("nats")))
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
            service: {"token_sha256": secrets.sha256(f"services/{service}"), "scopes": list(scopes)}
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
