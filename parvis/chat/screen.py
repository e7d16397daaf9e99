"""How the chat shows what happens: on a terminal with colours, or one line (of JSON, if wanted) an event.

Everything shown was written by somebody else: control characters never reach the terminal.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Protocol, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bots.framework.trust import Trust
from parvis.chat.agent import Seen

#: Shown before a message that is not proved to come from its sender's own cross-signed device.
_SHIELDS = {
    Trust.CLEARTEXT: ("⚠ not encrypted", "bold red"),
    Trust.UNKNOWN_DEVICE: ("🛡 unknown device", "bold red"),
    Trust.KNOWN_DEVICE: ("🛡 unverified device", "yellow"),
    Trust.OTHER_IDENTITY: ("🛡 their identity has changed", "bold red"),
}
_NAME_COLOURS = ("cyan", "magenta", "green", "blue", "bright_yellow", "bright_red")


@dataclass(frozen=True)
class RoomLine:
    """A room in the list. `number` is what `/room` and `/join` take; `invited_by` is set for an invitation."""

    number: int
    room_id: str
    title: str
    members: int
    unread: int
    encrypted: bool
    current: bool = False
    invited_by: str | None = None


class Screen(Protocol):
    """Where the chat shows what happens."""

    def message(self, seen: Seen, sender: str, room: str, *, changed: bool) -> None:
        """A message; `changed` where it was shown before and has been edited."""

    def note(self, text: str) -> None:
        """Something to know."""

    def error(self, text: str) -> None:
        """Something that did not work, and what to do."""

    def rooms(self, lines: Sequence[RoomLine]) -> None:
        """The list of rooms."""


def clean(text: str) -> str:
    """`text` without what could steer a terminal or turn the line around."""
    return "".join(
        char
        for char in text.replace("\r\n", "\n")
        if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cf", "Cs")
    )


def shield(seen: Seen) -> tuple[str, str] | None:
    """What to say of the message's origin, and its style; None where nothing need be said."""
    return None if seen.unreadable else _SHIELDS.get(seen.trust)


class RichScreen:
    """A terminal. `write` takes text with ANSI colours; `own` is who looks at it."""

    def __init__(self, write: Callable[[str], None], own: str, width: int | None = None) -> None:
        self._write = write
        self._own = own
        self._console = Console(force_terminal=True, width=width, highlight=False, emoji=False)

    def message(self, seen: Seen, sender: str, room: str, *, changed: bool) -> None:
        """One message on one or several lines."""
        line = Text()
        line.append(f"{_clock(seen.timestamp)} ", style="dim")
        line.append(clean(sender), style=f"bold {self._colour(seen.sender)}")
        for mark, style in _marks(seen, changed=changed):
            line.append(f" {mark}", style=style)
        line.append("  ")
        if seen.unreadable:
            line.append("(cannot be decrypted: no key has come)", style="dim italic")
        else:
            body = clean(seen.body)
            line.append(body if "\n" not in body else f"\n{_indented(body)}", style="dim" if seen.notice else "")
        self._show(line)

    def note(self, text: str) -> None:
        """A dim line."""
        self._show(Text(clean(text), style="dim"))

    def error(self, text: str) -> None:
        """A red line."""
        self._show(Text(clean(text), style="red"))

    def rooms(self, lines: Sequence[RoomLine]) -> None:
        """A table."""
        table = Table(box=None, pad_edge=False, show_header=False)
        for line in lines:
            state = (
                f"invited by {line.invited_by}: /join {line.number}" if line.invited_by else f"{line.members} people"
            )
            unread = f"{line.unread} new" if line.unread else ""
            lock = "🔒" if line.encrypted else "⚠ not encrypted"
            style = "bold" if line.current else ""
            table.add_row(
                Text(str(line.number), style="cyan"),
                Text(clean(line.title), style=style),
                Text(lock),
                Text(clean(state), style="dim"),
                Text(unread, style="yellow"),
            )
        self._show(table)

    def _show(self, what: Text | Table) -> None:
        with self._console.capture() as captured:
            self._console.print(what)
        self._write(captured.get().rstrip("\n"))

    def _colour(self, user: str) -> str:
        return "white" if user == self._own else _NAME_COLOURS[sum(user.encode()) % len(_NAME_COLOURS)]


class LineScreen:
    """One line an event on `out`, for scripts: plain, or with `as_json` a JSON object."""

    def __init__(self, out: TextIO = sys.stdout, *, as_json: bool = False) -> None:
        self._out = out
        self._as_json = as_json

    def message(self, seen: Seen, sender: str, room: str, *, changed: bool) -> None:
        """One message."""
        facts = {**asdict(seen), "trust": seen.trust.name, "name": sender, "room": room}
        marks = "".join(f" [{mark}]" for mark, _ in _marks(seen, changed=changed))
        body = "(cannot be decrypted)" if seen.unreadable else clean(seen.body).replace("\n", "\n    ")
        self._put("message", facts, f"{_clock(seen.timestamp)} [{clean(room)}] {clean(sender)}{marks}: {body}")

    def note(self, text: str) -> None:
        """Something to know."""
        self._put("note", {"text": text}, f"- {clean(text)}")

    def error(self, text: str) -> None:
        """Something that did not work."""
        self._put("error", {"text": text}, f"! {clean(text)}")

    def rooms(self, lines: Sequence[RoomLine]) -> None:
        """One line a room."""
        for line in lines:
            state = f"invited by {line.invited_by}" if line.invited_by else f"{line.members} people, {line.unread} new"
            self._put("room", asdict(line), f"{line.number}. {clean(line.title)} ({state}) {line.room_id}")

    def _put(self, event: str, facts: dict[str, object], plain: str) -> None:
        line = json.dumps({"event": event, **facts}, ensure_ascii=False) if self._as_json else plain
        self._out.write(f"{line}\n")
        self._out.flush()


def _marks(seen: Seen, *, changed: bool) -> list[tuple[str, str]]:
    marks = []
    found = shield(seen)
    if found:
        marks.append(found)
    if seen.thread:
        marks.append(("⤷ in a thread", "dim"))
    elif seen.reply_to:
        marks.append(("↩", "dim"))
    if seen.edited:
        marks.append(("✎ now" if changed else "(edited)", "dim"))
    return marks


def _indented(body: str) -> str:
    return "\n".join(f"      {line}" for line in body.split("\n"))


def _clock(milliseconds: int) -> str:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone().strftime("%H:%M")
    except (OverflowError, ValueError, OSError):  # a federated server chose the number
        return "--:--"
