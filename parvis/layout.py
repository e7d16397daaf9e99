"""Where everything is: one home folder, one shift of the ports, and every path, port and address that follows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

DEFAULT_HOME = Path(".parvis")
HOST = "127.0.0.1"
#: Above it, a shifted port would be none any more.
MAX_SHIFT = 40_000

#: The ports of a Parvis that is not shifted. The homeservers' and the gateway's are in federation.toml.
WEB, PROCONNECT, S3, NATS, BRIDGE = 8400, 8401, 8402, 8403, 8405
WEED_MASTER, WEED_FILER, WEED_VOLUME = 8410, 8411, 8412
WEED_GRPC = {"s3": 8413, "master": 8414, "filer": 8415, "volume": 8416, "admin": 8417, "admin.http": 8418}


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of one Parvis. `port_shift` is added to every port, so that several can run on one machine."""

    home: Path
    port_shift: int = 0

    @classmethod
    def of(cls, home: Path, port_shift: int | None = None) -> Layout:
        """The layout of `home`, with the shift that it was started with last where none is given."""
        home = home.absolute()
        if port_shift is None:
            try:
                port_shift = int(json.loads((home / "run" / "layout.json").read_text())["port_shift"])
            except (OSError, ValueError, KeyError):
                port_shift = 0
        return cls(home, port_shift)

    def remember(self) -> None:
        """Keep the shift for the commands that come after."""
        self.run.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.run / "layout.json").write_text(json.dumps({"port_shift": self.port_shift}))

    def port(self, base: int) -> int:
        """The port that is `base` where nothing is shifted."""
        return base + self.port_shift

    def url(self, base: int) -> str:
        """The address of the part whose port is `base` where nothing is shifted."""
        return f"http://{HOST}:{self.port(base)}"

    @property
    def secrets(self) -> Path:
        """One secret a file, mode 600."""
        return self.home / "secrets"

    @property
    def federation(self) -> Path:
        """What `synapse_config` renders."""
        return self.home / "federation"

    @property
    def run(self) -> Path:
        """Sockets, the lock, the status."""
        return self.home / "run"

    @property
    def logs(self) -> Path:
        """One log a part."""
        return self.home / "logs"

    def data(self, part: str) -> Path:
        """The folder of a part's data."""
        return self.home / "data" / part

    @property
    def workspace_url(self) -> str:
        """Where people open the workspace."""
        return self.url(WEB)

    @property
    def issuer(self) -> str:
        """The issuer of the development provider of OpenID Connect."""
        return f"{self.url(PROCONNECT)}/api/v2"
