"""`/.well-known/matrix/server` on a homeserver's federation listener. Synapse loads `WellKnown` by its name.

Synapse's own `serve_server_wellknown` answers on client listeners only, which other homeservers never reach here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from twisted.web.http import Request
from twisted.web.resource import Resource


class WellKnown(Resource):
    """Says that federation with a server name is answered at its own port 443 (by the gateway)."""

    isLeaf = True  # noqa: N815 - Twisted's name

    def __init__(self, config: Mapping[str, Any], _api: object) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Twisted's
        self._body = json.dumps({"m.server": config["server"]}).encode()

    @staticmethod
    def parse_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
        """Called by Synapse with what `homeserver.yaml` has under `config`."""
        return config

    def render_GET(self, request: Request) -> bytes:  # noqa: N802 - Twisted's name
        """The answer to GET and HEAD; Twisted refuses other methods."""
        headers = request.responseHeaders
        headers.setRawHeaders(b"Content-Type", [b"application/json"])
        headers.setRawHeaders(b"Cache-Control", [b"max-age=3600"])
        return self._body
