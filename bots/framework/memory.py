"""What a bot that follows events remembers, in one SQLite file: up to where it has come, and what it has told whom."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from contract.errors import InvalidValue
from contract.events import Event
from contract.ids import ItemId

#: Days that what was said is remembered: the workspace tells no event again that is older (it keeps them for seven).
KEEP_DAYS = 30
#: Seconds after which what is older is forgotten again.
_FORGET_EVERY = 86_400.0
#: Events that one card tells of at most; with one more there is a new card.
MOST_ON_A_CARD = 100

_SHAPE = """
    CREATE TABLE IF NOT EXISTS place (one INTEGER PRIMARY KEY CHECK (one = 1), last_id TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS said (
        event TEXT NOT NULL, room TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (event, room)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS said_at ON said (at);
    CREATE TABLE IF NOT EXISTS card (
        room TEXT NOT NULL, item TEXT NOT NULL, message TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (room, item)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS told (
        room TEXT NOT NULL, item TEXT NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (room, item, number)
    ) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Shown:
    """A card in a room: its message, and the events that it tells of, the oldest first."""

    message: str
    events: tuple[Event, ...]


class Memory:
    """The memory in the file at `path`. It belongs to one bot."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(_SHAPE)
        self.forget_old()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def forget_old(self) -> None:
        """Forget what was said longer ago than `KEEP_DAYS`."""
        self._forgot_at = time.time()
        old = int(time.time()) - KEEP_DAYS * 86400
        with self._db:
            self._db.execute("BEGIN")
            self._db.execute("DELETE FROM said WHERE at < ?", (old,))
            self._db.execute(
                "DELETE FROM told WHERE (room, item) IN (SELECT room, item FROM card WHERE at < ?)", (old,)
            )
            self._db.execute("DELETE FROM card WHERE at < ?", (old,))

    @property
    def last_id(self) -> str:
        """Up to where the stream of events was handled; empty where it never was."""
        found = self._db.execute("SELECT last_id FROM place").fetchone()
        return str(found[0]) if found else ""

    def came_to(self, last_id: str) -> None:
        """Everything up to here is handled."""
        self._db.execute("INSERT OR REPLACE INTO place VALUES (1, ?)", (last_id,))
        if time.time() - self._forgot_at > _FORGET_EVERY:
            self.forget_old()

    def was_said(self, event: Event, room: str) -> bool:
        """Whether the room was told of the event."""
        where = "SELECT 1 FROM said WHERE event = ? AND room = ?"
        return self._db.execute(where, (str(event.id), room)).fetchone() is not None

    def said(self, event: Event, room: str, message: str, *, edits: bool) -> None:
        """The room was told of the event, on a card of its own (`message`) or on the one that it `edits`."""
        item, now = str(event.resource.id), int(time.time())
        with self._db:
            self._db.execute("BEGIN")
            self._db.execute("INSERT OR IGNORE INTO said VALUES (?, ?, ?)", (str(event.id), room, now))
            if not edits:
                self._db.execute("DELETE FROM told WHERE room = ? AND item = ?", (room, item))
                self._db.execute("INSERT OR REPLACE INTO card VALUES (?, ?, ?, ?)", (room, item, message, now))
            self._db.execute(
                "INSERT INTO told SELECT ?, ?, coalesce(max(number), 0) + 1, ? FROM told WHERE room = ? AND item = ?",
                (room, item, event.to_json(), room, item),
            )

    def card(self, room: str, item: ItemId, window: float) -> Shown | None:
        """The room's last card about the item, if it is at most `window` seconds old and has room for more."""
        found = self._db.execute(
            "SELECT message FROM card WHERE room = ? AND item = ? AND at > ?",
            (room, str(item), int(time.time() - window)),
        ).fetchone()
        if found is None:
            return None
        rows = self._db.execute(
            "SELECT body FROM told WHERE room = ? AND item = ? ORDER BY number", (room, str(item))
        ).fetchall()
        try:
            events = tuple(Event.from_json(bytes(body)) for (body,) in rows)
        except InvalidValue:  # written by a later version of ours, which knew more kinds of events
            return None
        return Shown(str(found[0]), events) if events and len(events) < MOST_ON_A_CARD else None

    def forget_room(self, room: str) -> None:
        """We are in the room no more."""
        with self._db:
            self._db.execute("BEGIN")
            for table in ("said", "card", "told"):
                self._db.execute(f"DELETE FROM {table} WHERE room = ?", (room,))  # noqa: S608 - names of ours
