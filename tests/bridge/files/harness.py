"""Attachments of messages, and the queue at work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

from bridge.attachments import Attachment
from bridge.files.crypto import Sealing
from bridge.ports import Reaction, RoomMessage, Trust
from bridge.store.errands import State
from contract.ids import EventId, ItemId, MatrixId, RoomId
from contract.resources import Kind, Resource, link
from tests.bridge.conftest import Bridge
from tests.bridge.fakes import CAMILLE, INES, PARVIS, ROOM, URL, item, message

#: Where Camille alone is told something.
DIRECT = RoomId(f"!direct-{CAMILLE}")
PDF = b"%PDF-1.7 " + bytes(range(256)) * 1000


def attach(
    bridge: Bridge,
    content: bytes = PDF,
    *,
    sender: MatrixId = INES,
    trust: Trust = Trust.CROSS_SIGNED,
    thread_root: EventId | None = None,
    **changed: Any,
) -> RoomMessage:
    """A message with an encrypted file, which its server has."""
    sealing = Sealing()
    ciphertext = sealing.update(content)
    url = f"mxc://culture.gouv.test/{uuid4().hex}"
    encrypted = sealing.at(url)
    fields: dict[str, Any] = {
        "name": "budget.pdf",
        "media_type": "application/pdf",
        "size": len(content),
        "url": url,
        "encrypted": encrypted,
    }
    carried = Attachment(**(fields | changed))
    said = message("budget.pdf", sender, msgtype="m.file", trust=trust, thread_root=thread_root, attachment=carried)
    bridge.rooms.messages[said.event_id] = said
    bridge.rooms.media[url] = ciphertext
    return said


def replaced(bridge: Bridge, said: RoomMessage, **changed: Any) -> RoomMessage:
    """The same with something else about the file."""
    assert said.attachment is not None
    other = replace(said, attachment=replace(said.attachment, **changed))
    bridge.rooms.messages[said.event_id] = other
    return other


def floppy(said: RoomMessage, sender: MatrixId = CAMILLE, key: str = "💾") -> Reaction:
    return Reaction(said.room, EventId(f"${uuid4()}"), sender, said.event_id, key, Trust.CLEARTEXT)


def save(said: RoomMessage, sender: MatrixId = CAMILLE, **more: Any) -> RoomMessage:
    """`!drive save` as a reply."""
    return message("!drive save", sender, reply_to=said.event_id, **more)


async def bound_folder(bridge: Bridge, writers: tuple[MatrixId, ...] = (CAMILLE, INES)) -> ItemId:
    """A folder that the room is bound to, that all may read."""
    folder = item()
    bridge.workspace.readers[folder] = {CAMILLE, INES}
    bridge.workspace.kinds[folder] = "folder"
    bridge.workspace.drive.writers[str(folder)] = set(writers)
    url = link(URL, Resource(Kind.FOLDER, folder))
    await bridge.middle.on_message(message(f"!parvis bind {url}"))
    return folder


@asynccontextmanager
async def working(bridge: Bridge) -> AsyncIterator[None]:
    """The queue runs."""
    task = asyncio.create_task(bridge.files.errands.run())
    try:
        yield
    finally:
        task.cancel()
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(outcome, asyncio.CancelledError), outcome


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await holds():  # noqa: ASYNC110 - the database announces nothing
            await asyncio.sleep(0.005)


async def settled(bridge: Bridge) -> None:
    """Run the queue until nothing waits."""

    async def nothing_waits() -> bool:
        rows = await bridge.db.fetch("SELECT * FROM middle_errand WHERE state='waiting'")
        return not rows

    async with working(bridge):
        await until(nothing_waits)


async def states(bridge: Bridge) -> list[State]:
    return [State(row["state"]) for row in await bridge.db.fetch("SELECT state FROM middle_errand ORDER BY id")]


def marks(bridge: Bridge) -> list[str]:
    """The bridge's reactions that stand."""
    taken_back = set(bridge.rooms.redacted)
    return [
        content["m.relates_to"]["key"]
        for event, content in bridge.rooms.reactions.values()
        if event not in taken_back and content["m.relates_to"]["key"] in ("⏳", "✅", "❌")
    ]


def enter(bridge: Bridge) -> None:
    bridge.rooms.members[ROOM] = frozenset({PARVIS, CAMILLE, INES})


def last(bridge: Bridge, room: RoomId = ROOM) -> Any:
    return bridge.rooms.said(room)[-1]


async def reacted(bridge: Bridge, said: Any, sender: MatrixId = CAMILLE) -> None:
    await bridge.middle.on_reaction(floppy(said, sender))
    await settled(bridge)


async def asked(bridge: Bridge, said: Any, sender: MatrixId = CAMILLE, **more: Any) -> None:
    await bridge.middle.on_message(save(said, sender, **more))
    await settled(bridge)
