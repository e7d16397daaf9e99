"""In which language rooms and people read."""

from __future__ import annotations

from bridge.store.rooms import RoomTable
from cards import Language
from contract.client import WorkspaceClient
from contract.errors import WorkspaceError
from contract.ids import MatrixId, RoomId


class Languages:
    """`default` is for rooms and people who chose none."""

    def __init__(self, table: RoomTable, workspace: WorkspaceClient, default: Language) -> None:
        self._table = table
        self._workspace = workspace
        self._default = default

    def of_room(self, room: RoomId) -> Language:
        """What `room` reads."""
        return _language(self._table.language(room)) or self._default

    async def of_person(self, user: MatrixId, room: RoomId) -> Language:
        """What `user` reads; where they chose nothing, or nobody knows, what is read in `room`, where they wrote."""
        try:
            known = (await self._workspace.identities([user])).get(user)
        except WorkspaceError:
            known = None
        return (_language(known.language) if known else None) or self.of_room(room)


def _language(chosen: str | None) -> Language | None:
    return "fr" if chosen == "fr" else "en" if chosen == "en" else None
