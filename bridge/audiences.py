"""The audience question, asked for all waiting rooms together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.batching import Batcher
from bridge.turns import Turns
from contract.answers import Audience, Question
from contract.client import WorkspaceClient
from contract.errors import Refused, Unavailable
from contract.ids import ItemId, MatrixId, Sub

#: Questions of one call.
_TOGETHER = 100
#: Seconds that a question may wait for those of other rooms that write at the same time. A call costs the workspace
#: five times what a question in it does, and what is sent at the same time costs the homeservers less.
_PATIENCE = 0.2


@dataclass(frozen=True)
class _Asked:
    members: frozenset[MatrixId]
    item: ItemId
    actor: Sub | None
    trashing: bool


class Audiences:
    """Asks the workspace who may read what. Every call may raise `Unavailable` (ask again later) or `Refused`.

    Where many rooms write, half of them ask together, while the homeserver has what the other half sends.
    """

    def __init__(self, workspace: WorkspaceClient, turns: Turns) -> None:
        self._workspace = workspace
        self._ask: Batcher[_Asked, Audience] = Batcher(
            self._together, _TOGETHER, enough=lambda: len(turns) // 2, patience=_PATIENCE
        )

    async def of(
        self, members: frozenset[MatrixId], item: ItemId, actor: Sub | None = None, *, trashing: bool = False
    ) -> Audience:
        """Whether all of `members` may read `item`, and if so its facts, with the name of `actor`.

        Of what is in the trash only owners may read, but if the question is about its `trashing`.
        """
        return await self._ask(_Asked(members, item, actor, trashing))

    async def named(
        self, members: frozenset[MatrixId], item: ItemId, actors: Sequence[Sub | None], *, trashing: bool = False
    ) -> tuple[Audience, dict[Sub, str]]:
        """The same with the names of several actors."""
        known: list[Sub | None] = [actor for actor in dict.fromkeys(actors) if actor is not None]
        known = known or [None]
        answers = await asyncio.gather(*(self.of(members, item, actor, trashing=trashing) for actor in known))
        # Each answer stands for itself; where rights changed in between, the strictest counts.
        strictest = max(answers, key=lambda answer: (answer.facts is None, answer.cannot))
        pairs = zip(known, answers, strict=True)
        return strictest, {
            actor: answer.facts.actor for actor, answer in pairs if actor and answer.facts and answer.facts.actor
        }

    async def _together(self, asked: Sequence[_Asked]) -> Sequence[Audience | Exception]:
        """One event in many rooms of the same people is one question, however often it is asked just now."""
        different = list(dict.fromkeys(asked))
        names: dict[frozenset[MatrixId], str] = {}
        for one in different:
            names.setdefault(one.members, f"a{len(names)}")
        audiences = {name: sorted(members) for members, name in names.items()}
        questions = [Question(names[one.members], one.item, one.actor, one.trashing) for one in different]
        try:
            answers = dict(zip(different, await self._workspace.audience(audiences, questions), strict=True))
            return [answers[one] for one in asked]
        except Refused:
            if len(asked) == 1:
                raise
        # One of them is not as it should be: the others are not to suffer from it.
        return await asyncio.gather(*(self._alone(one) for one in asked))

    async def _alone(self, one: _Asked) -> Audience | Exception:
        try:
            return (await self._together([one]))[0]
        except (Refused, Unavailable) as error:
            return error
