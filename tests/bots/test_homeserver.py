"""Rate limits are honoured, outages outlasted, refusals told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bots.framework.errors import HomeserverRefused, HomeserverUnavailable
from bots.framework.homeserver import Challenge, Homeserver

Answer = Callable[[int], web.Response]


@asynccontextmanager
async def answering(answer: Answer) -> AsyncIterator[tuple[Homeserver, list[web.Request]]]:
    """A homeserver whose n-th answer is `answer(n)`, and what it was asked."""
    asked: list[web.Request] = []

    async def handle(request: web.Request) -> web.Response:
        asked.append(request)
        return answer(len(asked))

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    homeserver = Homeserver(f"http://127.0.0.1:{runner.addresses[0][1]}", access_token="token")
    try:
        yield homeserver, asked
    finally:
        await homeserver.close()
        await runner.cleanup()


def first(limited: web.Response) -> Answer:
    return lambda number: limited if number == 1 else web.json_response({"ok": True})


@pytest.mark.parametrize(
    "limited",
    [
        lambda: web.json_response({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 60}, status=429),
        lambda: web.json_response({"errcode": "M_LIMIT_EXCEEDED"}, status=429, headers={"Retry-After": "0"}),
        lambda: web.json_response({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": "x"}, status=429),
        lambda: web.Response(status=502, text="<html>bad gateway</html>"),
    ],
)
async def test_what_is_refused_for_now_is_tried_again(limited: Callable[[], web.Response]) -> None:
    async with answering(first(limited())) as (homeserver, asked):
        assert await homeserver.get("/x") == {"ok": True}
        assert len(asked) == 2
        assert asked[0].headers["Authorization"] == "Bearer token"


async def test_patience_has_an_end() -> None:
    async with answering(lambda _: web.Response(status=500)) as (homeserver, _):
        with pytest.raises(HomeserverUnavailable, match="answered 500"):
            await homeserver.post("/x", {}, patience=0)


async def test_a_rate_limit_longer_than_our_patience_is_not_waited_for() -> None:
    long = web.json_response({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 3_600_000}, status=429)
    async with answering(lambda _: long) as (homeserver, asked):
        with pytest.raises(HomeserverUnavailable, match="rate limited") as raised:
            await homeserver.get("/rooms/!secret/state")
        assert (raised.value.retry_after, len(asked)) == (3600, 1)


async def test_a_refusal_is_told_with_its_code() -> None:
    refusal = web.json_response({"errcode": "M_FORBIDDEN", "error": "no"}, status=403)
    async with answering(lambda _: refusal) as (homeserver, asked):
        with pytest.raises(HomeserverRefused, match="M_FORBIDDEN: no") as raised:
            await homeserver.get("/x")
        assert (raised.value.code, raised.value.status, len(asked)) == ("M_FORBIDDEN", 403, 1)


async def test_a_question_who_we_are_is_a_challenge() -> None:
    question = web.json_response({"flows": [], "session": "s"}, status=401)
    async with answering(lambda _: question) as (homeserver, _):
        with pytest.raises(Challenge) as raised:
            await homeserver.post("/x", {})
        assert raised.value.session == "s"


@pytest.mark.parametrize("body", ["", "nonsense", "3", "[" * 100_000])
async def test_nonsense_is_an_empty_answer(body: str) -> None:
    async with answering(lambda _: web.Response(text=body)) as (homeserver, _):
        assert await homeserver.get("/x") == {}


async def test_a_homeserver_that_is_not_there_is_unavailable() -> None:
    homeserver = Homeserver("http://127.0.0.1:1")
    closing: Callable[[], Awaitable[None]] = homeserver.close
    with pytest.raises(HomeserverUnavailable, match="no answer"):
        await homeserver.call("GET", "/x", None, patience=0)
    await closing()
