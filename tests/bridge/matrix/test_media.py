"""Files come and go by streams; what servers say of them is bounded, and told as it is."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bridge.matrix import media
from bridge.matrix.homeserver import Homeserver
from bridge.matrix.media import Media
from bridge.ports import Permanent, RateLimited, Retriable, RoomError
from tests.bridge.fakes import PARVIS

URL = "mxc://culture.gouv.test:8448/AbC_-9"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def served(handler: Handler) -> AsyncIterator[Media]:
    """A homeserver that answers everything so."""
    application = web.Application(client_max_size=1 << 30)
    application.router.add_route("*", "/{tail:.*}", handler)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    homeserver = Homeserver(f"http://127.0.0.1:{runner.addresses[0][1]}", "token", PARVIS)
    homeserver.device_id = "DEVICE"
    try:
        yield Media(homeserver)
    finally:
        await homeserver.close()
        await runner.cleanup()


async def all_of(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


async def pieces(count: int, size: int = 1 << 16) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield bytes(size)


async def test_a_file_is_asked_for_as_the_bridges_own_device() -> None:
    asked: list[web.Request] = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request)
        return web.Response(body=b"x" * 300_000)

    async with served(handler) as side:
        assert await all_of(side.download(URL, 300_000)) == b"x" * 300_000
    (request,) = asked
    assert request.path == "/_matrix/client/v1/media/download/culture.gouv.test:8448/AbC_-9"
    assert request.headers["Authorization"] == "Bearer token"
    assert (request.query["user_id"], request.query["device_id"]) == (PARVIS, "DEVICE")


@pytest.mark.parametrize("url", ["https://evil.test/x", "mxc://a/../b", "mxc://a/b/c", ""])
async def test_an_address_that_is_none_is_not_asked_for(url: str) -> None:
    async def handler(_request: web.Request) -> web.Response:
        raise AssertionError

    async with served(handler) as side:
        with pytest.raises(Permanent):
            await all_of(side.download(url, 10))


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_file_that_is_too_large_is_not_read_to_its_end(chunked: bool) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        if not chunked:
            return web.Response(body=bytes(1_000_000))
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        async for piece in pieces(1000):
            await response.write(piece)
        return response

    async with served(handler) as side:
        with pytest.raises(Permanent) as raised:
            await all_of(side.download(URL, 200_000))
    assert raised.value.code == "M_TOO_LARGE"


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (404, {"errcode": "M_NOT_FOUND", "error": "words"}, Permanent),
        (502, {"errcode": "M_UNKNOWN", "error": "Failed to fetch remote media"}, Retriable),
        (504, {"errcode": "M_NOT_YET_UPLOADED"}, Retriable),
        (429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 7}, RateLimited),
        (307, {}, Retriable),
        (404, "<html>", Retriable),
    ],
)
async def test_what_the_homeserver_says_instead_of_a_file_is_an_error(
    status: int, body: object, error: type[RoomError]
) -> None:
    async def handler(_request: web.Request) -> web.Response:
        if isinstance(body, str):
            return web.Response(status=status, text=body)
        return web.json_response(body, status=status, headers={"Location": "http://169.254.169.254/"})

    async with served(handler) as side:
        with pytest.raises(error):
            await all_of(side.download(URL, 10))


async def test_a_file_that_breaks_off_may_come_whole_later() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"x" * 10)
        assert request.transport is not None
        request.transport.close()
        return response

    async with served(handler) as side:
        with pytest.raises(Retriable):
            await all_of(side.download(URL, 1000))


async def test_a_homeserver_that_is_not_there_may_be_later() -> None:
    homeserver = Homeserver("http://127.0.0.1:9", "token", PARVIS)
    side = Media(homeserver)
    with pytest.raises(Retriable):
        await all_of(side.download(URL, 10))
    with pytest.raises(Retriable):
        await side.upload(pieces(1), 1 << 16)
    await homeserver.close()


async def test_a_file_is_uploaded_by_pieces_with_its_size_and_no_name() -> None:
    received: list[tuple[int, str | None, str]] = []

    async def handler(request: web.Request) -> web.Response:
        came = 0
        async for chunk in request.content.iter_any():
            came += len(chunk)
        received.append((came, request.headers.get("Content-Length"), request.path_qs))
        return web.json_response({"content_uri": URL})

    count = 512  # 32 MiB
    async with served(handler) as side:
        tracemalloc.start()
        try:
            assert await side.upload(pieces(count), count << 16) == URL
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    ((came, length, path),) = received
    assert came == count << 16
    assert length == str(count << 16)
    assert path.startswith("/_matrix/media/v3/upload?")
    assert "filename" not in path
    assert peak < 4 << 20


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (413, {"errcode": "M_TOO_LARGE"}, Permanent),
        (200, {"content_uri": "https://evil.test/"}, Retriable),
        (200, {}, Retriable),
        (500, {}, Retriable),
    ],
)
async def test_an_upload_that_is_not_taken_is_an_error(status: int, body: object, error: type[RoomError]) -> None:
    async def handler(request: web.Request) -> web.Response:
        await request.read()
        return web.json_response(body, status=status)

    async with served(handler) as side:
        with pytest.raises(error):
            await side.upload(pieces(1), 1 << 16)


@pytest.mark.parametrize(("said", "limit"), [(50, 50), (None, None), ("x", None), (-1, None)])
async def test_the_homeserver_says_what_it_takes(said: object, limit: int | None) -> None:
    async def handler(request: web.Request) -> web.Response:
        assert request.path == "/_matrix/client/v1/media/config"
        return web.json_response({"m.upload.size": said})

    async with served(handler) as side:
        assert await side.limit() == limit


def test_a_transfer_may_take_as_long_as_it_moves() -> None:
    assert media._TIMEOUT.total is None
    assert media._TIMEOUT.sock_read
