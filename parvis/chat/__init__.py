"""`parvis chat AGENT`: a small encrypted client for the terminal, to read and write as one of the demo's agents."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bots.framework.errors import BotError
from contract.process import configure_logs
from parvis.chat.agent import Agent
from parvis.chat.people import Person, find_person
from parvis.chat.screen import LineScreen
from parvis.chat.terminal import on_lines, on_terminal

__all__ = ["Agent", "identity_of", "run"]


def run(agent: str, home: Path, *, as_json: bool = False, log_level: str = "ERROR") -> int:
    """Chat as the demo's agent called `agent`; the exit code.

    Without a terminal on stdin it reads lines and writes one line an event (JSON with `as_json`). The agent's device
    is kept in `<home>/data/chat/<id>`, their identity and its recovery key in `identity_of(home, id)`.
    """
    configure_logs(log_level)
    try:
        person = find_person(home, agent)
        asyncio.run(_chat(person, home, as_json=as_json))
    except KeyboardInterrupt:
        return 130
    except BotError as error:
        sys.stderr.write(f"parvis chat: {error}\n")
        if as_json:
            LineScreen(as_json=True).error(str(error))
        return 1
    return 0


def identity_of(home: Path, agent: str) -> Path:
    """Where the cross-signing identity of a demo's agent is kept, for all the devices that Parvis gives them."""
    return home / "secrets" / "identities" / agent


async def _chat(person: Person, home: Path, *, as_json: bool) -> None:
    store, secrets = home / "data" / "chat" / person.id, identity_of(home, person.id)
    async with await Agent.open(person.homeserver, person.user_id, person.password, store, secrets=secrets) as agent:
        on_a_terminal = sys.stdin.isatty() and sys.stdout.isatty() and not as_json
        chat = asyncio.create_task(on_terminal(agent) if on_a_terminal else on_lines(agent, as_json=as_json))
        lost = asyncio.create_task(agent.lost())
        try:
            done, _ = await asyncio.wait({chat, lost}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (chat, lost):
                task.cancel()
            await asyncio.gather(chat, lost, return_exceptions=True)
        for task in done:
            task.result()
