"""Follows rooms that are upgraded (specification, "Room upgrades"): what one was bound to and had, its successor has.

Both must say so: the old room, where only who may end it can, and the new one, from its creation on. Else anybody could
make a room that says it came after another, or have the bridge take a stranger's room for the successor of theirs.
"""

from __future__ import annotations

import logging

from bridge.languages import Languages
from bridge.ports import Permanent, RoomSide, Upgrade
from bridge.roster import Roster
from bridge.spaces import Spaces
from bridge.speaker import Speaker
from bridge.store.successors import Successors
from cards import answers
from contract.client import WorkspaceClient
from contract.errors import NotFound
from contract.ids import RoomId

log = logging.getLogger(__name__)


class Upgrades:
    """What the middle tells of upgrades, and of rooms that the bridge has come into."""

    def __init__(
        self,
        rooms: RoomSide,
        workspace: WorkspaceClient,
        roster: Roster,
        speaker: Speaker,
        languages: Languages,
        successors: Successors,
        spaces: Spaces,
    ) -> None:
        self._rooms = rooms
        self._workspace = workspace
        self._roster = roster
        self._speaker = speaker
        self._languages = languages
        self._successors = successors
        self._spaces = spaces

    async def follow(self, upgrade: Upgrade) -> None:
        """Go into the successor where that is open to us, else when somebody invites us there."""
        await self._successors.add(upgrade.room, upgrade.successor)
        # Anybody can say that a room of others came after theirs: where we are already, we stay.
        there = self._rooms.user_id in await self._rooms.joined_members(upgrade.successor)
        try:
            await self._rooms.join(upgrade.successor, via=upgrade.sender.partition(":")[2])
        except Permanent as error:
            log.info("%s, which came after %s, is not open: %s", upgrade.successor, upgrade.room, error.reason)
            return
        if not await self._goes_on_in(upgrade.successor) and not there:
            await self._rooms.leave(upgrade.successor, "")

    async def _goes_on_in(self, successor: RoomId) -> bool:
        """Whether what was followed goes on there: it must be of the same kind, encrypted where it is a room."""
        if await self._rooms.is_space(successor):
            await self._spaces.arrived(successor)
            return await self.arrived_in_space(successor)
        if not await self._rooms.is_encrypted(successor):
            return False
        await self._roster.changed(successor)
        return await self.arrived(successor)

    async def arrived_in_space(self, space: RoomId) -> bool:
        """The bridge is in `space`. Whether it came after another space, whose bindings it has now.

        Which rooms are in it, it says itself.
        """
        before = await self._before(space)
        if before is None or not self._spaces.has(before):
            return False
        await self._spaces.succeed(before, space)
        await self._spaces.tell(space)
        try:
            await self._workspace.succeed_space(before, space)
        except NotFound as error:
            log.warning("the space %s did not come after %s for the workspace: %s", space, before, error.code)
        await self._successors.forget(before)
        log.info("the space %s came after %s", space, before)
        await self._rooms.leave(before, "")
        return True

    async def _before(self, room: RoomId) -> RoomId | None:
        """What `room` came after, as both say."""
        said = await self._successors.before(room)
        before = await self._rooms.predecessor(room) if said else None
        return before if before is not None and before in said else None

    async def arrived(self, room: RoomId) -> bool:
        """The bridge is in `room`. Whether it came after another, whose bindings it has now."""
        before = await self._before(room)
        if before is None or self._spaces.has(before):
            return False
        await self._roster.tell(room)
        try:
            await self._workspace.succeed_room(before, room)
        except NotFound as error:
            log.warning("%s did not come after %s for the workspace: %s", room, before, error.code)
        await self._roster.tell(room)  # its language is that of the old one now
        log.info("%s came after %s", room, before)
        words = answers.upgraded(self._languages.of_room(room))
        await self._speaker.write(room, words, f"upgraded.{room}")
        await self._roster.succeeded(before, room)
        await self._successors.forget(before)
        await self._rooms.leave(before, "")
        return True
