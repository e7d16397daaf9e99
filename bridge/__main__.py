"""`python -m bridge`: the appservice as a process. It stops within seconds on SIGTERM or SIGINT."""

from __future__ import annotations

import os
import sys

from bridge.matrix.identity import IdentityLost
from bridge.matrix.secretfiles import BadSecret
from bridge.ports import RoomError
from bridge.service import serve
from bridge.settings import Settings
from contract.errors import ContractError
from contract.process import configure_logs, run_until_told


def main() -> int:
    """The process's exit code."""
    try:
        settings = Settings.of(os.environ)
        configure_logs(settings.log_level)
        run_until_told(serve(settings))
    except (ContractError, RoomError, BadSecret, IdentityLost, OSError) as error:
        sys.stderr.write(f"bridge: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
