"""Speaks to a member as another homeserver does: through the gateway, TLS with the federation's authority only, signed.

It shares no code with Synapse, so that what it sees is what a stranger to Synapse would see.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from signedjson.key import read_signing_keys
from signedjson.sign import sign_json

_SECONDS = 30.0


class Wire:
    """The way into the federation from one gateway, by one version of TLS. An asynchronous context manager."""

    def __init__(self, gateway_url: str, authority: Path, *, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> None:
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(authority))
        context.minimum_version = context.maximum_version = version
        self._client = httpx.AsyncClient(proxy=gateway_url, verify=context, timeout=_SECONDS, trust_env=False)

    async def __aenter__(self) -> Wire:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._client.aclose()

    async def get(self, server_name: str, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """The answer of `server_name` to an unsigned GET."""
        return await self._client.get(f"https://{server_name}{path}", headers=headers)

    async def signed_get(self, identity: Identity, server_name: str, path: str) -> httpx.Response:
        """The answer of `server_name` to a GET that the homeserver `identity` signs."""
        return await self.get(server_name, path, {"Authorization": identity.sign("GET", path, server_name)})


class Identity:
    """A homeserver's name with its signing key."""

    def __init__(self, server_name: str, signing_key: Path) -> None:
        with signing_key.open() as file:
            self._key: Any = read_signing_keys(file)[0]
        self.server_name = server_name

    @property
    def public_key(self) -> tuple[str, bytes]:
        """(key id, 32 bytes)."""
        return f"{self._key.alg}:{self._key.version}", self._key.verify_key.encode()

    def sign(self, method: str, path: str, destination: str) -> str:
        """The `Authorization` header of a request without a body (specification, server-server, "Authentication")."""
        request = {"method": method, "uri": path, "origin": self.server_name, "destination": destination}
        ((key_id, signature),) = sign_json(request, self.server_name, self._key)["signatures"][self.server_name].items()
        return f'X-Matrix origin="{self.server_name}",destination="{destination}",key="{key_id}",sig="{signature}"'


def tls_version(response: httpx.Response) -> str:
    """The version of TLS that carried `response`, such as `TLSv1.3`."""
    stream = response.extensions["network_stream"]
    tls: ssl.SSLObject | None = stream.get_extra_info("ssl_object")
    return (tls.version() or "") if tls else "no TLS"
