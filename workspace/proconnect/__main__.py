"""`python -m workspace.proconnect`: the development provider as a process, on loopback."""

from __future__ import annotations

import logging
import os
import sys

from aiohttp import web

from contract.process import configure_logs
from workspace.proconnect.app import Provider
from workspace.proconnect.config import BadConfig, Config

log = logging.getLogger("proconnect")


def main() -> int:
    """The process's exit code."""
    try:
        config = Config.read(os.environ)
    except BadConfig as error:
        sys.stderr.write(f"proconnect: {error}\n")
        return 2
    configure_logs(os.environ.get("PARVIS_LOG_LEVEL") or "INFO")
    log.warning("for development only: whoever reaches %s signs in as anybody", config.issuer)
    web.run_app(Provider(config).app(), host="127.0.0.1", port=config.port, print=None, access_log=None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
