"""Checks that nobody gets in by the doors that a federation keeps shut, and that nothing gets out."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import stat
from pathlib import Path

import httpx

from synapse_config.check.agent import said
from synapse_config.check.report import NotSeen, Recorder
from synapse_config.check.wire import Identity, Wire, tls_version
from synapse_config.model import Gateway
from synapse_config.render import Rendered, RenderedHomeserver

#: Names that no federation file of ours can hold or that must not be reached by the gateway.
_OUTSIDE = ("matrix.org:443", "stranger.parvis-check.test:443", "127.0.0.1:443", "localhost:22")


async def closed(recorder: Recorder, rendered: Rendered, gateway: Gateway, wire: Wire) -> None:
    """Older TLS, registration, guests, room directories, the gateway and the secrets' files are shut."""
    for one in rendered.homeservers:
        await recorder.run(
            f"{one.name}: older TLS",
            f"a TLS 1.2 handshake with {one.server_name} through the gateway",
            "Render the federation again and restart the homeserver: it runs with other settings.",
            _older_tls(one, gateway, rendered.authority),
        )
        await recorder.run(
            f"{one.name}: registration",
            f"registering an account and a guest on {one.server_name} as anybody could",
            "Render the federation again and restart the homeserver: it runs with other settings.",
            _registration(one),
        )
        await recorder.run(
            f"{one.name}: room directory",
            f"reading the room directory of {one.server_name} without an account, and as another member",
            "Render the federation again and restart the homeserver: it runs with other settings.",
            _directory(one, _another(rendered, one), wire),
        )
    await recorder.run(
        "gateway: names outside",
        f"asking the gateway for {', '.join(_OUTSIDE)}",
        "Another gateway runs on this port, or its table was changed: render again and restart it.",
        _gateway(gateway),
    )
    await recorder.run(
        "secrets: for their owner alone",
        "the permissions of every key and secret",
        "Render the federation again: it sets the permissions.",
        _files(rendered),
    )


async def _older_tls(one: RenderedHomeserver, gateway: Gateway, authority: Path) -> str:
    gateway_url = f"http://{gateway.host}:{gateway.port}"
    async with Wire(gateway_url, authority, version=ssl.TLSVersion.TLSv1_2) as wire:
        try:
            response = await wire.get(one.server_name, "/_matrix/federation/v1/version")
        except httpx.ConnectError as error:
            if "alert protocol version" in str(error):
                return "refused (protocol version)"
            raise  # it is not reached, which proves nothing
    raise NotSeen(f"it answered {said(response)} over {tls_version(response)}")


async def _registration(one: RenderedHomeserver) -> str:
    async with httpx.AsyncClient(base_url=one.client_url, trust_env=False, timeout=30) as client:
        for kind in ("user", "guest"):
            body = {"username": "parvis-check-stranger", "password": "correct horse battery staple"}
            response = await client.post(f"/_matrix/client/v3/register?kind={kind}", json=body)
            if response.status_code != httpx.codes.FORBIDDEN:
                raise NotSeen(f"registering as {kind} was answered {said(response)}")
    return "both refused (403)"


async def _directory(one: RenderedHomeserver, other: RenderedHomeserver | None, wire: Wire) -> str:
    async with httpx.AsyncClient(base_url=one.client_url, trust_env=False, timeout=30) as client:
        response = await client.get("/_matrix/client/v3/publicRooms")
    if response.status_code != httpx.codes.UNAUTHORIZED:
        raise NotSeen(f"without an account it was answered {said(response)}")
    if other is None:
        return "refused (401)"
    identity = Identity(other.server_name, other.signing_key)
    response = await wire.signed_get(identity, one.server_name, "/_matrix/federation/v1/publicRooms")
    if response.status_code != httpx.codes.FORBIDDEN:
        raise NotSeen(f"to {other.server_name} it was answered {said(response)}")
    return "both refused (401, 403)"


async def _gateway(gateway: Gateway) -> str:
    for name in _OUTSIDE:
        status = await _connect(gateway, name)
        if status != "403":
            raise NotSeen(f"{name} was answered {status or 'nothing'}")
    return "all refused (403)"


async def _connect(gateway: Gateway, name: str) -> str:
    """The status that the gateway answers to a CONNECT."""
    reader, writer = await asyncio.open_connection(gateway.host, gateway.port)
    try:
        writer.write(f"CONNECT {name} HTTP/1.1\r\nHost: {name}\r\n\r\n".encode("ascii"))
        parts = (await asyncio.wait_for(reader.readline(), 10)).decode("ascii", "replace").split(" ")
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    return parts[1] if len(parts) > 1 else ""


async def _files(rendered: Rendered) -> str:
    secret = [rendered.registration, rendered.authority.with_name("ca.key")]
    for one in rendered.homeservers:
        secret += [one.secrets, one.signing_key, one.folder / "tls.key"]
    open_to_others = await asyncio.to_thread(lambda: [path for path in secret if _shared(path)])
    if open_to_others:
        raise NotSeen("others may read " + ", ".join(str(path.relative_to(rendered.folder)) for path in open_to_others))
    return f"{len(secret)} files of mode 600"


def _shared(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def _another(rendered: Rendered, one: RenderedHomeserver) -> RenderedHomeserver | None:
    return next((other for other in rendered.homeservers if other is not one), None)
