"""The commands of a bot: what they are called, in French and in English, and what runs. Pure but for what runs.

commands = Commands()

@commands.add("find", "cherche", "trouve", help={"fr": "!find mots : …", "en": "!find words: …"})
async def find(call: Call) -> None:
    await call.reply(Text(f"You look for {call.words}"))
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bots.framework.bot import Call

PREFIX = "!"

Run = Callable[["Call"], Awaitable[None]]


@dataclass(frozen=True)
class Command:
    """One command. `help` is a line a language."""

    name: str
    aliases: tuple[str, ...]
    help: Mapping[str, str]
    run: Run


@dataclass(frozen=True)
class Parsed:
    """A command that somebody wrote, and the words after it (whitespace folded)."""

    command: Command
    words: str


class Commands:
    """The commands of one bot."""

    def __init__(self) -> None:
        self._by_name: dict[str, Command] = {}
        self._commands: list[Command] = []

    def add(self, name: str, *aliases: str, help: Mapping[str, str]) -> Callable[[Run], Run]:  # noqa: A002 - reads well where it is used
        """Register what it decorates. Raises `ValueError` where a name is taken."""

        def register(run: Run) -> Run:
            command = Command(name, aliases, help, run)
            for one in (name, *aliases):
                if one.casefold() in self._by_name:
                    raise ValueError(f"two commands are called {one}")
                self._by_name[one.casefold()] = command
            self._commands.append(command)
            return run

        return register

    def parse(self, body: str) -> Parsed | None:
        """The command in `body`, or None where it is none of ours (it may be another bot's)."""
        first, _, rest = body.strip().replace("\u00a0", " ").partition("\n")
        name, *words = first.split() or [""]
        if not name.startswith(PREFIX):
            return None
        command = self._by_name.get(name.removeprefix(PREFIX).casefold())
        return Parsed(command, " ".join([*words, *rest.split()])) if command else None

    def help(self, language: str) -> str:
        """One line a command."""
        return "\n".join(command.help.get(language) or command.help["en"] for command in self._commands)
