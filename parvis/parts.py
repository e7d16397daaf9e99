"""The parts of Parvis, as `parvis up` runs them: ordinary processes, configured by environment variables alone."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from parvis import accounts, probes, process, settings
from parvis.layout import HOST, WEED_PORTS, Layout, Port
from parvis.part import Part, Restart, Step, Work
from parvis.setup import ACCOUNT_TOKEN, BOT, CLIENT_ID, COURIER, NATS_USER, Setup
from synapse_config.render import RenderedHomeserver

#: What a part inherits of our environment: never a proxy, another program's settings or somebody's secrets.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE")
#: Parts that others can do without for a moment are started again for as long as it takes.
_PATIENT = Restart(tries=10)


def everything(setup: Setup) -> list[Work]:
    """Every part and step, each after what it needs. Raises `ParvisError` for a setting that none of them knows."""
    settings.check()
    homeservers = [_synapse(setup, homeserver) for homeserver in setup.rendered.homeservers]
    return [
        _nats(setup),
        _s3(setup),
        _proconnect(setup),
        _gateway(setup),
        _migrate(setup),
        *homeservers,
        _web(setup),
        _relay(setup),
        _indexer(setup),
        Step(
            "accounts",
            "the agents' accounts",
            lambda: accounts.make(setup),
            needs=frozenset(part.name for part in homeservers),
        ),
        _bridge(setup),
        _bot(setup),
        *_courier(setup),
    ]


def environment(layout: Layout, **variables: object) -> dict[str, str]:
    """The environment of a part."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    ours = {"PARVIS_RUN_DIR": layout.run, "PARVIS_LOG_LEVEL": settings.log_level(), "PYTHONUNBUFFERED": "1"}
    return {**inherited, **{name: str(value) for name, value in {**ours, **variables}.items()}}


def workspace_environment(setup: Setup) -> dict[str, str]:
    """That of every process of the workspace, and of `python -m workspace` by hand."""
    layout, secrets = setup.layout, setup.secrets
    return environment(
        layout,
        PARVIS_WORKSPACE_URL=layout.workspace_url,
        PARVIS_WORKSPACE_PORT=layout.port(Port.WEB),
        PARVIS_WORKSPACE_DATA=layout.data("workspace"),
        PARVIS_WORKSPACE_FIND_DIR=layout.data("find"),
        PARVIS_WORKSPACE_SECRET_KEY_FILE=secrets.path("workspace"),
        PARVIS_WORKSPACE_OIDC_ISSUER=layout.issuer,
        PARVIS_WORKSPACE_OIDC_CLIENT_ID=CLIENT_ID,
        PARVIS_WORKSPACE_OIDC_CLIENT_SECRET_FILE=secrets.path("oidc-client"),
        PARVIS_WORKSPACE_S3_URL=layout.s3_url,
        PARVIS_WORKSPACE_S3_ACCESS_KEY_FILE=secrets.path("s3-access-key"),
        PARVIS_WORKSPACE_S3_SECRET_KEY_FILE=secrets.path("s3-secret-key"),
        PARVIS_WORKSPACE_NATS_URL=layout.nats_url,
        PARVIS_WORKSPACE_NATS_USER=NATS_USER,
        PARVIS_WORKSPACE_NATS_PASSWORD_FILE=secrets.path("nats"),
        PARVIS_WORKSPACE_SERVICES_FILE=layout.services,
    )


def python(module: str, *arguments: str) -> tuple[str, ...]:
    """A module of ours, run by the Python that runs us."""
    return (sys.executable, "-m", module, *arguments)


def _program(name: str) -> str:
    """A program that a package brought, beside the Python that runs us."""
    return str(Path(sys.executable).with_name(name))


def _nats(setup: Setup) -> Part:
    layout = setup.layout
    return Part(
        "nats",
        "the events (NATS JetStream)",
        (_program("nats-server"), "-c", str(layout.nats_conf)),
        environment(layout),
        ports=(layout.port(Port.NATS),),
        probe=probes.listens(layout.port(Port.NATS)),
    )


