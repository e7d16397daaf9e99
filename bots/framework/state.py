"""What a client remembers beside its keys, in one SQLite file: where it is in the sync, what it has handled, whom it
has seen. All SQL of the framework is here.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Days that single events are remembered; a homeserver sends none again after that.
KEEP_DAYS = 30
#: Events of one sender that wait at the same time; with one more, the oldest is given up.
WAITING_A_SENDER = 200
#: Events that have waited and are read again together: they are in memory at once.
_WAITING_AT_ONCE = 500

_STEPS = (
    # 1: the first shape
    """
    CREATE TABLE value (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE TABLE handled (event_id TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE INDEX handled_at ON handled (at);
    CREATE TABLE message_index (
        session_id TEXT NOT NULL, idx INTEGER NOT NULL, event_id TEXT NOT NULL, PRIMARY KEY (session_id, idx)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE master (user_id TEXT PRIMARY KEY, public TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE joined_room (room_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE encrypted_room (room_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE waiting (
        event_id TEXT PRIMARY KEY, room_id TEXT NOT NULL, session_id TEXT NOT NULL, since INTEGER NOT NULL,
        told INTEGER NOT NULL DEFAULT 0, history INTEGER NOT NULL, event TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE invite (
        room_id TEXT PRIMARY KEY, inviter TEXT NOT NULL, direct INTEGER NOT NULL, encrypted INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    """,
    # 2: what waits is tried again at a time of its own, and one sender has only so much of it
    """
    ALTER TABLE waiting ADD COLUMN sender TEXT NOT NULL DEFAULT '';
    ALTER TABLE waiting ADD COLUMN due INTEGER NOT NULL DEFAULT 0;
    UPDATE waiting SET sender = json_extract(event, '$.sender');
    CREATE INDEX waiting_due ON waiting (due);
    CREATE INDEX waiting_sender ON waiting (sender, since);
    CREATE INDEX waiting_session ON waiting (session_id);
    """,
    # 3: a session's messages are remembered one by one for some time only, then up to which one they came
    """
    ALTER TABLE message_index ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
    UPDATE message_index SET at = CAST(strftime('%s', 'now') AS INTEGER);
    CREATE INDEX message_index_at ON message_index (at);
    CREATE TABLE old_session (session_id TEXT PRIMARY KEY, up_to INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    """,
)


@dataclass(frozen=True)
class Waiting:
    """An event that could not be read, or answered, yet. `since` is in seconds of the clock.

    `told`: its sender knows, or could not help.
    """

    room_id: str
    event: Mapping[str, Any]
    session_id: str
    since: int
    told: bool
    history: bool


@dataclass(frozen=True)
class Invitation:
    """Somebody wants us in a room. `direct` and `encrypted` are what the invitation claims."""

    room_id: str
    inviter: str
    direct: bool
    encrypted: bool


class State:
    """The remembered state in the file at `path`. It belongs to one client; see `bots.framework.operators`."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        [(version,)] = self._db.execute("PRAGMA user_version")
        for number, step in enumerate(_STEPS[version:], start=version + 1):
            self._db.executescript(f"BEGIN; {step} PRAGMA user_version = {number}; COMMIT;")
        self.forget_old()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def forget_old(self) -> None:
        """Forget what is older than `KEEP_DAYS`; of a session's messages, all but up to which one they came."""
        old = int(time.time()) - KEEP_DAYS * 86400
        self._db.execute("DELETE FROM handled WHERE at < ?", (old,))
        with self._db:
            self._db.execute("BEGIN")
            self._db.execute(
                "INSERT INTO old_session"
                " SELECT session_id, max(idx) FROM message_index WHERE at < ? GROUP BY session_id"
                " ON CONFLICT (session_id) DO UPDATE SET up_to = max(up_to, excluded.up_to)",
                (old,),
            )
            self._db.execute("DELETE FROM message_index WHERE at < ?", (old,))

    def get(self, name: str) -> str | None:
        """A remembered value."""
        row = self._db.execute("SELECT value FROM value WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else None

    def put(self, name: str, value: str) -> None:
        """Remember a value."""
        self._db.execute("INSERT OR REPLACE INTO value VALUES (?, ?)", (name, value))

    def was_handled(self, event_id: str) -> bool:
        """Whether the event was handled, in this run or an earlier one."""
        return self._db.execute("SELECT 1 FROM handled WHERE event_id = ?", (event_id,)).fetchone() is not None

    def handled(self, event_id: str) -> None:
        """Remember that the event was handled."""
        self._db.execute("INSERT OR IGNORE INTO handled VALUES (?, ?)", (event_id, int(time.time())))

    def is_replay(self, session_id: str, index: int, event_id: str) -> bool:
        """Whether this message of the session came as another event before; remembers it if not.

        What was not read for `KEEP_DAYS` after later messages of its session counts as a replay.
        """
        key = (session_id, index)
        row = self._db.execute("SELECT event_id FROM message_index WHERE session_id = ? AND idx = ?", key).fetchone()
        if row is not None:
            return bool(row[0] != event_id)
        if self._db.execute("SELECT 1 FROM old_session WHERE session_id = ? AND up_to >= ?", key).fetchone():
            return True
        self._db.execute("INSERT INTO message_index VALUES (?, ?, ?, ?)", (*key, event_id, int(time.time())))
        return False

    def pinned_master(self, user_id: str, seen: str | None) -> str | None:
        """The master key that was first seen of the user, which is `seen` if there was none before."""
        if seen is not None:
            self._db.execute("INSERT OR IGNORE INTO master VALUES (?, ?)", (user_id, seen))
        row = self._db.execute("SELECT public FROM master WHERE user_id = ?", (user_id,)).fetchone()
        return str(row[0]) if row else None

    def forget_master(self, user_id: str) -> bool:
        """Trust the next identity of the user that is seen: for one who had to start a new one. False if none was."""
        return self._db.execute("DELETE FROM master WHERE user_id = ?", (user_id,)).rowcount > 0

    def is_joined(self, room_id: str) -> bool:
        """Whether we have handled anything of the room since we joined it."""
        return self._db.execute("SELECT 1 FROM joined_room WHERE room_id = ?", (room_id,)).fetchone() is not None

    def joined(self, room_id: str) -> None:
        """Remember that we are in a room."""
        self._db.execute("INSERT OR IGNORE INTO joined_room VALUES (?)", (room_id,))

    def left(self, room_id: str) -> None:
        """Remember that we are no longer in a room."""
        self._db.execute("DELETE FROM joined_room WHERE room_id = ?", (room_id,))

    def encrypted_rooms(self) -> frozenset[str]:
        """Rooms that were encrypted once: they stay so for us, whatever their state says later."""
        return frozenset(room for (room,) in self._db.execute("SELECT room_id FROM encrypted_room"))

    def room_is_encrypted(self, room_id: str) -> None:
        """Remember that a room is encrypted."""
        self._db.execute("INSERT OR IGNORE INTO encrypted_room VALUES (?)", (room_id,))

    def wait(
        self, room_id: str, session_id: str, event: Mapping[str, Any], *, history: bool, tell: bool, due: float
    ) -> int:
        """Keep an event until `due` at least. `tell`: its sender may be told, unless they were of another one of the
        session. Gives how many older events of the same sender were given up for it.
        """
        self._db.execute(
            "INSERT OR IGNORE INTO waiting (event_id, room_id, session_id, since, told, history, event, sender, due)"
            " VALUES (?1, ?2, ?3, ?4, ?5 OR EXISTS (SELECT 1 FROM waiting WHERE session_id = ?3 AND room_id = ?2"
            " AND told), ?6, ?7, ?8, ?9)",
            (
                event["event_id"],
                room_id,
                session_id,
                int(time.time()),
                not tell,
                history,
                json.dumps(event),
                event["sender"],
                int(due),
            ),
        )
        given_up = self._db.execute(
            "DELETE FROM waiting WHERE event_id IN"
            " (SELECT event_id FROM waiting WHERE sender = ? ORDER BY since DESC LIMIT -1 OFFSET ?)",
            (event["sender"], WAITING_A_SENDER),
        )
        return given_up.rowcount

    def wait_on(self, event_id: str, *, due: float) -> None:
        """Let an event that waits wait until `due` at least."""
        self._db.execute("UPDATE waiting SET due = ? WHERE event_id = ?", (int(due), event_id))

    def key_came(self, session_id: str) -> None:
        """What waits for the session's key need not wait any longer."""
        self._db.execute("UPDATE waiting SET due = 0 WHERE session_id = ?", (session_id,))

    def waiting(self, now: float) -> Iterator[Waiting]:
        """The first of the events that have waited until they were due, the oldest first."""
        rows = self._db.execute(
            "SELECT room_id, event, session_id, since, told, history FROM waiting WHERE due <= ?"
            " ORDER BY since LIMIT ?",
            (now, _WAITING_AT_ONCE),
        ).fetchall()
        for room_id, event, session_id, since, told, history in rows:
            yield Waiting(room_id, json.loads(event), session_id, since, bool(told), bool(history))

    def told(self, room_id: str, session_id: str) -> None:
        """Remember that the sender of a session was told that it cannot be read."""
        self._db.execute("UPDATE waiting SET told = 1 WHERE session_id = ? AND room_id = ?", (session_id, room_id))

    def no_longer_waiting(self, event_id: str) -> None:
        """The event was decrypted, or is given up."""
        self._db.execute("DELETE FROM waiting WHERE event_id = ?", (event_id,))

    def invited(self, invitation: Invitation) -> None:
        """Remember an invitation until it is answered."""
        self._db.execute(
            "INSERT OR REPLACE INTO invite VALUES (?, ?, ?, ?)",
            (invitation.room_id, invitation.inviter, invitation.direct, invitation.encrypted),
        )

    def invitations(self) -> tuple[Invitation, ...]:
        """The invitations that are not answered yet."""
        rows = self._db.execute("SELECT room_id, inviter, direct, encrypted FROM invite").fetchall()
        return tuple(
            Invitation(room, inviter, bool(direct), bool(encrypted)) for room, inviter, direct, encrypted in rows
        )

    def answered(self, room_id: str) -> None:
        """The invitation was accepted, refused or withdrawn."""
        self._db.execute("DELETE FROM invite WHERE room_id = ?", (room_id,))
