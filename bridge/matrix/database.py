"""The one database of the Matrix side: mautrix's state and keys, and our own tables, in a file or in PostgreSQL.

Everything is in one database so that a room key and the mark that it was received, or a transaction and the membership
that it tells, are stored together or not at all. Inside a transaction no network is waited for: SQLite has one
connection, and all else waits.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mautrix.client.state_store.asyncpg import PgStateStore
from mautrix.crypto import PgCryptoStore
from mautrix.util.async_db import Connection, Database, Scheme, UpgradeTable

from bridge import database

upgrades = UpgradeTable(version_table_name="parvis_matrix_version", database_name="the bridge's Matrix side")


async def _first_tables(connection: Connection, scheme: Scheme) -> None:
    number = "INTEGER PRIMARY KEY AUTOINCREMENT" if scheme == Scheme.SQLITE else "BIGSERIAL PRIMARY KEY"
    await connection.execute("CREATE TABLE parvis_transaction (txn_id TEXT PRIMARY KEY, received_at BIGINT NOT NULL)")
    await connection.execute(f"""
        CREATE TABLE parvis_event (
            seq         {number},
            room_id     TEXT NOT NULL,
            event_id    TEXT NOT NULL UNIQUE,
            event       TEXT NOT NULL,
            received_at BIGINT NOT NULL,
            attempts    INTEGER NOT NULL DEFAULT 0,
            waits_for   TEXT,
            told        BOOLEAN NOT NULL DEFAULT false
        )
    """)
    await connection.execute("CREATE INDEX parvis_event_room ON parvis_event (room_id, seq)")
    await connection.execute("CREATE INDEX parvis_event_waits ON parvis_event (waits_for)")
    await connection.execute("CREATE TABLE parvis_direct_room (user_id TEXT PRIMARY KEY, room_id TEXT NOT NULL)")
    await connection.execute("CREATE TABLE parvis_outdated_user (user_id TEXT PRIMARY KEY)")


upgrades.register(_first_tables, description="Events that wait, transactions received, direct chats, outdated devices")


async def _senders(connection: Connection, _scheme: Scheme) -> None:
    """What waits for keys is bounded for each sender."""
    await connection.execute("ALTER TABLE parvis_event ADD COLUMN sender TEXT")


upgrades.register(_senders, description="Who sent an event")


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """The database at `url`, with all its tables, for as long as the block runs."""
    async with database.opened(url, upgrades) as opened_database:
        for table in (PgStateStore.upgrade_table, PgCryptoStore.upgrade_table):
            await table.upgrade(opened_database)
        yield opened_database
