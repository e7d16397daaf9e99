"""Cards in rooms, under the audience rule: a title only if everybody who is joined may read the item at that moment."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Literal

import cards
from bots.framework.client import SafeClient
from bots.framework.errors import AudienceChanged, BotError
from bots.framework.memory import Memory
from bots.framework.text import Text, transaction
from contract.answers import Audience, Question
from contract.client import WorkspaceClient
from contract.errors import InvalidValue
from contract.events import Event, EventType
from contract.ids import MatrixId, Sub, matrix_id
from contract.resources import link

logger = logging.getLogger(__name__)

#: Times that the audience question is asked anew because somebody came into the room meanwhile.
_TRIES = 5
#: Seconds within which updates of a document edit one card.
WINDOW = 600.0
_MERGED = frozenset({EventType.DOCUMENT_UPDATED})
#: Of what is in the trash, those who could read it are told only this.
_TRASHING = frozenset({EventType.DOCUMENT_TRASHED, EventType.FOLDER_TRASHED, EventType.FILE_TRASHED})


class NobodyThere(BotError):
    """Nobody is in the room but services."""


class Showing:
    """Shows events in rooms by way of `client`, each once. `service_users` are in rooms without being audience."""

    def __init__(
        self,
        client: SafeClient,
        workspace: WorkspaceClient,
        memory: Memory,
        *,
        service_users: frozenset[MatrixId],
        window: float = WINDOW,
    ) -> None:
        self._client = client
        self._workspace = workspace
        self._memory = memory
        self._service_users = service_users
        self._window = window

    async def show(self, event: Event, room_id: str, language: Literal["fr", "en"]) -> None:
        """The card of `event`, or more on the card that the room has; nothing if the room was told of it before.

        Raises `NobodyThere`, what the audience question raises, and what sending raises: it may be done again.
        """
        if self._memory.was_said(event, room_id):
            return
        shown = self._memory.card(room_id, event.resource.id, self._window) if event.type in _MERGED else None
        if shown is not None and any(one.type not in _MERGED for one in shown.events):
            shown = None
        happened = [*(shown.events if shown else ()), event]
        for _ in range(_TRIES):
            people = (await self._client.room(room_id)).joined
            content = _content(await self._message(happened, people, language), shown.message if shown else None)
            try:
                message = await self._client.send(
                    room_id, content, transaction=transaction(str(event.id), room_id, "card"), only_to=people
                )
            except AudienceChanged:
                logger.info("somebody came meanwhile, room=%s event=%s", room_id, event.id)
                continue
            self._memory.said(event, room_id, message, edits=shown is not None)
            return
        raise AudienceChanged(f"people keep coming into {room_id}")

    async def _message(
        self, happened: Sequence[Event], people: frozenset[str], language: Literal["fr", "en"]
    ) -> cards.Message:
        event = happened[-1]
        audience, names = await self._asked(people, happened)
        if audience.facts is None:
            return cards.render_bare(event.resource.kind, audience.cannot, event.type, language)
        told = tuple(
            cards.Happening(one.type, names.get(one.actor) if one.actor else None, one.time) for one in happened
        )
        url = link(self._workspace.url, event.resource)
        return cards.render(cards.Card(event.resource, audience.facts, url, told), language)

    async def _asked(self, people: frozenset[str], happened: Sequence[Event]) -> tuple[Audience, dict[str, str]]:
        """The audience's answer, with the names of all who acted. Whose id is none can read nothing."""
        event, agents, strange = happened[-1], [], 0
        for user in sorted(people - self._service_users):
            try:
                agents.append(matrix_id(user))
            except InvalidValue:
                strange += 1
        if not agents and not strange:
            raise NobodyThere("nobody is in the room but services")
        actors: list[Sub | None] = list(dict.fromkeys(one.actor for one in happened if one.actor)) or [None]
        questions = [Question("room", event.resource.id, actor, event.type in _TRASHING) for actor in actors]
        answers = await self._workspace.audience({"room": agents}, questions)
        strictest = max(answers, key=lambda answer: (answer.facts is None, answer.cannot))
        if strange or strictest.facts is None:
            return Audience(strictest.cannot + strange, None), {}
        pairs = zip(actors, answers, strict=True)
        return strictest, {actor: one.facts.actor for actor, one in pairs if actor and one.facts and one.facts.actor}


def _content(message: cards.Message, edits: str | None) -> dict[str, Any]:
    content = Text(message.body, message.html).content()
    if edits is None:
        return content
    return {
        **content,
        "body": f"* {message.body}",
        "formatted_body": f"* {message.html}",
        "m.new_content": content,
        "m.relates_to": {"rel_type": "m.replace", "event_id": edits},
    }
