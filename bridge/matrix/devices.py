"""Reads again the device lists that have changed, apart from everything else: a server that does not answer holds up
nobody."""

from __future__ import annotations

import asyncio
import logging

from bridge.matrix.machine import Machine
from bridge.matrix.retrying import Backoff
from bridge.ports import RoomError
from contract.ids import MatrixId

log = logging.getLogger(__name__)


class DeviceLists:
    """Works through the users whom the key store has as outdated. A change takes their rooms' sessions away."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._keys = machine.crypto_store
        self._bell = asyncio.Event()

    def changed(self) -> None:
        """Somebody was marked."""
        self._bell.set()

    async def run(self) -> None:
        """Until cancelled."""
        backoff = Backoff(first=2.0, longest=300.0)
        while True:
            self._bell.clear()
            if await self.once():
                backoff.reset()
                await self._bell.wait()
            else:
                await self._wait(backoff.seconds())

    async def once(self) -> bool:
        """Read what is outdated. Gives whether nothing is left."""
        outdated = await self._keys.outdated_users()
        if not outdated:
            return True
        try:
            listed = await self._machine.read_devices(MatrixId(user) for user in outdated)
        except RoomError as error:
            log.warning("%d device lists could not be read: %s", len(outdated), error.reason)
            return False
        await self._keys.mark_current(list(listed))
        return listed.keys() >= set(outdated)

    async def _wait(self, seconds: float) -> None:
        """Until somebody else is marked, at most `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        except TimeoutError:
            return
