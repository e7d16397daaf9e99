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
    #: Who lets nobody search for them, where searches were asked from, and whose the tokens are that were given.
    forbidding: set[str] = field(default_factory=set)
    asked_from: list[str] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)
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

    async def token(self, request: web.Request) -> web.Response:
        """The exchange: a token of this workspace is good for one search, by the service that got it."""
        self._check(request)
        asked = await request.post()
        asker = str(asked["subject_token"])
        code = "not_linked" if asker not in self.linked else "not_allowed" if asker in self.forbidding else ""
        if code:
            answer = {"error": "invalid_grant", "error_description": "no", "code": code, "message": "no"}
            return web.json_response(answer, status=400)
        self.asked_from.append(str(asked.get("room")))
        token = f"token-{len(self.asked_from)}"
        self.tokens[token] = asker
        return web.json_response({"access_token": token, "scope": "read", "expires_in": 900})

    async def search(self, request: web.Request) -> web.Response:
        if self.down:
            raise web.HTTPServiceUnavailable
        asker = self.tokens.pop(request.headers["Authorization"].removeprefix("Bearer "), None)
        if asker is None or request.headers.get("Parvis-Service") != f"Bearer {TOKEN}":
            return web.json_response({"code": "spent_token", "message": "no"}, status=403)
        body = await request.json()
        self.searches.append(body)
        audience = body.get("audience")
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
            web.post("/api/v1.0/token/", workspace.token),
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
