"""The whole check of a running federation, from outside: it is reachable, it is itself, and it is closed."""

from __future__ import annotations

import contextlib

from synapse_config.check.agent import USER, Agent
from synapse_config.check.closed import closed
from synapse_config.check.members import exchange, reachable
from synapse_config.check.report import Progress, Recorder, Report, Silent
from synapse_config.check.stranger import SERVER_NAME, refused, stranger
from synapse_config.check.wire import Wire
from synapse_config.model import Federation
from synapse_config.render import Rendered, RenderedHomeserver


async def check(
    federation: Federation, rendered: Rendered, *, progress: Progress | None = None, with_stranger: bool = True
) -> Report:
    """Checks the federation that runs as `rendered`: every homeserver, and the gateway, must be up.

    It keeps one account on each homeserver (`@parvis-check`), signed in only meanwhile, and starts a stranger's
    homeserver on free ports of the loopback, whose files are gone afterwards (`with_stranger` leaves it out). Nothing
    is raised for a federation that is not well: the report says what was tried, what was seen and what to do.
    """
    recorder = Recorder(progress or Silent())
    gateway = federation.gateway
    async with contextlib.AsyncExitStack() as stack:
        wire = await stack.enter_async_context(Wire(f"http://{gateway.host}:{gateway.port}", rendered.authority))
        await reachable(recorder, rendered, wire)
        await closed(recorder, rendered, gateway, wire)
        agents = await _agents(recorder, stack, rendered)
        await exchange(recorder, agents)
        if with_stranger and agents:
            await _strangers(recorder, stack, federation, rendered, agents)
    return Report(tuple(recorder.checks))


async def _agents(recorder: Recorder, stack: contextlib.AsyncExitStack, rendered: Rendered) -> list[Agent]:
    """The check's own account on each homeserver that lets it sign in."""
    agents: list[Agent] = []

    async def sign_in(one: RenderedHomeserver) -> str:
        agent = await Agent.sign_in(one)
        stack.push_async_callback(agent.close)
        agents.append(agent)
        return f"{agent.user_id} is signed in"

    for one in rendered.homeservers:
        advice = f"See that {one.name} runs. If an operator deactivated @{USER}, activate it again."
        await recorder.run(f"{one.name}: sign-in", f"signing in at {one.client_url}", advice, sign_in(one))
    return agents


async def _strangers(
    recorder: Recorder,
    stack: contextlib.AsyncExitStack,
    federation: Federation,
    rendered: Rendered,
    agents: list[Agent],
) -> None:
    running: list[tuple[Agent, Wire]] = []

    async def start() -> str:
        running.append(await stack.enter_async_context(stranger(federation, rendered)))
        return "it runs"

    tried = f"starting a real homeserver named {SERVER_NAME} that nobody invited"
    await recorder.run("stranger: starts", tried, "See the free memory, and whether Synapse is installed.", start())
    for outsider, wire in running:
        await refused(recorder, outsider, wire, agents)
