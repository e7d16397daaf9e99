"""What was said to whom that is not said often: a kind word helps once, and bothers after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mautrix.util.async_db import Database

from bridge.store.delivery import milliseconds
from contract.ids import MatrixId, RoomId


class Said:
    """The table of such words."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lately(self, user: MatrixId | RoomId, what: str, within: timedelta) -> bool:
        """Whether `user`, or everybody in a room, was told `what` within that time."""
        at = await self._database.fetchval("SELECT at FROM middle_said WHERE user_id=$1 AND what=$2", user, what)
        return at is not None and at > milliseconds(datetime.now(UTC) - within)

    async def now(self, user: MatrixId | RoomId, what: str) -> None:
        """They were told `what` just now."""
        await self._database.execute(
            "INSERT INTO middle_said (user_id, what, at) VALUES ($1, $2, $3)"
            " ON CONFLICT (user_id, what) DO UPDATE SET at=excluded.at",
            user,
            what,
            milliseconds(datetime.now(UTC)),
        )
