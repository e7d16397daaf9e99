"""Where everything is: from a home and a port shift to every path, port and address of a running Parvis.

The homeservers' and the gateway's own ports are in `federation.toml` (`synapse_config.model.Federation`), shifted by
the same number.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Self

from parvis.files import read_json

HOST = "127.0.0.1"
#: Where homes are, unless told otherwise.
DEFAULT_HOME = Path(".parvis")
#: The largest shift that keeps every default port below 65536.
MAX_SHIFT = 57_000


class Port(IntEnum):
    """The ports of ours before the shift. SeaweedFS derives gRPC ports that collide with others unless it is told."""

    WEB = 8400
    PROCONNECT = 8401
    S3 = 8402
    NATS = 8403
    WEED_MASTER = 8410
    WEED_FILER = 8411
    WEED_VOLUME = 8412
    WEED_S3_GRPC = 8413
    WEED_MASTER_GRPC = 8414
    WEED_FILER_GRPC = 8415
    WEED_VOLUME_GRPC = 8416
    WEED_ADMIN = 8417
    WEED_ADMIN_GRPC = 8418

    @property
    def part(self) -> str:
        """Which part listens there."""
        return "s3" if self in WEED_PORTS else self.name.lower()


#: What SeaweedFS listens on.
WEED_PORTS = (Port.S3, *(port for port in Port if port.name.startswith("WEED_")))


@dataclass(frozen=True)
class Layout:
    """One Parvis on this machine. `home` is absolute."""

    home: Path
    port_shift: int = 0

    @classmethod
    def of(cls, home: Path, port_shift: int | None = None) -> Self:
        """The layout of `home`, with the shift that it was started with last where none is given."""
        home = home.absolute()
        if port_shift is None:
            known = (read_json(home / "parvis.json") or {}).get("port_shift")
            port_shift = known if isinstance(known, int) else 0
        return cls(home, port_shift)

    # -- addresses

    def port(self, port: Port) -> int:
        """The port as it is used here."""
        return port + self.port_shift

    def _http(self, port: Port) -> str:
        return f"http://{HOST}:{self.port(port)}"

    @property
    def workspace_url(self) -> str:
        """Where people open the workspace."""
        return self._http(Port.WEB)

    @property
    def proconnect_url(self) -> str:
        """The development provider of OpenID Connect; its issuer is below it."""
        return self._http(Port.PROCONNECT)

    @property
    def issuer(self) -> str:
        """The OpenID Connect issuer, in ProConnect's shape."""
        return f"{self.proconnect_url}/api/v2"

    @property
    def s3_url(self) -> str:
        """The S3 endpoint."""
        return self._http(Port.S3)

    @property
    def nats_url(self) -> str:
        """NATS."""
        return f"nats://{HOST}:{self.port(Port.NATS)}"

    # -- folders

    @property
    def secrets(self) -> Path:
        """Everything secret, one a file."""
        return self.home / "secrets"

    @property
    def federation(self) -> Path:
        """What `synapse_config` renders, with the homeservers' data."""
        return self.home / "federation"

    @property
    def run(self) -> Path:
        """What is of use while it runs: sockets, lock, status."""
        return self.home / "run"

    @property
    def logs(self) -> Path:
        """One log a part."""
        return self.home / "logs"

    @property
    def config(self) -> Path:
        """What we render for the parts that want a file."""
        return self.home / "config"

    def data(self, part: str) -> Path:
        """Where a part keeps its data."""
        return self.home / "data" / part

    def folders(self) -> tuple[Path, ...]:
        """All of them, parents first. Each is for its owner alone."""
        parts = ("nats", "s3", "workspace", "find", "bridge", "bots")
        return (
            self.home,
            self.secrets,
            self.secrets / "identities",
            self.run,
            self.logs,
            self.config,
            self.home / "data",
            *(self.data(part) for part in parts),
        )

    # -- files

    @property
    def lock(self) -> Path:
        """Held by the one supervisor of this home."""
        return self.run / "supervisor.lock"

    @property
    def status(self) -> Path:
        """What the supervisor says of its parts."""
        return self.run / "status.json"

    @property
    def agents(self) -> Path:
        """Who the demo's agents are (`parvis chat` reads it too)."""
        return self.run / "agents.json"

    @property
    def settings(self) -> Path:
        """What was chosen for this home at its last start; it marks it as one (`home`)."""
        return self.home / "parvis.json"

    @property
    def done(self) -> Path:
        """What provisioning has done already."""
        return self.home / "data" / "provisioned.json"

    @property
    def toured(self) -> Path:
        """There when the tour was played."""
        return self.home / "data" / "toured"

    @property
    def nats_conf(self) -> Path:
        """NATS' configuration; it holds its password."""
        return self.secrets / "nats.conf"

    @property
    def s3_conf(self) -> Path:
        """SeaweedFS' identities; it holds the keys."""
        return self.secrets / "s3.json"

    @property
    def proconnect_conf(self) -> Path:
        """The development provider's clients and people; it holds the client's secret."""
        return self.secrets / "proconnect.json"

    @property
    def services(self) -> Path:
        """The service credentials that the workspace takes: only their SHA-256."""
        return self.secrets / "services.json"

    def log(self, part: str) -> Path:
        """The log of a part."""
        return self.logs / f"{part}.log"
