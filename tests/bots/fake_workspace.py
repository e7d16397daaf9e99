"""A workspace at the bots' edge: it knows who is linked and who may read what, and answers as the service API does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from aiohttp import web

from contract.events import Event, EventType
from contract.ids import ItemId
from contract.resources import Kind, Resource

TOKEN = "a-service-token"


@dataclass
class Document:
    """One document: its words are its title's. `readers` are Matrix ids."""

    title: str
    readers: set[str]
    id: str = field(default_factory=lambda: str(uuid4()))


@dataclass
class FakeWorkspace:
    """`linked` maps Matrix ids to languages."""

    url: str = ""
    linked: dict[str, str | None] = field(default_factory=dict)
    documents: list[Document] = field(default_factory=list)
    searches: list[dict[str, Any]] = field(default_factory=list)
    down: bool = False
    questions: list[dict[str, Any]] = field(default_factory=list)
    events: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    resumed_at: list[str] = field(default_factory=list)

    def add(self, title: str, *readers: str) -> Document:
        document = Document(title, set(readers))
        self.documents.append(document)
        return document

    async def lookup(self, request: web.Request) -> web.Response:
        self._check(request)
        asked = (await request.json())["matrix_ids"]
        known = {one: {"linked": one in self.linked, "language": self.linked.get(one)} for one in asked}
        return web.json_response({"identities": known})

    async def audience(self, request: web.Request) -> web.Response:
        """As of a service account that has every document here. `questions` were asked."""
        self._check(request)
        body = await request.json()
        answers = []
        for question in body["questions"]:
            self.questions.append(question)
            document = next((one for one in self.documents if one.id == question["item"]), None)
            members = set(body["audiences"][question["audience"]])
            cannot = len(members - document.readers) if document else len(members)
            facts = {"kind": "document", "title": document.title, "actor": None} if document and not cannot else None
            answers.append({"cannot": cannot, "facts": facts})
        return web.json_response({"answers": answers})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Tells what `events` has, one after the other, for as long as the client is there."""
        self._check(request)
        self.resumed_at.append(request.headers.get("Last-Event-ID", ""))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        while True:
            piece = await self.events.get()
            await response.write(piece)

    def happens(self, document: Document, type_: EventType = EventType.DOCUMENT_UPDATED) -> Event:
        """Something happens to a document, and is told on the stream."""
        item = ItemId(UUID(document.id))
        event = Event.now(type_, "docs", Resource(Kind.DOCUMENT, item).name, path=(item,))
        self.events.put_nowait(b"id: %b\ndata: %b\n\n" % (str(event.id).encode(), event.to_json()))
        return event

    async def search(self, request: web.Request) -> web.Response:
        self._check(request)
        body = await request.json()
        self.searches.append(body)
        asker, audience = body["on_behalf_of"], body.get("audience")
        if asker not in self.linked:
            return web.json_response({"code": "not_linked", "message": "unknown"}, status=403)
        mine = [one for one in self.documents if body["q"] in one.title and asker in one.readers]
        shown = [one for one in mine if set(audience or ()) <= one.readers]
        alone = [one for one in mine if one not in shown]
        return web.json_response(
            {
                "hits": [self._hit(one, body["q"]) for one in shown[: body["limit"]]],
                "total": len(shown),
                "asker_hits": [self._hit(one, body["q"]) for one in alone[: body["limit"]]],
                "asker_only": len(alone),
            }
        )

    def _hit(self, document: Document, words: str) -> dict[str, Any]:
        return {
            "item": document.id,
            "kind": "document",
            "title": document.title,
            "excerpt": f"de quoi parle <mark>{words}</mark> &amp; le reste",
            "url": f"{self.url}/docs/{document.id}/",
            "updated_at": "2026-11-23T10:00:00+00:00",
        }

    def _check(self, request: web.Request) -> None:
        if self.down:
            raise web.HTTPServiceUnavailable
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise web.HTTPUnauthorized


@asynccontextmanager
async def serving() -> AsyncIterator[FakeWorkspace]:
    """The workspace, on a free port of its own."""
    workspace = FakeWorkspace()
    application = web.Application()
    application.add_routes(
        [
            web.post("/api/v1.0/identities/lookup/", workspace.lookup),
            web.post("/api/v1.0/search/", workspace.search),
            web.post("/api/v1.0/audience/", workspace.audience),
            web.get("/api/v1.0/events/stream", workspace.stream),
        ]
    )
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    workspace.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield workspace
    finally:
        await runner.cleanup()
