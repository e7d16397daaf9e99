"""How the bridge opens its databases: a SQLite file, or PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it has no types
from mautrix.util.async_db import Connection, Database, UpgradeTable
from mautrix.util.async_db.aiosqlite import SQLiteDatabase
from yarl import URL

#: What says that a value cannot be stored; of a database's other errors, the database itself is at fault.
_REFUSED = (
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    sqlite3.DataError,
    sqlite3.IntegrityError,
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
)
_FAILURES = (sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


def is_away(error: Exception) -> bool:
    """Whether `error` says that the database does not work: nobody's value is at fault, and doing it again may help."""
    return isinstance(error, _FAILURES) and not isinstance(error, _REFUSED)


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
async def opened(url: str, upgrades: UpgradeTable) -> AsyncIterator[Database]:
    """The database at `url` with the tables of `upgrades`, for as long as the block runs."""
    database = _database(url, upgrades)
    await database.start()
    try:
        yield database
    finally:
        await database.stop()


def _database(url: str, upgrades: UpgradeTable) -> Database:
    if not url.startswith("sqlite"):
        return Database.create(url, upgrade_table=upgrades, db_args={"min_size": 1, "max_size": 10})
    Path(URL(url).path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # What was acknowledged to the homeserver must survive a power cut, not only our own death: hence FULL.
    pragmas = ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA busy_timeout = 5000"]
    return _Sqlite(URL(url), upgrade_table=upgrades, db_args={"init_commands": pragmas})


@asynccontextmanager
async def transaction(database: Database) -> AsyncIterator[Connection]:
    """One transaction; the calls of stores on `database` inside the block are part of it."""
    connection: Connection
    async with database.acquire() as connection, connection.transaction():
        yield connection
