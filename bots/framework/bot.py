"""`Bot`: what makes a program in a room safe to have there.

It answers only commands of people who are in the room, from devices that are trusted enough; it writes only into
encrypted rooms; it does not answer other bots, edits, nor what was said before it came; it answers an event once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bots.framework.approvals import Approvals, Said, Then
from bots.framework.client import SafeClient
from bots.framework.commands import Commands
from bots.framework.errors import BotError, HomeserverRefused, HomeserverUnavailable
from bots.framework.message import Message, RoomEvent
from bots.framework.rooms import Room
from bots.framework.state import Invitation
from bots.framework.text import Text, answering, transaction
from bots.framework.trust import Trust
from bots.framework.words import say
from contract.allowance import Allowance
from contract.ids import MatrixId

logger = logging.getLogger(__name__)

#: Seconds between two kind words of the same sort to the same person in the same room.
_KIND_WORD_SECONDS = 3600
#: Invitations that are answered at the same time.
_JOINS_AT_ONCE = 4
#: Seconds between two tries while the homeserver is away: at first, and at most; and after which one is given up.
_JOIN_PAUSE, _JOIN_PAUSE_MOST, _JOIN_GIVE_UP = 10.0, 900.0, 24 * 3600.0

#: What is said to people whose messages are trusted too little.
_REFUSALS = {
    Trust.CLEARTEXT: "cleartext",
    Trust.UNKNOWN_DEVICE: "not_trusted",
    Trust.KNOWN_DEVICE: "not_trusted",
    Trust.OTHER_IDENTITY: "other_identity",
}

#: The language of a Matrix user, `fr` or `en`.
LanguageOf = Callable[[str], Awaitable[str]]


@dataclass(frozen=True)
class Call:
    """A command that somebody gave: what they wrote, where, and how to answer."""

    bot: Bot
    message: Message
    room: Room
    words: str
    language: str

    async def reply(self, text: Text, *, part: str = "", only_to: frozenset[str] | None = None) -> None:
        """Answer in the room (and thread) of the command; `part` tells several answers to one command apart.

        With `only_to`, raises `AudienceChanged` if anybody else could read it.
        """
        await self.bot.client.send(
            self.message.room,
            text.content(answering(self.message)),
            transaction=transaction(self.message.event_id, "reply", part),
            only_to=only_to,
        )

    async def reply_directly(self, text: Text, *, part: str = "") -> None:
        """Answer in the direct chat with whoever gave the command, which is begun if there is none.

        Raises `AudienceChanged` if somebody came into it just now.
        """
        chat = await self.bot.client.direct(self.message.sender)
        relation = answering(self.message) if chat.room_id == self.message.room else None
        await self.bot.client.send(
            chat.room_id,
            text.content(relation),
            transaction=transaction(self.message.event_id, "direct", part),
            only_to=frozenset({self.message.sender}),
        )

    async def ask(
        self,
        text: Text,
        then: Then,
        *,
        minutes: float = 60.0,
        by: frozenset[str] | None = None,
        only_to: frozenset[str] | None = None,
    ) -> None:
        """Ask the room; `then` is told the decision of the first member who may take it, or that nobody did in time.

        Members are those of `by`; without it, everybody joined but whoever gave the command (in a direct chat, they).
        A decision comes from a proven device. With `only_to`, raises `AudienceChanged` if anybody else could read it.
        """
        room, asker, direct = self.message.room, self.message.sender, self.message.direct

        def may(user: str) -> bool:
            there = self.bot.client.rooms.get(room)
            if there is None or user not in there.joined:
                return False
            return user in by if by is not None else direct or user != asker

        key = transaction(self.message.event_id, "ask", text.plain)

        async def send(question: Text) -> str:
            return await self.bot.client.send(
                room,
                question.content(answering(self.message)),
                transaction=key,
                only_to=only_to,
            )

        await self.bot.approvals.ask(key, room, text, send, then, may=may, seconds=60 * minutes, language=self.language)


class Bot:
    """A bot that answers `commands` through `client`. `at_least` is the least trust of a device that it obeys."""

    def __init__(self, client: SafeClient, commands: Commands, *, at_least: Trust, language_of: LanguageOf) -> None:
        self.client = client
        self.commands = commands
        self._at_least = at_least
        self._language_of = language_of
        self.approvals = Approvals(at_least)
        self.ready = asyncio.Event()
        self._allowance = Allowance()
        self._said: dict[tuple[str, str, str], float] = {}
        self._joins = asyncio.Semaphore(_JOINS_AT_ONCE)
        self._joining: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until cancelled. Raises `LoginRefused` when we are signed out."""
        try:
            await self.client.run(self)
        finally:
            self.approvals.close()
            for task in self._joining.values():
                task.cancel()
            await asyncio.gather(*self._joining.values(), return_exceptions=True)

    # -- told by the client

    async def on_ready(self) -> None:
        """The rooms are known."""
        self.ready.set()
        logger.info("ready, user=%s rooms=%d", self.client.user_id, len(self.client.rooms))

    async def on_typing(self, room_id: str, users: Sequence[str]) -> None:
        """A bot does not care who is typing."""

    async def on_event(self, event: RoomEvent) -> None:
        """Something happened in a room."""
        if event.history or event.sender == self.client.user_id:
            return
        room = self.client.rooms.get(event.room_id)
        if room is None:
            return
        if event.type == "m.room.member":
            await self._leave_if_alone(room)
            return
        if event.type == "m.reaction":
            await self._reaction(room, event)
            return
        message = Message.of(event, direct=self.client.is_direct(room, event.sender))
        if message is not None and event.sender in room.joined:
            await self._message(room, message)

    async def on_unreadable(self, room_id: str, sender: str, event_id: str) -> None:
        """No key came for a message: say so in a direct chat, where it may have been for us. Elsewhere say nothing."""
        room = self.client.rooms.get(room_id)
        if room is not None and self.client.is_direct(room, sender):
            await self._kind_word(room, sender, "unreadable", event_id)

    async def on_invitation(self, invitation: Invitation) -> None:
        """Accept it, without holding up the others."""
        if invitation.room_id not in self._joining:
            task = asyncio.create_task(self._accept(invitation), name=f"join {invitation.room_id}")
            self._joining[invitation.room_id] = task
            task.add_done_callback(lambda _: self._joining.pop(invitation.room_id, None))

    # -- commands

    async def _message(self, room: Room, message: Message) -> None:
        parsed = self.commands.parse(message.body)
        said = self.approvals.said_in(message.room, message.body) if parsed is None else None
        if parsed is None and said is None and not message.direct:
            return
        if message.trust < self._at_least:
            logger.warning(
                "not obeyed, room=%s event=%s sender=%s trust=%s",
                message.room,
                message.event_id,
                message.sender,
                message.trust.name,
            )
            await self._kind_word(room, message.sender, _REFUSALS[message.trust], message.event_id)
            return
        if not self._allowance.take(MatrixId(message.sender)):
            logger.warning("asks too much, sender=%s room=%s event=%s", message.sender, message.room, message.event_id)
            await self._kind_word(room, message.sender, "too_many", message.event_id)
            return
        language = await self._language_of(message.sender)
        if said is not None:
            await self._decide(said, message, Call(self, message, room, "", language))
            return
        if parsed is None:
            hint = say("hint", language, help=self.commands.help(language))
            await Call(self, message, room, "", language).reply(hint)
            return
        logger.info("command, name=%s room=%s event=%s", parsed.command.name, message.room, message.event_id)
        call = Call(self, message, room, parsed.words, language)
        try:
            await parsed.command.run(call)
        except BotError:
            raise
        except Exception as error:
            logger.error("command failed, event=%s error=%s", message.event_id, type(error).__name__)
            await call.reply(say("failed", language), part="failed")
            raise

    async def _decide(self, said: Said, message: Message, call: Call) -> None:
        if self.approvals.may_decide(said, message.sender):
            await self.approvals.decide(said, message.sender)
        else:
            await call.reply(say("not_yours_to_decide", call.language))

    async def _reaction(self, room: Room, event: RoomEvent) -> None:
        said = self.approvals.reacted(event)
        if said is None or event.sender not in room.joined or not self.approvals.may_decide(said, event.sender):
            return
        if self.approvals.is_proven(event):
            await self.approvals.decide(said, event.sender)
        else:
            logger.warning("reaction not proven, room=%s event=%s sender=%s", *_ids(event))
            await self._kind_word(room, event.sender, "reaction_unproven", event.event_id, code=said.code)

    async def _kind_word(self, room: Room, to: str, word: str, event_id: str, **values: str) -> None:
        """Say `word` in the room, if it is encrypted, to trusted devices and others, but not again and again."""
        key, now = (room.room_id, to, word + values.get("code", "")), time.monotonic()
        self._said = {said: at for said, at in self._said.items() if now - at < _KIND_WORD_SECONDS}
        if not room.encrypted or key in self._said:
            return
        text = say(word, await self._language_of(to), **values)
        content = text.content({"m.in_reply_to": {"event_id": event_id}})
        await self.client.send(room.room_id, content, transaction=transaction(event_id, word), even_untrusted=True)
        self._said[key] = now

    # -- rooms

    async def _accept(self, invitation: Invitation) -> None:
        """Join, as soon as the homeserver lets us. What is given up here is told of again at the next start."""
        until, pause = time.monotonic() + _JOIN_GIVE_UP, _JOIN_PAUSE
        while True:
            try:
                async with self._joins:
                    await self._join(invitation)
            except HomeserverUnavailable as error:
                if time.monotonic() >= until:
                    logger.error("invitation given up, room=%s: %s", invitation.room_id, error)
                    return
                logger.warning("invitation waits, room=%s: %s", invitation.room_id, error)
                await asyncio.sleep(max(pause, error.retry_after))
                pause = min(2 * pause, _JOIN_PAUSE_MOST)
            except HomeserverRefused as error:
                logger.warning("invitation not accepted, room=%s: %s", invitation.room_id, error.code)
                self.client.state.answered(invitation.room_id)
                return
            except BotError as error:
                logger.warning("invitation not answered well, room=%s: %s", invitation.room_id, error)
                return
            else:
                return

    async def _join(self, invitation: Invitation) -> None:
        room = await self.client.join(invitation.room_id)
        logger.info("joined, room=%s encrypted=%s", room.room_id, room.encrypted)
        language = await self._language_of(invitation.inviter)
        if not room.encrypted:
            await self.client.leave(room.room_id)
            chat = await self.client.direct(invitation.inviter)
            sent_as = transaction(room.room_id, "not encrypted")
            await self.client.send(
                chat.room_id, say("not_encrypted", language).content(), transaction=sent_as, even_untrusted=True
            )
            return
        if invitation.direct:
            await self.client.note_direct(room.room_id, invitation.inviter)
        hello = say("hello", language, help=self.commands.help(language))
        sent_as = transaction(room.room_id, "hello")
        await self.client.send(room.room_id, hello.content(), transaction=sent_as, even_untrusted=True)

    async def _leave_if_alone(self, room: Room) -> None:
        if set(room.members) <= {self.client.user_id} and room.room_id not in self._joining:
            logger.info("everybody left, room=%s", room.room_id)
            await self.client.leave(room.room_id)


def _ids(event: RoomEvent) -> tuple[str, str, str]:
    return event.room_id, event.event_id, event.sender
