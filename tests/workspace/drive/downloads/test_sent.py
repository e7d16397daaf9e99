"""Downloads: sent by the workspace, in parts, as bytes that nothing runs, to as many as may come."""

from __future__ import annotations

import asyncio
import threading

import pytest

from contract.grants import Act
from tests.workspace.drive.downloaded import LARGE, ROOM, SMALL, World, read
from tests.workspace.drive.downloading import Downloader, downloading
from tests.workspace.streaming.following import db, session_of
from workspace.asgi import Handler
from workspace.drive import opened, sending
from workspace.sharing import tree
from workspace.sharing.models import Item
from workspace.sharing.roles import LinkReach, Role

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_file_is_sent_whole_as_bytes_that_no_browser_runs(handler: Handler, world: World, ines: str) -> None:
    await db(world.change, LARGE)
    one = await read(handler, world.path, cookie=ines)
    assert (one.status, one.over, one.body) == (200, True, LARGE)
    assert one.size == len(LARGE)
    assert one.headers["content-disposition"] == 'attachment; filename="note.bin"'
    assert one.headers["content-type"] == "application/octet-stream"
    assert one.headers["x-content-type-options"] == "nosniff"
    policy = one.headers["content-security-policy"].split("; ")
    assert {"sandbox", "default-src 'none'", "frame-ancestors 'none'"} <= set(policy)
    assert "script-src" not in one.headers["content-security-policy"]
    assert one.headers["cross-origin-resource-policy"] == "same-origin"
    assert one.headers["x-frame-options"] == "DENY"
    assert "no-store" in one.headers["cache-control"]
    assert one.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    ("filename", "media_type", "raw"),
    [
        ("page.html", "text/html", b"<!doctype html><script>alert(1)</script>"),
        ("image.svg", "image/svg+xml", b"<svg onload=alert(1)>"),
        ("feuille.css", "text/css", b"* { color: red }"),
        ("script.js", "text/javascript", b"alert(1)"),
        ("donnees.xml", "application/xml", b"<?xml version='1.0'?><a/>"),
        ("page.xhtml", "application/xhtml+xml", b"<html/>"),
    ],
)
async def test_what_a_page_could_run_is_sent_as_unknown_bytes(
    handler: Handler, world: World, filename: str, media_type: str, raw: bytes
) -> None:
    file = await db(world.upload, raw, filename, media_type)
    one = await read(handler, f"/api/v1.0/files/{file.pk}/download/", cookie=await db(session_of, world.camille))
    assert (one.body, one.headers["content-type"]) == (raw, "application/octet-stream")
    assert one.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "name", ['a"\r\nSet-Cookie: x=1.bin', "é;filename=x.html", "../../etc/passwd", "\u202egpj.exe", "x" * 250]
)
async def test_no_name_ends_the_header(handler: Handler, world: World, ines: str, name: str) -> None:
    await db(Item.objects.filter(pk=world.file.pk).update, title=name)
    one = await read(handler, world.path, cookie=ines)
    said = one.headers["content-disposition"]
    assert said.startswith("attachment; filename")
    assert "set-cookie" not in one.headers
    assert said.isascii()
    assert not {"\r", "\n", "/", "\\"} & set(said.replace('\\"', ""))
    assert one.body == SMALL


@pytest.mark.parametrize(
    ("place", "site", "status"),
    [
        ("document", "none", 200),
        ("document", "cross-site", 200),
        ("empty", "same-origin", 200),
        ("empty", "cross-site", 403),
        ("empty", "same-site", 403),
        *[
            (place, "same-origin", 403)
            for place in (
                "script",
                "style",
                "image",
                "iframe",
                "embed",
                "object",
                "worker",
                "serviceworker",
                "manifest",
            )
        ],
    ],
)
async def test_a_file_is_no_part_of_a_page(
    handler: Handler, world: World, ines: str, place: str, site: str, status: int
) -> None:
    one = await read(handler, world.path, cookie=ines, sec_fetch_dest=place, sec_fetch_site=site)
    assert one.status == status
    if status == 403:
        assert one.problem()["code"] == "not_for_pages"


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=190-", 190, 199),
        ("bytes=-5", 195, 199),
        ("bytes=5-999", 5, 199),
    ],
)
async def test_a_part_is_sent(handler: Handler, world: World, ines: str, wanted: str, first: int, last: int) -> None:
    one = await read(handler, world.path, cookie=ines, range=wanted)
    assert (one.status, one.body) == (206, SMALL[first : last + 1])
    assert one.headers["content-range"] == f"bytes {first}-{last}/200"
    assert one.size == last - first + 1


