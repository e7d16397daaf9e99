"""Checks that the members of a federation reach each other, and that each is who it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
from signedjson.key import decode_verify_key_bytes
from signedjson.sign import SignatureVerifyException, verify_signed_json
from unpaddedbase64 import decode_base64

from synapse_config.check.agent import Agent, said
from synapse_config.check.report import NotSeen, Recorder
from synapse_config.check.wire import Identity, Wire, tls_version
from synapse_config.render import Rendered, RenderedHomeserver

_EVENT = "fr.parvis.federation_check"


async def reachable(recorder: Recorder, rendered: Rendered, wire: Wire) -> None:
    """Each member answers, under its own name and key, to whoever comes through the gateway; and to each other."""
    for one in rendered.homeservers:
        name = one.server_name
        await recorder.run(
            f"{one.name}: TLS",
            f"a TLS 1.3 handshake with {name} through the gateway, trusting the federation's authority alone",
            f"See that the gateway and {one.name} run, and that {one.name} was restarted after the last rendering.",
            _handshake(wire, name),
        )
        await recorder.run(
            f"{one.name}: well-known",
            f"reading https://{name}/.well-known/matrix/server",
            "Render the federation again and restart the homeserver: its federation listener must serve this file.",
            _well_known(wire, name),
        )
        await recorder.run(
            f"{one.name}: key",
            f"fetching the signing key of {name} and comparing it with the one that was rendered",
            "Another homeserver answers under this name, or its signing.key was changed: put the right one back.",
            _key(wire, one),
        )
    for one in rendered.homeservers:
        for other in rendered.homeservers:
            if one is not other:
                await recorder.run(
                    f"{one.name} → {other.name}: signed request",
                    f"a request to {other.server_name} signed by {one.server_name}, whose key it must fetch to answer",
                    f"See that {other.name} has {one.server_name} in its allowlist (render and restart), and its log.",
                    _signed(wire, one, other),
                )


async def exchange(recorder: Recorder, agents: Sequence[Agent]) -> None:
    """For each two members: an invitation, a join, an event each way, profile and device keys."""
    for number, one in enumerate(agents):
        for other in agents[number + 1 :]:
            await recorder.run(
                f"{one.homeserver.name} ↔ {other.homeserver.name}: room",
                f"{one.user_id} invites {other.user_id}, who joins; each sends, and asks the other's profile and keys",
                "The logs of the two homeservers say which request failed and why.",
                _exchange(one, other),
            )


async def _handshake(wire: Wire, name: str) -> str:
    response = await wire.get(name, "/_matrix/federation/v1/version")
    server: dict[str, Any] = _body(response)["server"]
    return f"{tls_version(response)}, {server.get('name')} {str(server.get('version')).split(' ')[0]}"


async def _well_known(wire: Wire, name: str) -> str:
    body = _body(await wire.get(name, "/.well-known/matrix/server"))
    if body.get("m.server") != f"{name}:443":
        raise NotSeen(f"it sends the others to {body.get('m.server')!r}")
    return f"m.server is {name}:443"


async def _key(wire: Wire, one: RenderedHomeserver) -> str:
    body = _body(await wire.get(one.server_name, "/_matrix/key/v2/server"))
    key_id, public = Identity(one.server_name, one.signing_key).public_key
    shown = body.get("verify_keys", {}).get(key_id, {}).get("key", "")
    if decode_base64(shown) != public:
        raise NotSeen(f"it does not show the key {key_id} of {one.signing_key}")
    try:
        verify_signed_json(body, one.server_name, decode_verify_key_bytes(key_id, public))
    except SignatureVerifyException as error:
        raise NotSeen("the answer is not signed by the key that it shows") from error
    return f"{key_id}, signed by itself"


async def _signed(wire: Wire, one: RenderedHomeserver, other: RenderedHomeserver) -> str:
    identity = Identity(one.server_name, one.signing_key)
    path = f"/_matrix/federation/v1/query/directory?room_alias=%23nothing%3A{other.server_name}"
    response = await wire.signed_get(identity, other.server_name, path)
    # It knows no such room, and says so only to a member that it has authenticated.
    if said(response) != "404 M_NOT_FOUND":
        raise NotSeen(f"it answered {said(response)}")
    return "authenticated"


async def _exchange(one: Agent, other: Agent) -> str:
    room_id = await one.make_room("private_chat")
    try:
        _must(await one.invite(room_id, other.user_id), "the invitation")
        await other.wait(lambda rooms: room_id in rooms.get("invite", {}), "the invitation")
        _must(await other.join(room_id, one.homeserver.server_name), "the join")
        for sender, reader in ((other, one), (one, other)):
            event_id = await sender.post(room_id, _EVENT)
            await reader.wait(_has(room_id, event_id), f"the event of {sender.user_id}")
            _must(await reader.profile(sender.user_id), f"the profile of {sender.user_id}")
            if (await reader.keys(sender.user_id)).get("failures"):
                raise NotSeen(f"the device keys of {sender.user_id} could not be had")
    finally:
        for agent in (other, one):
            await agent.leave(room_id)
    return "invited, joined, read both ways"


def _has(room_id: str, event_id: str) -> Any:
    def seen(rooms: dict[str, Any]) -> bool:
        timeline = rooms.get("join", {}).get(room_id, {}).get("timeline", {}).get("events", [])
        return any(event.get("event_id") == event_id for event in timeline)

    return seen


def _must(response: httpx.Response, what: str) -> None:
    if not response.is_success:
        raise NotSeen(f"{what} was answered {said(response)}")


def _body(response: httpx.Response) -> dict[str, Any]:
    if not response.is_success:
        raise NotSeen(f"it answered {said(response)}")
    body = response.json()
    if not isinstance(body, dict):
        raise NotSeen("it answered something else than a JSON object")
    return body
