"""The demo's accounts, which are made once on the way up."""

from __future__ import annotations

from parvis.errors import NotStarted
from parvis.files import read_json, write_json
from parvis.people import AGENTS
from parvis.setup import BOT, COURIER, OPERATOR, Setup
from synapse_config import accounts
from synapse_config.errors import FederationError


async def make(setup: Setup) -> None:
    """Make the accounts of the agents and of the bots. Those that were made before are not asked about again."""
    done = read_json(setup.layout.done) or {}
    if done.get("accounts") == _wanted(setup):
        return
    try:
        await _agents(setup)
        await _bot(setup)
        await _courier(setup)
    except FederationError as error:
        raise NotStarted(f"The accounts cannot be made: {error}", "parvis logs synapse-hub says more.") from error
    write_json(setup.layout.done, {**done, "accounts": _wanted(setup)}, durable=True)


def _wanted(setup: Setup) -> list[str]:
    there = {homeserver.name for homeserver in setup.rendered.homeservers}
    bots = [setup.bot_id, *([setup.courier_id] if setup.courier_id else [])]
    return [*bots, *(agent.id for agent in AGENTS if agent.homeserver in there)]


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


async def _courier(setup: Setup) -> None:
    """An ordinary account of a ministry: nothing is lifted for it."""
    if (home := setup.courier_home) is not None:
        secret, password = home.registration_shared_secret, setup.secrets.value(f"bots/{COURIER}")
        await accounts.register(home.client_url, secret, COURIER, password, displayname="Courrier (Culture)")