async def test_there_is_nothing_after_the_end_and_that_is_said(handler: Handler, world: World, ines: str) -> None:
    one = await read(handler, world.path, cookie=ines, range="bytes=200-")
    assert (one.status, one.problem()["code"], one.headers["content-range"]) == (416, "no_such_bytes", "bytes */200")


async def test_a_part_is_of_what_one_has_the_beginning_of(handler: Handler, world: World, ines: str) -> None:
    etag = (await read(handler, world.path, cookie=ines)).headers["etag"]
    goes_on = await read(handler, world.path, cookie=ines, range="bytes=100-", if_range=etag)
    assert (goes_on.status, goes_on.body) == (206, SMALL[100:])
    has_it = await read(handler, world.path, cookie=ines, if_none_match=etag)
    assert (has_it.status, has_it.body) == (304, b"")
    await db(world.change, SMALL[::-1])
    anew = await read(handler, world.path, cookie=ines, range="bytes=100-", if_range=etag)
    assert (anew.status, anew.body) == (200, SMALL[::-1])
    assert anew.headers["etag"] != etag
    refused = await read(handler, world.path, cookie=ines, range="bytes=100-", if_match=etag)
    assert (refused.status, refused.problem()["code"]) == (412, "changed")
    before = await read(handler, world.path, "version=1", cookie=ines)
    assert (before.body, before.headers["etag"]) == (SMALL, etag)


async def test_a_head_says_all_and_sends_nothing(handler: Handler, world: World, ines: str) -> None:
    async with downloading(handler, world.path, method="HEAD", cookie=ines, range="bytes=5-9") as one:
        await one.finished()
    assert (one.status, one.body, one.size) == (200, b"", 200)
    assert one.headers["etag"]
    assert one.headers["content-security-policy"].startswith("sandbox")
    assert "content-range" not in one.headers


async def test_an_empty_file_is_sent(handler: Handler, world: World, ines: str) -> None:
    await db(world.change, b"")
    one = await read(handler, world.path, cookie=ines)
    assert (one.status, one.body, one.size, one.over) == (200, b"", 0, True)
    assert one.headers["content-disposition"].startswith("attachment")


async def test_a_file_that_the_store_has_lost_is_said_to_be(handler: Handler, world: World, ines: str) -> None:
    world.store.objects.clear()
    for method in ("GET", "HEAD"):
        async with downloading(handler, world.path, method=method, cookie=ines, accept_language="en") as one:
            await one.finished()
        assert one.status == 410
    one = await read(handler, world.path, cookie=ines, accept_language="en")
    assert one.problem()["code"] == "file_lost"
    assert "Tell whoever runs" in one.problem()["message"]


async def test_one_that_is_lost_on_the_way_breaks_off(handler: Handler, world: World, ines: str) -> None:
    await db(world.change, LARGE)
    async with downloading(handler, world.path, cookie=ines, most=1) as one:
        await asyncio.wait_for(one.waits.wait(), 20)
        world.store.objects.clear()
        one.reads.set()
        await one.finished()
        assert not one.over
        assert 0 < len(one.body) < one.size


async def test_who_goes_leaves_nothing_behind(handler: Handler, world: World, ines: str) -> None:
    await db(world.change, LARGE)
    async with downloading(handler, world.path, cookie=ines, most=1) as one:
        await asyncio.wait_for(one.waits.wait(), 20)
        one.left.set()
        await one.finished()
        assert len(one.body) < one.size
    assert opened.seats.taken() == 0
    assert sending.downloads._watch._held == set()
    assert sending.downloads._watch._asking is None


