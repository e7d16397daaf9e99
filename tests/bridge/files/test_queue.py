"""Many files at once: some are done at a time, of each room some of these, and nothing else waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from bridge.files.queue import AT_ONCE, OF_A_ROOM
from contract.ids import RoomId
from contract.resources import Kind, Resource, link
from tests.bridge.conftest import Bridge
from tests.bridge.fakes import ROOM, URL, message
from tests.bridge.files.harness import attach, bound_folder, floppy, settled, until, working


async def test_events_do_not_wait_and_only_some_of_a_room_are_saved_at_once(bridge: Bridge) -> None:
    await bound_folder(bridge)
    slow = Slow(bridge)

    async def full() -> bool:
        return slow.running == OF_A_ROOM

    async with working(bridge), asyncio.timeout(20):
        for _ in range(OF_A_ROOM + 3):
            await bridge.middle.on_reaction(floppy(attach(bridge)))
        await until(full)
        await bridge.middle.on_message(message("!parvis help"))
        slow.free.set()
    await settled(bridge)
    assert len(bridge.workspace.drive.files) == OF_A_ROOM + 3
    assert slow.most_running == OF_A_ROOM


async def test_a_room_whose_files_do_not_come_keeps_no_other_room_waiting(bridge: Bridge) -> None:
    await bound_folder(bridge)
    slow = Slow(bridge)
    other = RoomId("!autre")
    bridge.rooms.members[other] = bridge.rooms.members[ROOM]
    url = link(URL, Resource(Kind.FOLDER, await bound_folder(bridge)))
    await bridge.middle.on_message(message(f"!parvis bind {url}", room=other))
    async with working(bridge), asyncio.timeout(20):
        for _ in range(AT_ONCE + 2):
            await bridge.middle.on_reaction(floppy(attach(bridge)))
        late = replace(attach(bridge), room=other)
        bridge.rooms.messages[late.event_id] = late
        assert late.attachment is not None
        slow.quick.add(late.attachment.url)
        await bridge.middle.on_reaction(floppy(late))

        async def saved_there() -> bool:
            return any("Enregistré dans Drive" in words["body"] for words in bridge.rooms.said(other))

        await until(saved_there)
        assert len(bridge.workspace.drive.files) == 1
        slow.free.set()
    await settled(bridge)
    assert slow.most_running <= AT_ONCE


class Slow:
    """Downloads that wait until they are `free`, but for those at `quick` addresses."""

    def __init__(self, bridge: Bridge) -> None:
        self.running, self.most_running, self.free = 0, 0, asyncio.Event()
        self.quick: set[str] = set()
        self._download = bridge.rooms.download
        bridge.rooms.download = self.download  # type: ignore[method-assign]

    async def download(self, url: str, most: int) -> AsyncIterator[bytes]:
        self.running += 1
        self.most_running = max(self.running, self.most_running)
        try:
            if url not in self.quick:
                await self.free.wait()
            async for chunk in self._download(url, most):
                yield chunk
        finally:
            self.running -= 1
