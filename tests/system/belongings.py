"""What somebody has by a room, and every way to it that there is: all of them open, or none."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from contract.sse import Parser
from parvis.browser import Refused
from parvis.tour.cast import PATIENCE, Actor


@dataclass(frozen=True)
class Had:
    """By a room: a folder of Camille's with a document, its thread, and a file. `word` is in all, and nowhere else."""

    room: str
    folder: str
    document: dict[str, Any]
    file: str
    thread: str
    comment: str
    word: str

    @property
    def direct(self) -> dict[str, tuple[str, str, Any]]:
        """Requests that name something of it: answered to those who have it; to others, there is no such thing."""
        document, file, folder = self.document["id"], self.file, self.folder
        reads = (
            f"items/{folder}/",
            f"items/{document}/",
            f"items/{file}/",
            f"items/?parent={folder}",
            f"items/{document}/accesses/",
            f"documents/{document}/",
            f"documents/{document}/versions/",
            f"documents/{document}/versions/1/",
            f"documents/{document}/threads/",
            f"documents/{document}/passages/",
            f"threads/{self.thread}/",
            f"threads/{self.thread}/comments/",
            f"comments/{self.comment}/",
            f"files/{file}/",
            f"files/{file}/versions/",
            f"files/{file}/download/",
            f"events/stream?under={folder}",
        )
        return {path: ("GET", path, None) for path in reads}

    @property
    def writes(self) -> dict[str, tuple[str, str, Any]]:
        """The same for what changes something; a reader is refused too, but in words that tell that it is there."""
        document = self.document["id"]
        return {
            "comment": ("POST", f"threads/{self.thread}/comments/", {"body": "De retour ?"}),
            "react": ("POST", f"comments/{self.comment}/reactions/", {"key": "👍"}),
            "thread": ("POST", f"documents/{document}/threads/", {"body": "De retour ?"}),
            "edit": ("PATCH", f"documents/{document}/", {"content": "De retour ?"}),
            "create": ("POST", "documents/", {"title": "De retour ?", "content": "", "parent": self.folder}),
            "link": ("PUT", f"items/{document}/link/", {"reach": "public", "role": "reader"}),
            "trash": ("DELETE", f"items/{self.file}/", None),
        }

    @property
    def lists(self) -> tuple[str, ...]:
        """Requests that everybody may make, and that name it only to those who have it."""
        return ("items/", "items/?recent=true", "documents/", f"search/?q={quote(self.word)}", "rooms/mine/")

    def named(self, said: object) -> bool:
        """Whether what was said names something of it."""
        names = (self.word, self.room, self.folder, self.document["id"], self.file, self.thread, self.comment)
        text = json.dumps(said, ensure_ascii=False, default=str)
        return any(one in text for one in names)


async def put(camille: Actor, room: str, folder: str) -> Had:
    """Something to have by the room, in that folder of its."""
    word = f"améthyste{secrets.token_hex(4)}"
    document = await camille.browser.create_document(f"Note {word}", f"# {word}\n\nLe texte de {word}.", folder)
    file = await camille.browser.upload_bytes(f"{word}.txt", f"Les octets de {word}.".encode(), "text/plain", folder)
    said = {"body": f"À propos de {word}"}
    comment = await camille.browser.api("POST", f"documents/{document['id']}/threads/", said)
    return Had(room, folder, document, file["id"], comment["thread"], comment["id"], word)


async def ways_in(actor: Actor, had: Had) -> set[str]:
    """The ways by which `actor` is told of it, or may change it, now."""
    ways = {name for name, request in {**had.direct, **had.writes}.items() if await _answered(actor, *request)}
    for path in had.lists:
        if had.named(await actor.browser.api("GET", path)):
            ways.add(path)
    page = await actor.browser.http.get(had.document["url"])
    if page.status_code != 404 or had.named(page.text.replace(had.document["id"], "")):
        ways.add("page")
    return ways


async def _answered(actor: Actor, method: str, path: str, body: Any) -> bool:
    """Whether a request is answered, or refused in a way that tells that there is something."""
    if "stream" in path:
        async with actor.browser.http.stream("GET", f"{actor.browser.url}/api/v1.0/{path}") as response:
            return response.status_code != 404
    try:
        await actor.browser.api(method, path, body, {"If-Match": '"1"'} if method == "PATCH" else None)
    except Refused as refused:
        return refused.status != 404
    return True


@dataclass
class Followed:
    """The stream of events, as somebody's browser follows it."""

    actor: Actor
    told: list[dict[str, Any]] = field(default_factory=list)
    last_id: str = ""
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until(self, item: str, type_: str = "") -> None:
        """Until an event about `item` (whose type ends so) was told."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: any(_about(one, item, type_) for one in self.told))

    def about(self, item: str) -> list[dict[str, Any]]:
        """What was told about `item`."""
        return [one for one in self.told if _about(one, item, "")]

    async def run(self, last_id: str, opened: asyncio.Event) -> None:
        """Until cancelled."""
        parser, url = Parser(last_id), f"{self.actor.browser.url}/api/v1.0/events/stream"
        headers = {"Last-Event-ID": last_id} if last_id else {}
        async with self.actor.browser.http.stream("GET", url, headers=headers) as response:
            response.raise_for_status()
            async for chunk in response.aiter_bytes():
                opened.set()
                for block in parser.feed(chunk):
                    self.last_id = block.last_id or self.last_id
                    if block.data is not None:
                        self.told.append(json.loads(block.data))
                async with self._news:
                    self._news.notify_all()


def _about(told: dict[str, Any], item: str, type_: str) -> bool:
    return item in json.dumps(told) and str(told.get("type", "")).endswith(type_)


@asynccontextmanager
async def following(actor: Actor, last_id: str = "") -> AsyncIterator[Followed]:
    """The stream while the block runs, from `last_id` on."""
    followed, opened = Followed(actor), asyncio.Event()
    task = asyncio.create_task(followed.run(last_id, opened))
    try:
        async with asyncio.timeout(PATIENCE):
            waits = asyncio.ensure_future(opened.wait())
            await asyncio.wait({waits, task}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        yield followed
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