async def test_there_are_bounds_and_words_for_them(
    handler: Handler, world: World, ines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await db(world.change, LARGE)
    await db(tree.set_link, world.camille, world.file.item, LinkReach.PUBLIC, Role.READER)
    monkeypatch.setattr(opened, "AN_ACCOUNT", 1)
    monkeypatch.setattr(opened, "IN_PUBLIC", 1)
    async with downloading(handler, world.path, cookie=ines, most=1), downloading(handler, world.path, most=1):
        for headers, refusal in ({"cookie": ines}, (429, "too_many_downloads")), ({}, (503, "downloads_full")):
            refused = await read(handler, world.path, **headers)
            assert (refused.status, refused.problem()["code"]) == refusal
        monkeypatch.setattr(opened, "IN_ALL", 2)
        refused = await read(handler, world.path, cookie=await db(session_of, world.camille))
        assert (refused.status, refused.problem()["code"]) == (503, "downloads_full")


async def test_many_slow_readers_keep_nobody_waiting(
    handler: Handler, world: World, ines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sixty who do not read: the API answers, by few threads, with little in memory."""
    monkeypatch.setattr(opened, "AN_ACCOUNT", 100)
    await db(world.change, LARGE)
    read_of_it: list[int] = []
    part = world.store.part

    def counted(key: str, first: int, length: int) -> bytes:
        read_of_it.append(length)
        return part(key, first, length)

    monkeypatch.setattr(world.store, "part", counted)
    threads = threading.active_count()
    stop, slow = asyncio.Event(), list[Downloader]()

    async def download() -> None:
        async with downloading(handler, world.path, cookie=ines, most=1) as one:
            await one.waits.wait()
            slow.append(one)
            await stop.wait()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(60):
            tasks.create_task(download())
        async with asyncio.timeout(60):
            while len(slow) < 60:  # noqa: ASYNC110  # they tell nobody
                await asyncio.sleep(0.01)
        assert handler._turns._value == 32
        assert threading.active_count() <= threads + sending.READERS + 3
        assert sum(read_of_it) <= 60 * (1 << 20)
        answer = await read(handler, "/api/v1.0/items/", cookie=ines)
        assert answer.status == 200
        assert not any(one.over or one.left.is_set() for one in slow)
        one = slow[30]
        one.reads.set()
        await one.finished()
        assert one.body == LARGE
        stop.set()


def test_what_is_read_ahead_follows_the_reader() -> None:
    assert [sending._paced(1 << 18, seconds) >> 18 for seconds in (0.1, 0.5, 5)] == [2, 1, 1]
    assert [sending._paced(1 << 22, seconds) >> 18 for seconds in (0.1, 0.5, 5)] == [16, 16, 8]


async def test_a_token_downloads_once_for_whom_it_was_traded(handler: Handler, world: World) -> None:
    await db(world.change, LARGE)
    token = await db(world.grants.token, "read", resource=world.file.pk, room=ROOM)
    held = {"authorization": f"Bearer {token}", "parvis_service": "Bearer of-bridge"}
    one = await read(handler, world.content, **held)
    assert (one.status, one.body) == (200, LARGE)
    again = await read(handler, world.content, **held)
    assert (again.status, again.problem()["code"]) == (403, "spent_token")
    assert (await read(handler, world.path, **held)).status == 401
    async with downloading(handler, world.content, method="HEAD", **held) as head:
        await head.finished()
    assert head.status == 405
    assert await db(world.grants.book) == [
        ("bridge", "trade", ""),
        ("bridge", "use", ""),
        ("bridge", "use", "spent_token"),
    ]


async def test_a_token_of_another_act_or_item_downloads_nothing(handler: Handler, world: World) -> None:
    for fields in (
        {"act": Act.COMMENT.value, "resource": world.file.pk},
        {"act": "read", "resource": world.grants.note.pk},
    ):
        token = await db(world.grants.token, **fields)
        held = {"authorization": f"Bearer {token}", "parvis_service": "Bearer of-bridge"}
        one = await read(handler, world.content, **held)
        assert one.status == 403
        assert one.problem()["code"] in ("other_act", "other_target")
