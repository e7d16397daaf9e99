"""The bridge as it runs: its database, its two sides, and what is between them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bridge import database
from bridge.assembly import Choices, assemble
from bridge.files.objects import Objects
from bridge.floods import Rules
from bridge.intake import Intake
from bridge.matrix.side import MatrixRoomSide
from bridge.settings import Settings
from bridge.store.schema import upgrades
from contract.client import WorkspaceClient


async def serve(settings: Settings) -> None:
    """Run the bridge until cancelled. Raises what `MatrixRoomSide.start` raises."""
    side = MatrixRoomSide(settings.matrix)
    async with (
        database.opened(settings.database_url, upgrades) as db,
        WorkspaceClient(settings.workspace_url, settings.workspace_token) as workspace,
        Objects() as objects,
    ):
        parts = assemble(side, workspace, db, objects, _choices(settings))
        await parts.table.load()
        await parts.space_table.load()
        intake = Intake(settings.nats, parts.inbox, parts.deliverer.wake, parts.roster.bindings_still)
        try:
            await side.start(parts.middle)
            async with asyncio.TaskGroup() as running:
                runs = (parts.roster.run, parts.spaces.run, intake.run, parts.deliverer.run, parts.files.errands.run)
                for part in (side.run, *runs):
                    running.create_task(part(), name=part.__qualname__)
        finally:
            await side.stop()


def _choices(settings: Settings) -> Choices:
    return Choices(
        language="en" if settings.language == "en" else "fr",
        services=settings.service_users,
        min_trust=settings.min_trust,
        window=timedelta(seconds=settings.coalesce_seconds),
        floods=Rules() if settings.floods else None,
        transit=settings.matrix.data / "transit",
        most_bytes=settings.max_file_bytes,
    )
