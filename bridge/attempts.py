"""What is said depends on who is in the room: it is made for those who are there, and anew where others come or go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from bridge.ports import AudienceChanged, RoomSide
from contract.ids import MatrixId, RoomId

T = TypeVar("T")

#: How often members may change meanwhile, before the room is left in peace for a moment.
TRIES = 5


async def for_those_there(rooms: RoomSide, room: RoomId, attempt: Callable[[frozenset[MatrixId]], Awaitable[T]]) -> T:
    """What `attempt` gives for those who are joined now, the bridge included; tried again for those who are joined then
    where it raises `AudienceChanged`. Raises that where they keep changing.
    """
    for _ in range(TRIES):
        try:
            return await attempt(await rooms.joined_members(room))
        except AudienceChanged:
            continue
    raise AudienceChanged
