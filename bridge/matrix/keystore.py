"""mautrix's store of keys, made safe where it is not, and quick where a message is sent.

- An outbound session is kept in memory and stored *ahead*: as it will be a number of messages later. So most messages
  cost no write, and after any crash no number of a session is ever used for a second text.
- A room's session belongs to the device that gave it first. Whoever else is in the room has the same key, and could
  otherwise make the owner's messages look like their own.
"""

from __future__ import annotations

import logging
from collections import Counter
from datetime import timedelta

from mautrix.crypto import InboundGroupSession, OutboundGroupSession, PgCryptoStore
from mautrix.types import IdentityKey, RoomID, SessionID, UserID
from mautrix.util.async_db import Database

from bridge.database import transaction

log = logging.getLogger(__name__)

#: How many messages of a room are reserved with one write.
RESERVE = 25
#: The rotation of a session that a room may ask for: not after each message, which would drown us in key sharing.
MIN_MESSAGES, MAX_MESSAGES = 50, 10_000
MIN_AGE, MAX_AGE = timedelta(hours=1), timedelta(days=7)


class KeyStore(PgCryptoStore):
    """The keys of the bridge's one device."""

    def __init__(self, pickle_key: str, database: Database) -> None:
        super().__init__("", pickle_key, database)
        self._outbound: dict[RoomID, OutboundGroupSession] = {}
        self._reserved: dict[str, int] = {}
        self._changes: Counter[RoomID] = Counter()

    def forget(self) -> None:
        """Drop what is in memory of the account, its sync and its sessions: a transaction that changed them failed."""
        self._account = None
        self._sync_token = None
        self._olm_cache.clear()

    async def get_outbound_group_session(self, room_id: RoomID) -> OutboundGroupSession | None:
        """The room's session, ready to be used after `reserve`."""
        session = self._outbound.get(room_id)
        if session is None:
            session = await super().get_outbound_group_session(room_id)
            if session is not None:
                self._outbound[room_id] = session
                self._reserved[session.id] = session.message_index
        return session

    async def add_outbound_group_session(self, session: OutboundGroupSession) -> None:
        """Keep a session that was shared, or one whose limits have changed."""
        session.max_messages = min(max(session.max_messages, MIN_MESSAGES), MAX_MESSAGES)
        session.max_age = min(session.max_age, MAX_AGE)
        await super().add_outbound_group_session(session)
        self._outbound[session.room_id] = session
        self._reserved[session.id] = session.message_index

    async def reserve(self, session: OutboundGroupSession) -> None:
        """Make sure that the next message of `session` is past what a restart would continue from."""
        if session.message_index < self._reserved.get(session.id, 0):
            return
        count = min(RESERVE, max(session.max_messages - session.message_count, 1))
        await self.db.execute(
            "UPDATE crypto_megolm_outbound_session SET session=$1, message_count=$2, last_used=$3"
            " WHERE room_id=$4 AND session_id=$5 AND account_id=$6",
            session.pickle_ahead(self.pickle_key, count),
            session.message_count + count,
            session.use_time,
            session.room_id,
            session.id,
            self.account_id,
        )
        self._reserved[session.id] = session.message_index + count

    async def update_outbound_group_session(self, session: OutboundGroupSession) -> None:
        """Nothing: it was stored ahead."""

    async def remove_outbound_group_session(self, room_id: RoomID) -> None:
        """The room's next message has a new session."""
        self._drop(room_id)
        await super().remove_outbound_group_session(room_id)

    async def remove_outbound_group_sessions(self, rooms: list[RoomID]) -> None:
        """The same for many rooms."""
        for room_id in rooms:
            self._drop(room_id)
        if rooms:
            await super().remove_outbound_group_sessions(rooms)

    def changes(self, room_id: RoomID) -> int:
        """How often the room's session was taken away since the start: another number, other members or devices."""
        return self._changes[room_id]

    def _drop(self, room_id: RoomID) -> None:
        self._changes[room_id] += 1
        session = self._outbound.pop(room_id, None)
        if session is not None:
            self._reserved.pop(session.id, None)

    async def put_group_session(
        self, room_id: RoomID, sender_key: IdentityKey, session_id: SessionID, session: InboundGroupSession
    ) -> None:
        """Keep what reads a session, unless somebody else gave it before, or we can already read from earlier on."""
        known = await self.db.fetchrow(
            "SELECT sender_key, room_id FROM crypto_megolm_inbound_session WHERE session_id=$1 AND account_id=$2",
            session_id,
            self.account_id,
        )
        if known is not None:
            if (known["sender_key"], known["room_id"]) != (sender_key, room_id):
                log.warning("session %s in %s was given by a second device: kept the first", session_id, room_id)
                return
            before = await self.get_group_session(room_id, session_id)
            if before is not None and before.first_known_index <= session.first_known_index:
                return
        await super().put_group_session(room_id, sender_key, session_id, session)

    async def outdated_users(self) -> list[UserID]:
        """Users whose list of devices has changed and was not read again yet."""
        return [row["user_id"] for row in await self.db.fetch("SELECT user_id FROM parvis_outdated_user")]

    async def mark_outdated(self, changed: list[UserID], left: list[UserID]) -> None:
        """Of `changed` the devices must be read again; of `left`, with whom no room is shared, if they come back."""
        tracked = await self.filter_tracked_users(changed) if changed else []
        insert = "INSERT INTO parvis_outdated_user (user_id) VALUES ($1) ON CONFLICT (user_id) DO NOTHING"
        for user in tracked:
            await self.db.execute(insert, user)
        for user in left:
            await self.db.execute("DELETE FROM crypto_tracked_user WHERE user_id=$1", user)

    async def mark_current(self, users: list[UserID]) -> None:
        """The devices of `users` were read."""
        async with transaction(self.db):
            for user in users:
                await self.db.execute("DELETE FROM parvis_outdated_user WHERE user_id=$1", user)
