"""Which room follows what, in one SQLite file."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from contract.ids import ItemId, item_id

_SHAPE = """
    CREATE TABLE IF NOT EXISTS follow (
        room TEXT NOT NULL, item TEXT NOT NULL, url TEXT NOT NULL, asked_by TEXT NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (room, item)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS follow_item ON follow (item);
"""


@dataclass(frozen=True)
class Follow:
    """A room follows an item. `url` is how it was named, `asked_by` the Matrix id of who asked."""

    item: ItemId
    url: str
    asked_by: str


class Follows:
    """The follows in the file at `path`. They belong to one bot."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(_SHAPE)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def add(self, room: str, follow: Follow) -> bool:
        """Follow something in a room. False where it did already."""
        values = (room, str(follow.item), follow.url, follow.asked_by, int(time.time()))
        return self._db.execute("INSERT OR IGNORE INTO follow VALUES (?, ?, ?, ?, ?)", values).rowcount > 0

    def remove(self, room: str, item: ItemId) -> bool:
        """Follow it no more. False where it did not."""
        return self._db.execute("DELETE FROM follow WHERE room = ? AND item = ?", (room, str(item))).rowcount > 0

    def forget(self, room: str) -> None:
        """We are in the room no more."""
        self._db.execute("DELETE FROM follow WHERE room = ?", (room,))

    def of(self, room: str) -> list[Follow]:
        """What a room follows, the oldest first."""
        rows = self._db.execute("SELECT item, url, asked_by FROM follow WHERE room = ? ORDER BY at, item", (room,))
        return [Follow(item_id(item), url, asked_by) for item, url, asked_by in rows.fetchall()]

    def rooms(self, items: Iterable[ItemId] | None = None) -> list[str]:
        """The rooms that follow any of `items`, or anything."""
        if items is None:
            rows = self._db.execute("SELECT DISTINCT room FROM follow ORDER BY room")
        else:
            wanted = [str(item) for item in items]
            marks = ", ".join("?" * len(wanted))
            where = f"SELECT DISTINCT room FROM follow WHERE item IN ({marks}) ORDER BY room"  # noqa: S608 - only marks
            rows = self._db.execute(where, wanted)
        return [room for (room,) in rows.fetchall()]