def _s3(setup: Setup) -> Part:
    layout = setup.layout
    ports = {
        "s3.port": Port.S3,
        "s3.port.grpc": Port.WEED_S3_GRPC,
        "master.port": Port.WEED_MASTER,
        "master.port.grpc": Port.WEED_MASTER_GRPC,
        "filer.port": Port.WEED_FILER,
        "filer.port.grpc": Port.WEED_FILER_GRPC,
        "volume.port": Port.WEED_VOLUME,
        "volume.port.grpc": Port.WEED_VOLUME_GRPC,
        "admin.port": Port.WEED_ADMIN,
        "admin.port.grpc": Port.WEED_ADMIN_GRPC,
    }
    command = (
        *(_program("weed"), "-logtostderr=true", "mini", f"-dir={layout.data('s3')}"),
        *(f"-ip={HOST}", f"-ip.bind={HOST}", "-disableHttp=true", "-master.telemetry=false"),
        *("-admin.ui=false", "-webdav=false", "-s3.port.iceberg=0", "-s3.port.lance=0"),
        *("-s3.autoCreateBucket=false", f"-s3.config={layout.s3_conf}"),
        f"-s3.allowedOrigins={layout.workspace_url}",
        *(f"-{name}={layout.port(port)}" for name, port in ports.items()),
    )
    return Part(
        "s3",
        "the files' objects (SeaweedFS)",
        command,
        environment(layout),
        ports=tuple(layout.port(port) for port in WEED_PORTS),
        probe=probes.listens(layout.port(Port.S3)),
        folder=layout.data("s3"),
    )


def _proconnect(setup: Setup) -> Part:
    layout = setup.layout
    variables = environment(
        layout,
        PARVIS_PROCONNECT_PORT=layout.port(Port.PROCONNECT),
        PARVIS_PROCONNECT_CONFIG=layout.proconnect_conf,
    )
    return Part(
        "proconnect",
        "sign-in (a development ProConnect)",
        python("workspace.proconnect"),
        variables,
        ports=(layout.port(Port.PROCONNECT),),
        probe=probes.answers(f"{layout.proconnect_url}/healthz"),
    )


def _gateway(setup: Setup) -> Part:
    port = setup.federation.gateway.port
    return Part(
        "gateway",
        "the federation's gateway",
        setup.rendered.gateway_command,
        environment(setup.layout),
        ports=(port,),
        probe=probes.listens(port),
    )


def _synapse(setup: Setup, homeserver: RenderedHomeserver) -> Part:
    ports = (int(homeserver.client_url.rsplit(":", 1)[1]), homeserver.federation_port)
    return Part(
        f"synapse-{homeserver.name}",
        f"the homeserver {homeserver.server_name}",
        homeserver.command,
        environment(setup.layout),
        needs=frozenset({"gateway"}),
        ports=ports,
        probe=probes.answers(f"{homeserver.client_url}/health"),
        folder=homeserver.folder,
    )


def _migrate(setup: Setup) -> Step:
    variables = workspace_environment(setup)
    return Step("migrate", "the workspace's database", lambda: process.run(python("workspace", "migrate"), variables))


def _web(setup: Setup) -> Part:
    layout = setup.layout
    return Part(
        "web",
        "the workspace",
        python("workspace", "serve"),
        workspace_environment(setup),
        needs=frozenset({"migrate", "s3", "proconnect"}),
        ports=(layout.port(Port.WEB),),
        probe=probes.answers(f"{layout.workspace_url}/healthz"),
    )


def _relay(setup: Setup) -> Part:
    return Part(
        "relay",
        "the workspace's events on their way out",
        python("workspace", "relay"),
        workspace_environment(setup),
        needs=frozenset({"migrate", "nats"}),
        restart=_PATIENT,
    )


def _indexer(setup: Setup) -> Part:
    return Part(
        "indexer",
        "the search's index",
        python("workspace", "indexer"),
        workspace_environment(setup),
        needs=frozenset({"migrate", "nats", "s3"}),
        restart=_PATIENT,
    )


