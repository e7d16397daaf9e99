"""Approvals: a bot asks, and a member's proven device says yes or no, by a reaction or by a command.

A reaction counts only if a device of its sender encrypted it, and what it reacts to with it: most clients send theirs
in the clear, where a homeserver could write one. Whoever reacts so is told the command that says the same, which is a
message like any other. What is open is in memory: a bot that is started again asks again.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum

from bots.framework.errors import BotError
from bots.framework.message import RoomEvent
from bots.framework.text import Text
from bots.framework.trust import Trust
from bots.framework.words import say

logger = logging.getLogger(__name__)

#: Questions that are open at a time, of one bot.
MOST_OPEN = 200
#: Without letters and digits that are taken for each other.
_LETTERS, _LENGTH = "23456789ABCDEFGHJKMNPQRSTUVWXYZ", 6
_COMMAND = re.compile(r"!(approve|approuver|refuse|refuser)\s+([0-9A-Za-z]{1,10})", re.IGNORECASE)


class Verdict(Enum):
    """What came of a question."""

    APPROVED = "approved"
    REFUSED = "refused"
    LATE = "late"


@dataclass(frozen=True)
class Decision:
    """What came of it, and by whom (None where it came too late)."""

    verdict: Verdict
    by: str | None = None


Then = Callable[[Decision], Awaitable[None]]


class TooManyQuestions(BotError):
    """So many questions of this bot are open that it asks no more."""


@dataclass(frozen=True)
class Said:
    """A verdict on the question of this code, which somebody has given."""

    code: str
    verdict: Verdict


@dataclass
class _Question:
    code: str
    room: str
    may: Callable[[str], bool]
    then: Then
    event_id: str = ""
    timer: asyncio.Task[None] | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Approvals:
    """The open questions of one bot. `at_least` is the least trust of a device whose reaction counts."""

    def __init__(self, at_least: Trust) -> None:
        self._at_least = at_least
        self._open: dict[str, _Question] = {}

    async def ask(
        self,
        key: str,
        room: str,
        text: Text,
        send: Callable[[Text], Awaitable[str]],
        then: Then,
        *,
        may: Callable[[str], bool],
        seconds: float,
        language: str,
    ) -> None:
        """Ask in `room` by `send`, which gives the message's id. `may` says of a member whether theirs counts.

        `key` is the question's own: asked again under the same (what led to it is handled again) it is the same one.
        `then` is called once, with the first verdict or when `seconds` have passed. Raises `TooManyQuestions`.
        """
        if len(self._open) >= MOST_OPEN:
            raise TooManyQuestions("too many questions are open: wait for answers first")
        question = _Question(_code(key), room, may, then)
        self._end(question.code)
        self._open[question.code] = question
        try:
            question.event_id = await send(_with_how(text, question.code, language))
        except BaseException:
            self._open.pop(question.code, None)
            raise
        question.timer = asyncio.create_task(self._late(question, seconds), name=f"approval {question.code}")

    def close(self) -> None:
        """The bot ends: nothing is open any more."""
        for question in self._open.values():
            if question.timer is not None:
                question.timer.cancel()
        self._open.clear()

    def said_in(self, room: str, body: str) -> Said | None:
        """The verdict in a message of `room`, on a question that is open there; None where it holds none."""
        found = _COMMAND.fullmatch(body.strip())
        if found is None:
            return None
        question = self._open.get(found.group(2).upper())
        if question is None or question.room != room:
            return None
        verdict = Verdict.APPROVED if found.group(1).lower().startswith("appro") else Verdict.REFUSED
        return Said(question.code, verdict)

    def reacted(self, event: RoomEvent) -> Said | None:
        """The verdict in a reaction, on a question that is open; None where it is about something else."""
        relation = event.content.get("m.relates_to")
        if not isinstance(relation, dict) or relation.get("rel_type") != "m.annotation":
            return None
        key, target = relation.get("key"), relation.get("event_id")
        verdict = _VERDICTS.get(key.rstrip("\ufe0f")) if isinstance(key, str) else None
        asked = [one for one in self._open.values() if one.event_id == target and one.room == event.room_id]
        return Said(asked[0].code, verdict) if verdict and asked else None

    def is_proven(self, event: RoomEvent) -> bool:
        """Whether a reaction is its sender's, and about what it says that it is about."""
        return event.trust >= self._at_least and event.relation_sealed

    def may_decide(self, said: Said, user: str) -> bool:
        """Whether the verdict of `user` counts."""
        question = self._open.get(said.code)
        return question is not None and question.may(user)

    async def decide(self, said: Said, user: str) -> None:
        """Take the verdict of `user`, who may give it. It stays open where what follows fails: it is handled again."""
        question = self._open.get(said.code)
        if question is None or not question.may(user):
            return
        async with question.turn:
            if self._open.get(said.code) is not question:
                return  # somebody was quicker, or it was too late
            await question.then(Decision(said.verdict, user))
            self._end(said.code)
        logger.info("decided, code=%s verdict=%s by=%s", said.code, said.verdict.value, user)

    def _end(self, code: str) -> None:
        question = self._open.pop(code, None)
        if question is not None and question.timer is not None:
            question.timer.cancel()

    async def _late(self, question: _Question, seconds: float) -> None:
        await asyncio.sleep(seconds)
        async with question.turn:
            if self._open.get(question.code) is not question:
                return
            del self._open[question.code]
            try:
                await question.then(Decision(Verdict.LATE))
            except Exception as error:  # noqa: BLE001 - a bot's own; nobody waits for this task
                logger.error("late, and could not be said: code=%s error=%s", question.code, type(error).__name__)


_VERDICTS = {"✅": Verdict.APPROVED, "❌": Verdict.REFUSED}


def _code(key: str) -> str:
    """Short, and no secret: everybody in the room reads it."""
    digest = hashlib.sha256(key.encode()).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:_LENGTH])


def _with_how(text: Text, code: str, language: str) -> Text:
    """The question, and how it is answered."""
    how = say("approval", language, code=code).plain
    html = None if text.html is None else f"{text.html}<p>{how}</p>"
    return Text(f"{text.plain}\n{how}", html)
