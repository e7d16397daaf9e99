"""What operators ask of the deliveries, beside the running bridge: `parvis deliveries list|show|replay`.

A replayed delivery is noticed by the bridge within seconds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bridge import database
from bridge.store.deliveries import Deliveries
from bridge.store.schema import upgrades


class NoDeliveries(Exception):
    """The bridge has never run here: there is nothing to look at."""


@asynccontextmanager
async def deliveries(data: Path, database_url: str = "") -> AsyncIterator[Deliveries]:
    """The deliveries of the bridge whose data is in `data`. Raises `NoDeliveries`."""
    async with database.opened(database_url or _file_in(data), upgrades) as opened:
        yield Deliveries(opened)


def _file_in(data: Path) -> str:
    file = data.absolute() / "bridge.db"
    if not file.exists():
        raise NoDeliveries(f"There is no {file}: the bridge has not run yet.")
    return f"sqlite:///{file}"


__all__ = ["Deliveries", "NoDeliveries", "deliveries"]
