"""Whose turn it is to write in a room: cards and answers one after the other, so that what is sent keeps its order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from contract.ids import RoomId


class Turns:
    """One lock a room, kept only while somebody wants it."""

    def __init__(self) -> None:
        self._locks: dict[RoomId, asyncio.Lock] = {}
        self._wanted: dict[RoomId, int] = {}

    def __len__(self) -> int:
        """In how many rooms somebody writes now."""
        return len(self._locks)

    @asynccontextmanager
    async def of(self, room: RoomId) -> AsyncIterator[None]:
        """Have the turn in `room`."""
        lock = self._locks.setdefault(room, asyncio.Lock())
        self._wanted[room] = self._wanted.get(room, 0) + 1
        try:
            async with lock:
                yield
        finally:
            self._wanted[room] -= 1
            if not self._wanted[room]:
                del self._wanted[room], self._locks[room]
