"""Many who ask at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
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
