"""The chat on a terminal (a prompt with a line of state under it), and for scripts that write to its stdin."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
from typing import TextIO

from bots.framework.errors import BotError
from parvis.chat.agent import Agent
from parvis.chat.lines import lines_of
from parvis.chat.screen import LineScreen, RichScreen, clean
from parvis.chat.session import Quit, Session

#: Seconds without news after which a script's chat ends, once its input has.
LINGER_SECONDS = 5.0
#: Seconds that our "is typing" holds, and between two of them.
_TYPING_SECONDS = 8.0


async def on_terminal(agent: Agent) -> None:
    """The chat, until the person goes (`/quit`, Ctrl-D or Ctrl-C)."""
    from prompt_toolkit import PromptSession, print_formatted_text
    from prompt_toolkit.formatted_text import ANSI
    from prompt_toolkit.patch_stdout import patch_stdout

    screen = RichScreen(
        lambda text: print_formatted_text(ANSI(text)), agent.user_id, shutil.get_terminal_size().columns
    )
    prompt: PromptSession[str] = PromptSession()
    session = Session(agent, screen)
    typing = _Typing(session)
    prompt.default_buffer.on_text_changed += lambda buffer: typing.changed(buffer.text)
    with patch_stdout(raw=True):
        await session.begin()
        while True:
            try:
                line = await prompt.prompt_async(
                    lambda: f"{clean(session.title)} › ",
                    bottom_toolbar=lambda: _toolbar(session),
                    refresh_interval=1.0,
                )
                await session.do(line)
            except KeyboardInterrupt:
                return
            except (EOFError, Quit):
                return
            finally:
                typing.stop()


async def on_lines(agent: Agent, source: TextIO = sys.stdin, *, as_json: bool = False) -> None:
    """The chat for a script: a line of `source` is done after the other, what happens is one line each."""
    session = Session(agent, LineScreen(as_json=as_json))
    await session.begin()
    try:
        async for line in lines_of(source):
            await session.do(line)
    except Quit:
        return
    await _quiet(agent)


async def _quiet(agent: Agent) -> None:
    """Until nothing has happened for a while: an answer to the last line may be on its way."""
    news = asyncio.Event()
    before = agent.on_change

    def changed(room_id: str) -> None:
        before(room_id)
        news.set()

    agent.on_change = changed
    with contextlib.suppress(TimeoutError):
        while True:
            async with asyncio.timeout(LINGER_SECONDS):
                await news.wait()
            news.clear()


def _toolbar(session: Session) -> str:
    parts = []
    if session.typing:
        parts.append(f"{', '.join(clean(name) for name in session.typing)} typing…")
    if session.unread:
        parts.append(f"{session.unread} new elsewhere (/rooms)")
    if session.agent.invitations:
        parts.append(f"{len(session.agent.invitations)} invitation(s) (/join)")
    return "  ·  ".join(parts) or "🔒 encrypted · /help"


class _Typing:
    """Tells the room that we type, now and then while we do."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._told_at = 0.0
        self._tasks: set[asyncio.Task[None]] = set()

    def changed(self, text: str) -> None:
        now = asyncio.get_running_loop().time()
        if text and not text.startswith("/") and now - self._told_at > _TYPING_SECONDS / 2:
            self._told_at = now
            self._tell(_TYPING_SECONDS)

    def stop(self) -> None:
        if self._told_at:
            self._told_at = 0.0
            self._tell(0)

    def _tell(self, seconds: float) -> None:
        room = self._session.current
        if room is None:
            return
        task = asyncio.get_running_loop().create_task(self._told(room, seconds))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _told(self, room: str, seconds: float) -> None:
        with contextlib.suppress(BotError):  # a courtesy: nothing is lost without it
            await self._session.agent.client.typing(room, seconds=seconds)
