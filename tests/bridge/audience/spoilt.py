"""Parts of the bridge made worse, one at a time: each of the ways into a room, without one of its questions."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bridge.audiences import Audiences
from bridge.commands.parsing import Verb
from bridge.ports import Sealed
from bridge.store.errands import Kind
from contract.answers import Audience
from contract.comments import CommentQuestion, CommentTold
from contract.ids import MatrixId, RoomId
from tests.bridge.conftest import Bridge
from tests.bridge.fakes import INES


@dataclass(frozen=True)
class Part:
    """A method of something in the bridge; `acts` is what people do that leads there."""

    of: Callable[[Bridge], Any]
    name: str
    acts: tuple[str, ...]

    def spoil(self, bridge: Bridge, attribute: str, worse: Callable[[Any], Any]) -> None:
        """Have this method, and what it calls, see something worse in the place of `attribute`; nothing else does."""
        owner = self.of(bridge)
        spoilt = copy.copy(owner)
        setattr(spoilt, attribute, worse(getattr(owner, attribute)))
        setattr(owner, self.name, getattr(spoilt, self.name))


class Remembering:
    """Audiences, or a workspace, that asks who may read something only once for the same people."""

    def __init__(self, of: Any) -> None:
        self._of = of
        self._known: dict[tuple[frozenset[MatrixId], UUID], Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._of, name)

    async def of(self, members: frozenset[MatrixId], item: Any, *args: Any, **more: Any) -> Audience:
        if (members, item) not in self._known:
            self._known[members, item] = await self._of.of(members, item, *args, **more)
        known: Audience = self._known[members, item]
        return known

    named = Audiences.named

    async def comments(
        self, audiences: Mapping[str, list[MatrixId]], questions: list[CommentQuestion]
    ) -> tuple[CommentTold, ...]:
        (question,) = questions
        about = frozenset(audiences[question.audience]), question.comment
        if about not in self._known:
            self._known[about] = await self._of.comments(audiences, questions)
        known: tuple[CommentTold, ...] = self._known[about]
        return known


class Presuming(Remembering):
    """The same where Inès is asked about, whoever is told, who is presumed to read what she reads."""

    async def of(self, _members: frozenset[MatrixId], item: Any, *args: Any, **more: Any) -> Audience:
        answer: Audience = await self._of.of(frozenset({INES}), item, *args, **more)
        return answer

    async def comments(
        self, audiences: Mapping[str, list[MatrixId]], questions: list[CommentQuestion]
    ) -> tuple[CommentTold, ...]:
        some = {name: [INES] for name in audiences}
        answers: tuple[CommentTold, ...] = await self._of.comments(some, questions)
        return answers


class Careless:
    """Rooms whose keys whoever is there is given."""

    def __init__(self, of: Any) -> None:
        self._of = of

    def __getattr__(self, name: str) -> Any:
        return getattr(self._of, name)

    async def seal(self, room: RoomId, event_type: str, content: Mapping[str, Any], **_only: Any) -> Sealed:
        sealed: Sealed = await self._of.seal(room, event_type, content)
        return sealed


def _letters(bridge: Bridge) -> Any:
    return bridge.deliverer._letters


def _telling(bridge: Bridge) -> Any:
    return bridge.deliverer._telling


def _mentioning(bridge: Bridge) -> Any:
    return bridge.deliverer._telling._mentioning


def _giver(bridge: Bridge) -> Any:
    sender: Any = bridge.files.errands._doers[Kind.SEND]
    return sender._giver


def _access(bridge: Bridge) -> Any:
    answers: Any = bridge.middle._desk._verbs[Verb.ACCESS]
    return answers.__self__


_TALK = ("comments", "talks")

#: What asks who may read, by what it makes of the answer; and by which attribute it asks.
ASKING: Mapping[str, tuple[Part, str]] = {
    "a card": (Part(_letters, "_single", ("happens",)), "_audiences"),
    "a card that counts": (Part(_letters, "_counting", ("happens",)), "_audiences"),
    "a comment": (Part(_telling, "_ask", _TALK), "_workspace"),
    "the first card of a discussion": (Part(_telling, "_card", _TALK), "_audiences"),
    "that a discussion is over": (Part(_telling, "_closed", _TALK), "_audiences"),
    "a mention in a room": (Part(_mentioning, "_in_room", _TALK), "_workspace"),
    "a mention in a direct chat": (Part(_mentioning, "_in_direct", _TALK), "_workspace"),
    "what a mention is on": (Part(_mentioning, "_in_direct", _TALK), "_audiences"),
    "an attachment": (Part(_giver, "give", ("files",)), "_audiences"),
    "files of a name": (Part(lambda bridge: bridge.middle._files, "_find", ("files",)), "_audiences"),
    "what was saved": (Part(lambda bridge: bridge.files.errands, "tell_saved", ("files",)), "_audiences"),
    "a link": (Part(lambda bridge: bridge.middle._links, "_say", ("pastes",)), "_audiences"),
    "bindings": (Part(lambda bridge: bridge.middle._desk._titles, "of", ("commands",)), "_audiences"),
    "who has access": (Part(_access, "_item", ("commands",)), "_audiences"),
    "an offer": (Part(lambda bridge: bridge.middle._offers, "_ask", ("pastes",)), "_audiences"),
}
#: About these the same people are hardly ever asked again.
ONCE = frozenset({"the first card of a discussion", "what was saved", "that a discussion is over"})

#: What seals for those who were asked about.
SEALING: Mapping[str, Part] = {
    "cards": Part(lambda bridge: bridge.deliverer, "_sealed", ("happens",)),
    "comments": Part(_telling, "_send", _TALK),
    "the first card of a discussion": Part(_telling, "_card", _TALK),
    "mentions in a room": Part(_mentioning, "_in_room", _TALK),
    "attachments": Part(_giver, "give", ("files",)),
    "answers and whispers": Part(lambda bridge: bridge.middle._speaker, "_say_now", ("pastes", "commands")),
}
