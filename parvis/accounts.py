"""What is done once on the way up: the workspace's database, the demo's accounts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from parvis.errors import NotStarted
from parvis.files import read_json, write_json
from parvis.people import AGENTS
from parvis.setup import BOT, OPERATOR, Setup
from synapse_config import accounts
from synapse_config.errors import FederationError


async def run(command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run a command to its end. Raises `NotStarted` with its last words."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env=dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        lines = said.decode(errors="replace").strip().splitlines()
        raise NotStarted(f"{' '.join(command[1:])} ended with code {process.returncode}: {lines[-1] if lines else ''}")


async def make(setup: Setup) -> None:
    """Make the accounts of the agents and of the bot. Those that were made before are not asked about again."""
    done = read_json(setup.layout.done) or {}
    if done.get("accounts") == _wanted(setup):
        return
    try:
        await _agents(setup)
        await _bot(setup)
    except FederationError as error:
        raise NotStarted(f"The accounts cannot be made: {error}", "parvis logs synapse-hub says more.") from error
    write_json(setup.layout.done, {**done, "accounts": _wanted(setup)}, durable=True)


def _wanted(setup: Setup) -> list[str]:
    there = {homeserver.name for homeserver in setup.rendered.homeservers}
    return [setup.bot_id, *(agent.id for agent in AGENTS if agent.homeserver in there)]


async def _agents(setup: Setup) -> None:
    homeservers = {homeserver.name: homeserver for homeserver in setup.rendered.homeservers}
    for agent in AGENTS:
        if (homeserver := homeservers.get(agent.homeserver)) is None:
            continue
        password = setup.secrets.password(f"agents/{agent.id}")
        secret = homeserver.registration_shared_secret
        await accounts.register(homeserver.client_url, secret, agent.id, password, displayname=agent.name)


async def _bot(setup: Setup) -> None:
    hub = setup.rendered.hub
    secret, url = hub.registration_shared_secret, hub.client_url
    await accounts.register(url, secret, BOT, setup.secrets.value(f"bots/{BOT}"), displayname="Parvis find")
    operator = setup.secrets.value(f"bots/{OPERATOR}")
    await accounts.register(url, secret, OPERATOR, operator, admin=True, displayname="Parvis operator")
    session = await accounts.sign_in(url, OPERATOR, operator)
    try:
        await accounts.lift_limits(url, session, setup.bot_id)
    finally:
        await accounts.sign_out(url, session)
