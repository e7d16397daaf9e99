"""The demo's agents, as provisioning wrote them down: who they are, where they sign in."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass, field
from pathlib import Path

from bots.framework.errors import BotError


class NoSuchAgent(BotError):
    """There is no agent of that name in the demo, or the demo was never set up."""


@dataclass(frozen=True)
class Person:
    """One agent: `id` is `camille.martin`, `homeserver` the address of theirs."""

    id: str
    name: str
    user_id: str
    homeserver: str
    password: str = field(repr=False)


def find_person(home: Path, wanted: str) -> Person:
    """The agent called `wanted` (id, first part of it, or Matrix id) of the demo in `home`. Raises `NoSuchAgent`."""
    try:
        agents = json.loads((home / "run" / "agents.json").read_text(encoding="utf-8"))["agents"]
    except (OSError, ValueError, KeyError) as error:
        raise NoSuchAgent("no agents are known here yet: start Parvis first (parvis up)") from error
    matching = [agent for agent in agents if wanted in (agent["id"], agent["id"].split(".")[0], agent["user_id"])]
    if len(matching) != 1:
        ids = [agent["id"] for agent in agents]
        near = difflib.get_close_matches(wanted, ids, n=1)
        hint = f"did you mean {near[0]}?" if near else f"they are {', '.join(ids)}"
        raise NoSuchAgent(f"no agent is called {wanted}: {hint}")
    agent = matching[0]
    try:
        password = (home / "secrets" / "agents" / agent["id"]).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise NoSuchAgent(f"the password of {agent['id']} cannot be read ({error.strerror})") from error
    return Person(agent["id"], agent["name"], agent["user_id"], agent["homeserver"].rstrip("/"), password)
