"""The third act: very many files are dropped at once, and the rooms that follow their folder are not drowned."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bridge.floods import Rules
from cards.card import KINDS
from contract.resources import Kind
from parvis.chat.agent import Seen
from parvis.errors import ParvisError
from parvis.many import many
from parvis.tour.cast import PATIENCE, Actor
from parvis.tour.steps import Steps

#: An item as the API answers it.
Json = dict[str, Any]

#: Files on their way at the same time, as the page sends them (`AT_ONCE` of workspace/static/parvis/upload.js).
_UPLOADS_AT_ONCE = 2
#: Rooms that are made, or left, at the same time.
_ROOMS_AT_ONCE = 4
#: Messages about the files that a room may have: the first few, and the card that counts.
_MOST = Rules().few + 1
#: What is in each file: enough to look at, to keep and to index.
_PAGE = "Pièce du dossier, à relire avant la réunion. Les délais courent à compter de sa réception.\n" * 40


@dataclass(frozen=True)
class Size:
    """How many rooms follow the folder, and how many files are dropped into it."""

    rooms: int
    files: int


#: What is seen in the whole tour; and by a newcomer, who waits for its end.
WHOLE, SHORT = Size(rooms=10, files=200), Size(rooms=2, files=20)


class Flood:
    """Played by Camille of one ministry, who drops the files, and Inès of another, who reads with her."""

    def __init__(self, parvis: str, steps: Steps, camille: Actor, ines: Actor, size: Size) -> None:
        self._parvis = parvis
        self._steps = steps
        self._camille, self._ines = camille, ines
        self._size = size

    async def play(self) -> None:
        """All of it. Raises `Broken` where a step does not go through."""
        do, count, files = self._steps.do, self._size.rooms, self._size.files
        folder = await self._folder()
        rooms = await do(
            "flood.rooms",
            f"Camille and Inès make {count} rooms, and bind them to one folder",
            many(count, _ROOMS_AT_ONCE, lambda number: self._room(folder, number), self._so_far(count, "rooms")),
            lambda rooms: f"{len(rooms)} encrypted rooms follow {folder['url']}",
        )
        title = f"Camille drops {files} files at once; each of the {count} rooms has one card that counts them"
        await do("flood", title, self._drop(folder, rooms))
        await do(
            "flood.close",
            "They close these rooms but one, so that their lists stay short",
            many(count - 1, _ROOMS_AT_ONCE, lambda number: self._close(rooms[number + 1], number + 1)),
            lambda closed: f"{len(closed)} closed, 1 left to look at",
        )

    async def _folder(self) -> Json:
        """One of Camille's that Inès may read. (Shared with each room, it would be said to be so in all of them.)"""
        folder = await self._camille.browser.create_folder("Pièces du dossier")
        reader = (await self._ines.browser.api("GET", "me/"))["id"]
        access = {"user": reader, "role": "reader"}
        await self._camille.browser.api("POST", f"items/{folder['id']}/accesses/", access)
        return folder

    async def _room(self, folder: Json, number: int) -> str:
        """One that both are in, with the bridge."""
        maker, guest = self._makers(number)
        invite = [guest.person.user_id, self._parvis]
        room = await maker.client.create_room(f"Dossier, groupe {number + 1}", invite=invite)
        await guest.client.wait_invitation(room, PATIENCE)
        await guest.client.join(room)
        for user in (maker.person.user_id, *invite):
            for actor in (maker, guest):
                await actor.client.wait_joined(room, user, PATIENCE)
        await maker.asks(room, f"!parvis bind {folder['url']}", self._parvis)
        return room

    async def _drop(self, folder: Json, rooms: list[str]) -> str:
        files = self._size.files
        began = time.monotonic()
        await many(files, _UPLOADS_AT_ONCE, lambda number: self._upload(folder, number), self._so_far(files, "files"))
        dropped = time.monotonic()
        cards = [await self._counted(room) for room in rooms]
        counted = time.monotonic()
        most = max(self._told(room) for room in rooms)
        if most > _MOST:
            raise ParvisError(f"A room has {most} messages about {files} files.")
        names = f"{self._camille.person.name} and {self._ines.person.name}"
        took = f"{files} files in {dropped - began:.1f} s; {counted - dropped:.1f} s later every room had counted them,"
        return f"{took}\nin at most {most} messages. {names} read in each:\n{cards[0].body}"

    async def _upload(self, folder: Json, number: int) -> None:
        content = f"Pièce {number + 1}\n\n{_PAGE}".encode()
        await self._camille.browser.upload_bytes(f"pièce-{number + 1:03}.txt", content, "text/plain", folder["id"])

    async def _counted(self, room: str) -> Seen:
        """The card that counts all of the files, which both read there. Raises `ParvisError`."""
        pattern = rf"\b{self._size.files} fichiers\b"
        hers, theirs = [await actor.hears(room, self._parvis, pattern) for actor in (self._camille, self._ines)]
        if (hers.event_id, hers.body) != (theirs.event_id, theirs.body):
            raise ParvisError("Camille and Inès do not read the same card.")
        return theirs

    def _told(self, room: str) -> int:
        """How many messages about files Inès sees in the room."""
        said = (seen for seen in self._ines.client.messages(room) if seen.sender == self._parvis)
        return sum(seen.body.startswith(KINDS[Kind.FILE].icon) for seen in said)

    def _so_far(self, count: int, what: str) -> Callable[[int], None]:
        return lambda done: self._steps.progress(f"{done} of {count} {what}")

    async def _close(self, room: str, number: int) -> None:
        """Nobody stays in it: not the bridge either, which would go on writing for nobody."""
        maker, guest = self._makers(number)
        await maker.client.kick(room, self._parvis)
        await guest.client.leave(room)
        await maker.client.leave(room)

    def _makers(self, number: int) -> tuple[Actor, Actor]:
        """Who makes a room, and who is invited: by turns, for a homeserver bounds how many rooms one agent makes."""
        return (self._camille, self._ines) if number % 2 == 0 else (self._ines, self._camille)
