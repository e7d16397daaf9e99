"""The one database of the Matrix side: mautrix's state and keys, and our own tables, in a file or in PostgreSQL.

Everything is in one database so that a room key and the mark that it was received, or a transaction and the membership
that it tells, are stored together or not at all. Inside a transaction no network is waited for: SQLite has one
connection, and all else waits.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from mautrix.client.state_store.asyncpg import PgStateStore
from mautrix.crypto import PgCryptoStore
from mautrix.util.async_db import Connection, Database, Scheme, UpgradeTable
from mautrix.util.async_db.aiosqlite import SQLiteDatabase
from yarl import URL

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


class _Sqlite(SQLiteDatabase):
    """mautrix's, but a cancelled transaction is rolled back: mautrix leaves it open in the pooled connection."""

    @asynccontextmanager
    async def _acquire(self) -> AsyncIterator[Connection]:  # type: ignore[override]  # mautrix types it as its result
        connection: Connection
        async with super()._acquire() as connection:
            try:
                yield connection
            except BaseException:
                await connection.wrapped.rollback()
                raise


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """The database at `url`, with all its tables, for as long as the block runs."""
    database = _database(url)
    await database.start()
    try:
        for table in (PgStateStore.upgrade_table, PgCryptoStore.upgrade_table):
            await table.upgrade(database)
        yield database
    finally:
        await database.stop()


def _database(url: str) -> Database:
    if not url.startswith("sqlite"):
        return Database.create(url, upgrade_table=upgrades, db_args={"min_size": 1, "max_size": 10})
    Path(URL(url).path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # What was acknowledged to the homeserver must survive a power cut, not only our own death: hence FULL.
    pragmas = ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA busy_timeout = 5000"]
    return _Sqlite(URL(url), upgrade_table=upgrades, db_args={"init_commands": pragmas})


@asynccontextmanager
async def transaction(database: Database) -> AsyncIterator[Connection]:
    """One transaction; the calls of mautrix's stores inside the block are part of it."""
    connection: Connection
    async with database.acquire() as connection, connection.transaction():
        yield connection
