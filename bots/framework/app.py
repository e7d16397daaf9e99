"""`App`: a whole bot from a few functions. See docs/bots.md.

app = App("secretary")

@app.command("hello", "bonjour", help={"fr": "!bonjour : …", "en": "!hello: …"})
async def hello(call: Call) -> None:
    await call.reply(Text("Hello!"))

@app.event(EventType.DOCUMENT_UPDATED)
async def updated(happened: Happening) -> None:
    for room in happened.rooms:
        await happened.show(room)

app.main()
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Literal

from bots.framework.bot import Bot
from bots.framework.client import SafeClient
from bots.framework.commands import Commands, Run
from bots.framework.errors import BotError, HomeserverRefused, NotEncrypted, NotInRoom
from bots.framework.events import follow
from bots.framework.files import private_dir
from bots.framework.memory import Memory
from bots.framework.process import opened
from bots.framework.settings import BotSettings
from bots.framework.showing import NobodyThere, Showing
from bots.framework.text import Text, transaction
from contract.client import WorkspaceClient
from contract.errors import ContractError
from contract.events import Event, EventType
from contract.process import configure_logs, run_until_told
from contract.stream import EventStream, Missed

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Running:
    """A bot that runs: what its functions have of it."""

    bot: Bot
    client: SafeClient
    workspace: WorkspaceClient
    memory: Memory
    showing: Showing
    settings: BotSettings

    @property
    def language(self) -> Literal["fr", "en"]:
        """What rooms read that chose no language."""
        return "en" if self.settings.language == "en" else "fr"

    async def say(self, room: str, text: Text, *about: str) -> None:
        """Say something that anybody may read; once, however often it is said `about` the same."""
        await self.client.send(room, text.content(), transaction=transaction(room, text.plain, *about))


@dataclass(frozen=True)
class Happening:
    """An event of the workspace, as a bot's function is given it."""

    event: Event
    running: Running

    @property
    def rooms(self) -> tuple[str, ...]:
        """Every encrypted room that the bot is in."""
        return tuple(sorted(room.room_id for room in self.running.client.rooms.values() if room.encrypted))

    async def show(self, room: str) -> bool:
        """Show the event in the room as a card, once, under the audience rule. False where that is not possible.

        It is not where the bot is not in the room (any more), where that is not encrypted, or nobody else is there.
        """
        try:
            await self.running.showing.show(self.event, room, self.running.language)
        except (NobodyThere, NotInRoom, NotEncrypted, HomeserverRefused) as error:
            logger.warning("not shown, room=%s event=%s error=%s", room, self.event.id, type(error).__name__)
            return False
        return True


OnEvent = Callable[[Happening], Awaitable[None]]
OnMissed = Callable[[Missed, Running], Awaitable[None]]
OnStart = Callable[[Running], Awaitable[None]]


class App:
    """A bot called `name`: its settings are `PARVIS_<NAME>_*`. `title` is what its device is called."""

    def __init__(self, name: str, *, title: str | None = None) -> None:
        self.name = name
        self.title = title or f"Parvis {name}"
        self.commands = Commands()
        self._on: defaultdict[EventType, list[OnEvent]] = defaultdict(list)
        self._missed: list[OnMissed] = []
        self._start: list[OnStart] = []

    def command(self, name: str, *aliases: str, help: Mapping[str, str]) -> Callable[[Run], Run]:  # noqa: A002
        """Have what it decorates run for `!name` (see `Commands.add`)."""
        return self.commands.add(name, *aliases, help=help)

    def event(self, *types: EventType) -> Callable[[OnEvent], OnEvent]:
        """Have what it decorates told of these events, of whatever the bot's service account has an access to."""

        def register(on_event: OnEvent) -> OnEvent:
            for type_ in types:
                self._on[type_].append(on_event)
            return on_event

        return register

    def missed(self, on_missed: OnMissed) -> OnMissed:
        """Have what it decorates told that events are missing: the bot was away for longer than they are kept."""
        self._missed.append(on_missed)
        return on_missed

    def start(self, on_start: OnStart) -> OnStart:
        """Have what it decorates run before anything else, with the bot as it will run."""
        self._start.append(on_start)
        return on_start

    async def run_with(self, client: SafeClient, workspace: WorkspaceClient, settings: BotSettings) -> Running:
        """The bot on `client`, started; its memory is in the settings' `data`."""
        memory = Memory(private_dir(settings.data) / "events.db")
        bot = Bot(client, self.commands, at_least=settings.min_trust, language_of=_always(settings.language))
        showing = Showing(client, workspace, memory, service_users=settings.service_users)
        running = Running(bot, client, workspace, memory, showing, settings)
        for on_start in self._start:
            await on_start(running)
        return running

    async def on_event(self, event: Event, running: Running) -> None:
        """Tell whoever wants to know."""
        for on_event in self._on.get(event.type, ()):
            await on_event(Happening(event, running))

    async def on_missed(self, missed: Missed, running: Running) -> None:
        """Tell whoever wants to know."""
        for on_missed in self._missed:
            await on_missed(missed, running)

    async def serve(self, settings: BotSettings) -> None:
        """Run the bot until cancelled."""
        async with AsyncExitStack() as stack:
            workspace = await stack.enter_async_context(
                WorkspaceClient(settings.workspace_url, settings.workspace_token)
            )
            client = await stack.enter_async_context(await opened(lambda: SafeClient.open(settings.client(self.title))))
            running = await self.run_with(client, workspace, settings)
            stack.callback(running.memory.close)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(running.bot.run(), name="rooms")
                if self._on:
                    tasks.create_task(self.follow(running), name="events")

    async def follow(self, running: Running) -> None:
        """Hand over the workspace's events until cancelled."""
        await running.bot.ready.wait()  # before that we do not know our rooms
        settings = running.settings
        stream = EventStream(settings.workspace_url, settings.workspace_token, types=self._on)
        await follow(
            stream,
            running.memory,
            lambda event: self.on_event(event, running),
            lambda missed: self.on_missed(missed, running),
        )

    def main(self) -> int:
        """The process: it ends within seconds on SIGTERM or SIGINT. Gives its exit code."""
        code = 0
        try:
            settings = BotSettings.of(self.name, os.environ)
            configure_logs(settings.log_level)
            run_until_told(self.serve(settings))
        except* (BotError, ContractError) as errors:
            code = 1
            for error in _each(errors):
                sys.stderr.write(f"{self.name}: {error}\n")
        return code


def _each(errors: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    for error in errors.exceptions:
        found += _each(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found


def _always(language: str) -> Callable[[str], Awaitable[str]]:
    async def language_of(_user: str) -> str:
        return language

    return language_of
