"""The server's bounds: many who ask at once, and much that is sent."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.test import AsyncRequestFactory

from workspace import asgi

ASKED = 4 * asgi.AT_ONCE


async def test_many_requests_are_answered_a_few_at_a_time_and_none_keeps_its_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    under_way: set[HttpRequest] = set()
    most: list[int] = []
    closed: list[Any] = []

    async def answer(_self: Any, request: HttpRequest) -> HttpResponse:
        under_way.add(request)
        most.append(len(under_way))
        await asyncio.sleep(0.01)
        under_way.discard(request)
        return HttpResponse("ok")

    monkeypatch.setattr(asgi.Handler, "get_response_async", answer)
    monkeypatch.setattr(connections, "close_all", lambda: closed.append(None))
    handler = asgi.Handler()
    requests = [AsyncRequestFactory().get("/") for _ in range(ASKED)]
    answers = await asyncio.gather(*(handler.run_get_response(request) for request in requests))
    assert [response.status_code for response in answers] == [200] * ASKED
    assert max(most) == asgi.AT_ONCE
    assert len(closed) == ASKED


async def test_a_request_that_breaks_gives_its_turn_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_self: Any, _request: HttpRequest) -> HttpResponse:
        raise RuntimeError

    monkeypatch.setattr(asgi.Handler, "get_response_async", broken)
    monkeypatch.setattr(connections, "close_all", lambda: None)
    handler = asgi.Handler()
    for _ in range(2 * asgi.AT_ONCE):
        with pytest.raises(RuntimeError):
            await asyncio.wait_for(handler.run_get_response(AsyncRequestFactory().get("/")), 5)


LIMIT = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
PIECE = 1 << 20


async def received(pieces: int) -> ASGIRequest:
    """A form that comes in so many pieces, which says nothing of its length."""
    messages = [{"type": "http.request", "body": b"a" * PIECE, "more_body": True} for _ in range(pieces)]
    messages.append({"type": "http.request"})

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    handler = asgi.Handler()
    form = [(b"content-type", b"application/x-www-form-urlencoded")]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": form}
    request, _ = handler.create_request(scope, await handler.read_body(receive))
    assert request is not None
    assert messages == [], "all of it was read, so the answer is heard"
    return request


async def test_what_comes_in_pieces_is_bounded_as_what_says_its_length() -> None:
    request = await received(2)
    assert len(request.body) == 2 * PIECE
    request = await received(3 * LIMIT // PIECE)
    assert int(request.META["CONTENT_LENGTH"]) == LIMIT + 1, "no more is kept than says that it is too much"
    with pytest.raises(RequestDataTooBig):
        _ = request.body
