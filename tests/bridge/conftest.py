"""The middle of the bridge on a real database, between two fake edges."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from mautrix.util.async_db import Database

from bridge import database
from bridge.assembly import Choices, Parts, assemble
from bridge.deliverer import Deliverer
from bridge.files.objects import Objects
from bridge.files.queue import Errands
from bridge.files.save import Saver
from bridge.floods import Rules
from bridge.middle import Middle
from bridge.ports import Trust
from bridge.roster import Roster
from bridge.spaces import Spaces
from bridge.store.bindings import Bindings
from bridge.store.deliveries import Deliveries
from bridge.store.errands import ErrandTable
from bridge.store.inbox import Inbox, Position
from bridge.store.rooms import RoomTable
from bridge.store.schema import upgrades
from contract.events import Event
from contract.ids import RoomId
from contract.options import RoomOptions
from tests.bridge.fakes import SERVICES, FakeRooms, FakeWorkspace

#: Bytes of the largest file that is saved.
MOST = 128 << 20


@dataclass
class Files:
    """What saves and sends files."""

    table: ErrandTable
    errands: Errands
    transit: Path
    saver: Saver


@dataclass
class Bridge:
    """Everything that a test may want to speak to."""

    db: Database
    rooms: FakeRooms
    workspace: FakeWorkspace
    bindings: Bindings
    deliveries: Deliveries
    inbox: Inbox
    table: RoomTable
    roster: Roster
    spaces: Spaces
    deliverer: Deliverer
    middle: Middle
    files: Files
    taken: int = 0

    async def choose(self, room: RoomId, options: RoomOptions, language: str | None = None) -> None:
        """What `room` chose: the workspace knows it, and so does the bridge."""
        known = self.workspace.rooms.setdefault(room, {"room_id": room, "language": language, "bindings": []})
        known |= {"options": options.to_json(), "language": language}
        await self.table.changed(room)
        await self.table.set_chosen(room, language, options)

    async def take(self, *events: Event) -> None:
        """The next events of the stream."""
        self.taken += len(events)
        await self.inbox.take(events, Position("stream", self.taken))


@pytest.fixture
def edges() -> tuple[FakeRooms, FakeWorkspace]:
    """What is on either side of the bridge."""
    return FakeRooms(), FakeWorkspace()


@pytest.fixture
async def bridge(tmp_path: Path, edges: tuple[FakeRooms, FakeWorkspace]) -> AsyncIterator[Bridge]:
    rooms, workspace = edges
    async with (
        database.opened(f"sqlite:///{tmp_path / 'bridge.db'}", upgrades) as db,
        workspace.client() as client,
        Objects(workspace.store_transport()) as objects,
    ):
        parts = assemble(rooms, client, db, objects, _choices(tmp_path))
        yield _bridge(db, rooms, workspace, parts, tmp_path)


def _choices(folder: Path) -> Choices:
    return Choices(
        language="fr",
        services=SERVICES,
        min_trust=Trust.KNOWN_DEVICE,
        window=timedelta(minutes=10),
        floods=Rules(pause=0.05),
        transit=folder / "transit",
        most_bytes=MOST,
    )


def _bridge(db: Database, rooms: FakeRooms, workspace: FakeWorkspace, parts: Parts, folder: Path) -> Bridge:
    return Bridge(
        db,
        rooms,
        workspace,
        parts.bindings,
        parts.deliveries,
        parts.inbox,
        parts.table,
        parts.roster,
        parts.spaces,
        parts.deliverer,
        parts.middle,
        Files(parts.files.table, parts.files.errands, folder / "transit", parts.files.saver),
    )
