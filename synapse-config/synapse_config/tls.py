"""TLS 1.3 alone on a homeserver's federation listener. Synapse loads `OnlyTls13` by its name, as a module.

Synapse has a setting for what it asks of others (`federation_client_minimum_tls_version`) and none for what others may
ask of it: its listener takes TLS 1.2 too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from OpenSSL import SSL
from synapse.crypto.context_factory import ServerContextFactory

_as_synapse_does = ServerContextFactory.configure_context


class OnlyTls13:
    """Where Synapse no longer makes its contexts in this way, it does not start: better than to take what is older."""

    def __init__(self, _config: Mapping[str, Any], _api: object) -> None:
        """Called by Synapse when it starts."""

    @staticmethod
    def parse_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
        """Called by Synapse when it reads its configuration: before it makes a context, at any time."""
        ServerContextFactory.configure_context = staticmethod(_only_tls13)  # type: ignore[method-assign]
        return config


def _only_tls13(context: SSL.Context, config: Any) -> None:
    _as_synapse_does(context, config)
    context.set_min_proto_version(SSL.TLS1_3_VERSION)
