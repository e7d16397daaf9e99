"""The client of the stream: it comes back where it was, tells nothing twice, and says what is missing."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import Any
from uuid import UUID

import httpx
import pytest

from contract import stream as module
from contract.errors import Refused
from contract.events import Event, EventType
from contract.stream import EventStream, Happened, Missed, Moved, Told

SUBJECT = "docs/document/0192f0c4-0000-7000-8000-000000000001"


def event() -> Event:
    return Event.now(EventType.DOCUMENT_UPDATED, "docs", SUBJECT)


def said(*events: Event) -> bytes:
    return b"".join(b"id: %b\ndata: %b\n\n" % (str(one.id).encode(), one.to_json()) for one in events)


def problem(status: int, code: str, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "message": "…"}, headers=headers)


class Workspace:
    """Answers each request with the next of `answers`: a piece of stream that ends there, or a response."""

    def __init__(self, *answers: bytes | httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if self.answers else problem(503, "over")
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, bytes):
            return httpx.Response(200, content=answer, headers={"Content-Type": "text/event-stream; charset=utf-8"})
        return answer


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, each over at once; time does not pass in these tests."""
    made: list[float] = []

    async def sleep(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr(module.asyncio, "sleep", sleep)
    monkeypatch.setattr(module.random, "uniform", lambda _a, _b: 1.0)
    return made


async def followed(workspace: Workspace, count: int, last_id: str = "", **narrowed: Any) -> list[Told]:
    """The first so many that were told."""
    follower = EventStream("http://w.test/", "pvs_x", transport=httpx.MockTransport(workspace), **narrowed)
    told: list[Told] = []
    async with asyncio.timeout(10), aclosing(follower.follow(last_id)) as stream:
        async for one in stream:
            told.append(one)
            if len(told) == count:
                break
    return told


async def test_it_asks_as_the_account_for_what_is_wanted(pauses: list[float]) -> None:
    item, one = UUID(SUBJECT.rsplit("/", 1)[1]), event()
    workspace = Workspace(said(one))
    told = await followed(workspace, 1, "before", under=item, types=[EventType.DOCUMENT_UPDATED])
    assert told == [Happened(one, str(one.id))]
    [request] = workspace.requests
    assert request.url.path == "/api/v1.0/events/stream"
    assert dict(request.url.params) == {"under": str(item), "types": EventType.DOCUMENT_UPDATED.value}
    assert (request.headers["Authorization"], request.headers["Last-Event-ID"]) == ("Bearer pvs_x", "before")


async def test_it_comes_back_where_it_was_and_tells_nothing_twice(pauses: list[float]) -> None:
    one, two, three = event(), event(), event()
    workspace = Workspace(
        b"retry: 3000\nid: p\n\n" + said(one), httpx.ConnectError("gone"), said(one, two), said(three)
    )
    told = await followed(workspace, 5)
    assert [type(one) for one in told] == [Moved, Happened, Moved, Happened, Happened]
    assert [request.headers.get("Last-Event-ID") for request in workspace.requests] == [
        None,
        str(one.id),
        str(one.id),
        str(two.id),
    ]


async def test_while_the_workspace_is_away_it_asks_ever_more_slowly(pauses: list[float]) -> None:
    one = event()
    workspace = Workspace(*[httpx.ConnectError("gone")] * 9, said(one))
    await followed(workspace, 1)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]


async def test_it_waits_as_long_as_it_is_told(pauses: list[float]) -> None:
    one = event()
    workspace = Workspace(
        problem(429, "too_many_streams", **{"Retry-After": "20"}),
        problem(401, "unknown_account"),
        httpx.Response(502, text="<html>"),
        httpx.Response(200, text="<html>", headers={"Content-Type": "text/html"}),
        said(one),
    )
    assert await followed(workspace, 1) == [Happened(one, str(one.id))]
    assert pauses == [20, 30, 4, 8]


async def test_what_is_refused_for_good_is_raised(pauses: list[float]) -> None:
    with pytest.raises(Refused) as refused:
        await followed(Workspace(problem(404, "not_found")), 1)
    assert refused.value.code == "not_found"


async def test_a_gap_is_told_and_leaves_the_place_as_it_was(pauses: list[float]) -> None:
    facts = json.dumps({"since": "2026-11-01T00:00:00+00:00", "until": None}).encode()
    workspace = Workspace(b"event: gap\ndata: %b\n\n" % facts)
    [missed] = await followed(workspace, 1, "old")
    assert isinstance(missed, Missed)
    assert (missed.last_id, missed.until) == ("old", None)


@pytest.mark.parametrize("data", [b"{}", b"[" * 5000, b'{"specversion":"1.0","type":"fr.parvis.later"}'])
async def test_what_is_not_understood_is_passed_over(pauses: list[float], data: bytes) -> None:
    one = event()
    workspace = Workspace(b"id: x\ndata: %b\n\n" % data + b"event: later\nid: y\ndata: z\n\n" + said(one))
    assert await followed(workspace, 3) == [Moved("x"), Moved("y"), Happened(one, str(one.id))]


async def test_a_stream_without_a_sign_of_life_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a real connection: httpx's mock knows no time."""
    monkeypatch.setattr(module, "QUIET", 0.05)
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.01)
    came = 0
    one = event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal came
        came += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: hello\n\n" + said(one) * (came > 1))
        await writer.drain()
        await reader.read()  # until the client has gone
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, asyncio.timeout(10):
        follower = EventStream(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "pvs_x")
        async with aclosing(follower.follow()) as stream:
            assert await anext(stream) == Happened(one, str(one.id))
    assert came == 2
