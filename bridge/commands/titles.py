"""What is bound by its name, where that may be said."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bridge.audiences import Audiences
from contract.answers import Binding
from contract.ids import MatrixId


class Titles:
    """Asks for them; `services` are in rooms without being agents."""

    def __init__(self, audiences: Audiences, services: frozenset[MatrixId]) -> None:
        self._audiences = audiences
        self._services = services

    async def of(self, bindings: Sequence[Binding], joined: frozenset[MatrixId]) -> list[str | None]:
        """The titles of what is bound, of what all agents of those who are joined may read. Raises `WorkspaceError`."""
        agents = joined - self._services
        audiences = await asyncio.gather(*(self._audiences.of(agents, one.item) for one in bindings))
        return [audience.facts.title if audience.facts else None for audience in audiences]
