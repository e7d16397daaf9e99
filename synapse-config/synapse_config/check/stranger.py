"""A stranger: a real Synapse of its own name that nobody invited. Checks that every member refuses it, both ways.

It has the same software, trusts the federation's certificates, and its own gateway leads it to every member. What is
left to keep it out is what each member decides for itself.
"""

from __future__ import annotations

import contextlib
import json
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import quote

import httpx
import yaml

from synapse_config.check.agent import Agent, said
from synapse_config.check.report import NotSeen, Recorder
from synapse_config.check.wire import Identity, Wire
from synapse_config.model import Appservice, Federation, Gateway, Homeserver, Limits, Rate
from synapse_config.render import Rendered, gateway_table, render
from synapse_config.run import Running, started

SERVER_NAME = "stranger.parvis-check.test"
_NAME = "stranger"
_ADVICE = "This member lets strangers in. Render the federation again and restart it: its allowlist is not in force."


@contextlib.asynccontextmanager
async def stranger(members: Federation, rendered: Rendered) -> AsyncIterator[tuple[Agent, Wire]]:
    """An agent of a stranger that runs meanwhile, and the wire from its gateway. Its files are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="parvis-stranger-") as name:
        this = _rendered(members, rendered, Path(name))
        gateway = this.federation.gateway
        async with started(this), Wire(f"http://{gateway.host}:{gateway.port}", rendered.authority) as wire:
            outsider = await Agent.sign_in(this.rendered.hub)
            try:
                yield outsider, wire
            finally:
                await outsider.close()


async def refused(recorder: Recorder, outsider: Agent, wire: Wire, members: Sequence[Agent]) -> None:
    """Each member refuses the stranger's invitation, join, profile and key queries, and asks it none of its own."""
    sees = await recorder.run(
        "stranger: has a way in",
        f"reaching every member from {SERVER_NAME}",
        "Without it the refusals prove nothing: see that every member runs.",
        _sees(wire, members),
    )
    if sees:
        for member in members:
            for name, tried, action in _attempts(outsider, member, wire):
                await recorder.run(name, tried, _ADVICE, action())


Attempt = tuple[str, str, Callable[[], Awaitable[str]]]


def _attempts(outsider: Agent, member: Agent, wire: Wire) -> list[Attempt]:
    """What is tried, both ways: its name, what it is in words, and the trying."""
    attempts: list[Attempt] = []
    for asker, asked in ((outsider, member), (member, outsider)):
        way = f"{asker.homeserver.name} → {asked.homeserver.name}"
        who, whom = asker.user_id, asked.user_id
        attempts += [
            (f"{way}: invite", f"{who} invites {whom} into a room", partial(_invite, asker, asked)),
            (f"{way}: join", f"{who} joins a room open to all that {whom} made", partial(_join, asker, asked)),
            (f"{way}: profile", f"{who} asks the profile of {whom}", partial(_profile, asker, asked)),
            (f"{way}: keys", f"{who} asks the device keys of {whom}", partial(_keys, asker, asked)),
        ]
    way = f"{outsider.homeserver.name} → {member.homeserver.name}"
    tried = f"requests signed by {SERVER_NAME} itself, straight to {member.homeserver.server_name}"
    attempts.append((f"{way}: signed requests", tried, partial(_signed, outsider, member, wire)))
    return attempts


async def _sees(wire: Wire, members: Sequence[Agent]) -> str:
    """The stranger's way to each member is open, or its being refused would prove nothing."""
    for member in members:
        name = member.homeserver.server_name
        response = await wire.get(name, "/_matrix/federation/v1/version")
        if not response.is_success:
            raise NotSeen(f"it cannot reach {name}: {said(response)}")
    return f"it reaches {len(members)} members"


async def _invite(asker: Agent, asked: Agent) -> str:
    room_id = await asker.make_room("private_chat")
    try:
        return _refusal(await asker.invite(room_id, asked.user_id))
    finally:
        await asker.leave(room_id)


async def _join(asker: Agent, asked: Agent) -> str:
    """Synapse tells its own agents 502 for a join that it refuses itself: the room says whether they are in."""
    room_id = await asked.make_room("public_chat")
    try:
        response = await asker.join(room_id, asked.homeserver.server_name)
        inside = (await asked.asked("GET", f"/rooms/{quote(room_id)}/joined_members"))["joined"]
        if response.is_success or asker.user_id in inside:
            raise NotSeen("it joined")
        return f"refused ({response.status_code}), and not in the room"
    finally:
        await asked.leave(room_id)


async def _profile(asker: Agent, asked: Agent) -> str:
    return _refusal(await asker.profile(asked.user_id))


async def _keys(asker: Agent, asked: Agent) -> str:
    answer = await asker.keys(asked.user_id)
    if answer.get("device_keys", {}).get(asked.user_id):
        raise NotSeen("it was given the device keys")
    failure = answer.get("failures", {}).get(asked.homeserver.server_name, {})
    if failure.get("status") != httpx.codes.FORBIDDEN:
        raise NotSeen(f"it was not refused; it failed with {failure.get('status', 'no status')}")
    return "refused (403)"


async def _signed(outsider: Agent, member: Agent, wire: Wire) -> str:
    one, other = outsider.homeserver, member.homeserver
    identity = Identity(one.server_name, one.signing_key)
    user = f"%40parvis-check%3A{other.server_name}"
    for path in (f"query/profile?user_id={user}", f"user/devices/{user}", "publicRooms", "make_join/!room/@a:b"):
        response = await wire.signed_get(identity, other.server_name, f"/_matrix/federation/v1/{path}")
        if said(response) != "403 M_FORBIDDEN":
            raise NotSeen(f"{path.split('/')[0]} was answered {said(response)}")
    return "all refused (403)"


def _refusal(response: httpx.Response) -> str:
    """What a refusal looks like; anything else, a failure too, is none."""
    if said(response) != "403 M_FORBIDDEN":
        raise NotSeen(f"it was not refused; it was answered {said(response)}")
    return "refused (403)"


def _rendered(members: Federation, rendered: Rendered, folder: Path) -> Running:
    """A federation of one, with an open mind and a table that leads to every member."""
    gateway_port, client_port, federation_port, bridge_port = _free_ports(4)
    alone = Homeserver(_NAME, SERVER_NAME, client_port, federation_port, hub=True)
    federation = Federation(
        homeservers=(alone,),
        gateway=Gateway(port=gateway_port),
        appservice=Appservice(port=bridge_port),
        limits=Limits(rooms=Rate(100, 1000), invites=Rate(100, 1000), joins=Rate(100, 1000)),
        log_level=members.log_level,
    )
    made = render(federation, folder)
    table = gateway_table(federation)
    table["routes"] |= gateway_table(members)["routes"]
    made.gateway.write_text(json.dumps(table))
    overrides = made.hub.folder / "open.yaml"
    open_mind = {
        "federation_domain_whitelist": None,
        "federation_custom_ca_list": [str(rendered.authority)],
        "app_service_config_files": [],
    }
    overrides.write_text(yaml.safe_dump(open_mind))
    return Running(federation, replace(made, homeservers=(replace(made.hub, overrides=(overrides,)),)))


def _free_ports(count: int) -> list[int]:
    """Ports of the loopback that nobody uses now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