def _bridge(setup: Setup) -> Part:
    layout, secrets, hub = setup.layout, setup.secrets, setup.rendered.hub
    port = setup.federation.appservice.port
    variables = environment(
        layout,
        PARVIS_BRIDGE_HOMESERVER_URL=hub.client_url,
        PARVIS_BRIDGE_SERVER_NAME=hub.server_name,
        PARVIS_BRIDGE_USER=setup.federation.appservice.user,
        PARVIS_BRIDGE_REGISTRATION=setup.rendered.registration,
        PARVIS_BRIDGE_PORT=port,
        PARVIS_BRIDGE_DATA=layout.data("bridge"),
        PARVIS_BRIDGE_SECRETS=layout.secrets / "bridge",
        PARVIS_BRIDGE_WORKSPACE_URL=layout.workspace_url,
        PARVIS_BRIDGE_WORKSPACE_TOKEN_FILE=secrets.path("services/bridge"),
        PARVIS_BRIDGE_NATS_URL=layout.nats_url,
        PARVIS_BRIDGE_NATS_USER=NATS_USER,
        PARVIS_BRIDGE_NATS_PASSWORD_FILE=secrets.path("nats"),
        PARVIS_BRIDGE_SERVICE_USERS=_services(setup.bot_id, setup.courier_id),
        **settings.passed_on("PARVIS_BRIDGE_"),
    )
    return Part(
        "bridge",
        f"the bridge {setup.bridge_id}",
        python("bridge"),
        variables,
        needs=frozenset({"nats", f"synapse-{hub.name}", "web"}),
        ports=(port,),
        probe=probes.answers(f"http://{HOST}:{port}/health"),
        restart=_PATIENT,
    )


def _bot(setup: Setup) -> Part:
    layout, secrets, hub = setup.layout, setup.secrets, setup.rendered.hub
    variables = environment(
        layout,
        PARVIS_FIND_HOMESERVER_URL=hub.client_url,
        PARVIS_FIND_USER_ID=setup.bot_id,
        PARVIS_FIND_PASSWORD_FILE=secrets.path(f"bots/{BOT}"),
        PARVIS_FIND_DATA=layout.data("bots") / BOT,
        PARVIS_FIND_SECRETS=layout.secrets / "bots" / f"{BOT}-identity",
        PARVIS_FIND_WORKSPACE_URL=layout.workspace_url,
        PARVIS_FIND_WORKSPACE_TOKEN_FILE=secrets.path("services/find"),
        PARVIS_FIND_SERVICE_USERS=_services(setup.bot_id, setup.bridge_id, setup.courier_id),
        **settings.passed_on("PARVIS_FIND_"),
    )
    return Part(
        f"bot-{BOT}",
        f"the bot {setup.bot_id}",
        python("bots.find"),
        variables,
        needs=frozenset({"accounts", "web"}),
        restart=_PATIENT,
    )


def _courier(setup: Setup) -> list[Work]:
    """A ministry's bot, with its service account of the workspace: it reaches the workspace's address and no other."""
    layout, secrets, home = setup.layout, setup.secrets, setup.courier_home
    if home is None or setup.courier_id is None:
        return []
    token = secrets.token(f"services/{COURIER}", ACCOUNT_TOKEN)
    made = python("workspace", "service-account", COURIER, "--token-file", str(token))
    account = Step(
        "service-accounts",
        "the courier’s account of the workspace",
        lambda: process.run(made, workspace_environment(setup)),
        needs=frozenset({"migrate"}),
    )
    variables = environment(
        layout,
        PARVIS_COURIER_HOMESERVER_URL=home.client_url,
        PARVIS_COURIER_USER_ID=setup.courier_id,
        PARVIS_COURIER_PASSWORD_FILE=secrets.path(f"bots/{COURIER}"),
        PARVIS_COURIER_DATA=layout.data("bots") / COURIER,
        PARVIS_COURIER_SECRETS=layout.secrets / "bots" / f"{COURIER}-identity",
        PARVIS_COURIER_WORKSPACE_URL=layout.workspace_url,
        PARVIS_COURIER_WORKSPACE_TOKEN_FILE=token,
        PARVIS_COURIER_SERVICE_USERS=_services(setup.courier_id, setup.bridge_id, setup.bot_id),
        **settings.passed_on("PARVIS_COURIER_"),
    )
    bot = Part(
        f"bot-{COURIER}",
        f"the bot {setup.courier_id}",
        python("bots.courier"),
        variables,
        needs=frozenset({"accounts", "service-accounts", "web"}),
        restart=_PATIENT,
    )
    return [account, bot]


def _services(*users: str | None) -> str:
    """Who is in rooms without being an agent."""
    return ",".join(user for user in users if user)
