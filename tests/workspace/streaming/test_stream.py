"""The stream of events: who is told what, when it is told; where it resumes, and that it ends without a trace."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from contract.events import Event, EventType
from contract.resources import Kind
from tests.workspace.people import person
from tests.workspace.streaming.following import db, following, session_of
from workspace.accounts import people, service_accounts
from workspace.accounts.models import User
from workspace.asgi import Handler
from workspace.docs import service as docs
from workspace.events import outbox
from workspace.events.models import OutboxEvent
from workspace.sharing import tree
from workspace.sharing.models import Access, Item
from workspace.sharing.roles import LinkReach, Role
from workspace.streaming import looking, seats, serving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def run_dir(settings: Settings, tmp_path: Path) -> AsyncIterator[None]:
    settings.PARVIS = replace(settings.PARVIS, run_dir=tmp_path)
    yield
    await sync_to_async(connections.close_all)()  # of the thread in which `db` asks


@pytest.fixture
def handler() -> Handler:
    return Handler()


class World:
    """Camille, who owns documents, and the service account `courier` (its token, and how it is authorized)."""

    def __init__(self) -> None:
        self.camille = person("camille.martin")
        self.token = service_accounts.make("courier")
        self.courier = User.objects.get(service_account__name="courier")
        self.authorization = f"Bearer {self.token}"

    def document(self, title: str = "Note", parent: Item | None = None, *, shared: bool = True) -> Item:
        made = docs.create(self.camille, title=title, content="", parent_id=parent.pk if parent else None)
        if shared:
            tree.grant(self.camille, made.item, Role.READER, user=self.courier)
        return made.item


def announce(world: World, item: Item, what: str = "updated") -> None:
    outbox.in_turn(tree.announce)(item, what, world.camille)


@pytest.fixture
async def world() -> World:
    return await db(World)


async def test_an_event_reaches_whoever_may_read_it_thin_and_with_its_id(handler: Handler, world: World) -> None:
    note = await db(world.document, "Plan social")
    async with following(handler, authorization=world.authorization) as follower:
        assert follower.status == 200
        assert follower.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert "content-length" not in follower.headers
        await db(announce, world, note)
        [told] = await follower.told(1)
    assert told.data["type"] == EventType.DOCUMENT_UPDATED
    assert told.id == told.data["id"]
    assert told.data["subject"] == f"docs/document/{note.pk}"
    assert b"Plan social" not in follower.body


async def test_people_follow_with_their_session_until_it_ends(handler: Handler, world: World) -> None:
    note = await db(world.document)
    cookie = await db(session_of, world.camille)
    async with following(handler, cookie=cookie) as follower:
        await db(announce, world, note)
        await follower.told(1)
        await db(people.set_active, world.camille, False)
        await db(announce, world, note)
        await follower.until(lambda: follower.over)
        assert len(follower.blocks()) == 1


async def test_nobody_else_is_let_in(handler: Handler, world: World) -> None:
    async with following(handler) as nobody:
        assert (nobody.status, nobody.problem()["code"]) == (401, "not_signed_in")
    async with following(handler, authorization="Bearer pvs_guess") as guess:
        assert (guess.status, guess.problem()["code"]) == (401, "unknown_account")


async def test_what_may_not_be_read_is_not_told_nor_what_a_link_alone_opens(handler: Handler, world: World) -> None:
    hidden = await db(world.document, shared=False)
    linked = await db(world.document, shared=False)
    await db(tree.set_link, world.camille, linked, LinkReach.PUBLIC, Role.READER)
    shown = await db(world.document)
    async with following(handler, authorization=world.authorization) as follower:
        for item in (hidden, linked, shown):
            await db(announce, world, item)
        [told] = await follower.told(1)
        assert told.data["subject"].endswith(str(shown.pk))
    async with following(handler, f"under={linked.pk}", authorization=world.authorization) as follower:
        await db(announce, world, linked)
        await follower.told(1)


async def test_rights_are_those_of_the_moment_of_sending(handler: Handler, world: World) -> None:
    """Revoked between the write and the send: the event waits for a client that does not read."""
    note, other = await db(world.document), await db(world.document)
    async with following(handler, authorization=world.authorization) as follower:
        position = follower.position
        follower.reads.clear()
        await db(announce, world, other)
        await asyncio.wait_for(follower.waits.wait(), 20)
        await db(announce, world, note)
        await db(tree.revoke, world.camille, await db(Access.objects.get, item=note, user=world.courier))
        follower.reads.set()
        await db(announce, world, other)
        await follower.until(lambda: sum(str(other.pk) in str(told.data) for told in follower.blocks()) >= 2)
        assert str(note.pk) not in follower.body.decode()
    async with following(handler, authorization=world.authorization, last_event_id=position) as again:
        await again.told(2)
        assert str(note.pk) not in again.body.decode()


async def test_a_path_is_told_as_far_as_it_may_be_read(handler: Handler, world: World) -> None:
    folder = await db(tree.create_item, Kind.FOLDER, "Cabinet", None, world.camille)
    note = await db(world.document, "Note", folder)
    async with following(handler, authorization=world.authorization) as follower:
        await db(announce, world, note)
        [told] = await follower.told(1)
        assert told.data["data"]["path"] == [str(note.pk)]


async def test_that_it_went_into_the_trash_is_told_to_who_could_read_it(handler: Handler, world: World) -> None:
    note, lost = await db(world.document), await db(world.document)
    async with following(handler, authorization=world.authorization) as follower:
        await db(tree.revoke, world.camille, await db(Access.objects.get, item=lost, user=world.courier))
        await db(tree.trash_item, world.camille, lost)
        await db(announce, world, note)
        await follower.told(1)
        await db(tree.trash_item, world.camille, note)
        await follower.told(2)
        assert follower.types == ["document.updated", "document.trashed"]
    async with following(handler, authorization=world.authorization, last_event_id=follower.blocks()[0].id) as again:
        await again.told(1)
        assert again.types == ["document.trashed"]


async def test_what_is_no_item_or_another_matter_is_not_told(handler: Handler, world: World) -> None:
    note = await db(world.document)

    def other_matters() -> None:
        emit = outbox.in_turn(outbox.emit)
        emit(Event.now(EventType.IDENTITY_LINKED, "accounts", "accounts/user/sub"))
        for type_ in (EventType.ROOM_BOUND, EventType.ACCESS_CHANGED):
            emit(Event.now(type_, "x", note.resource.name, path=tree.path_of(note.pk)))

    async with following(handler, authorization=world.authorization) as follower:
        await db(other_matters)
        await db(announce, world, note)
        await follower.told(1)
        assert follower.types == ["document.updated"]
    owner = await db(session_of, world.camille)
    async with following(handler, cookie=owner, last_event_id=follower.position) as owners:
        await db(other_matters)
        await owners.told(1)
        assert owners.types == ["access.changed"]


async def test_only_what_is_asked_for(handler: Handler, world: World) -> None:
    folder = await db(tree.create_item, Kind.FOLDER, "Budget", None, world.camille)
    await db(tree.grant, world.camille, folder, Role.READER, user=world.courier)
    inside, outside = await db(world.document, "In", folder, shared=False), await db(world.document)
    query = f"under={folder.pk}&types={EventType.DOCUMENT_UPDATED},{EventType.DOCUMENT_TRASHED}"
    async with following(handler, query, authorization=world.authorization) as follower:
        await db(announce, world, outside)
        await db(announce, world, inside, "shared")
        await db(announce, world, inside)
        await follower.told(1)
        assert [told.data["subject"] for told in follower.blocks()] == [inside.resource.name]


@pytest.mark.parametrize(
    ("query", "last", "status", "code"),
    [
        ("types=fr.parvis.nothing", "", 400, "invalid"),
        (f"types={EventType.ROOM_BOUND}", "", 400, "invalid"),
        ("under=x", "", 400, "invalid"),
        (f"under={uuid4()}", "", 404, "not_found"),
        ("", "17", 400, "bad_last_event_id"),
        ("", str(uuid4()), 400, "bad_last_event_id"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_takes_no_seat(
    handler: Handler, world: World, query: str, last: str, status: int, code: str
) -> None:
    headers = {"last_event_id": last} if last else {}
    async with following(handler, query, authorization=world.authorization, **headers) as follower:
        assert (follower.status, follower.problem()["code"]) == (status, code)
    assert seats.seats.taken() == 0


async def test_it_resumes_after_the_last_event_or_position_without_a_hole(handler: Handler, world: World) -> None:
    note = await db(world.document)
    async with following(handler, authorization=world.authorization) as follower:
        position = follower.position
        for _ in range(3):
            await db(announce, world, note)
        ids = [told.id for told in await follower.told(3)]
    await db(announce, world, note)
    async with following(handler, authorization=world.authorization, last_event_id=ids[1]) as again:
        assert (await again.told(2))[0].id == ids[2]
    async with following(handler, authorization=world.authorization, last_event_id=position) as again:
        told = [one.id for one in await again.told(4)]
        assert [id_ for id_ in told if id_ in ids] == ids


async def test_more_than_one_look_full_comes_in_order(
    handler: Handler, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "AT_ONCE", 4)
    note = await db(world.document)
    async with following(handler, authorization=world.authorization) as follower:
        position = follower.position
    for _ in range(11):
        await db(announce, world, note)
    async with following(handler, authorization=world.authorization, last_event_id=position) as again:
        told = [one.data["time"] for one in await again.told(11)]
        assert told[-11:] == sorted(told[-11:])


def _at(moment: Any) -> str:
    """A UUIDv7 of that moment."""
    return str(UUID(int=(int(moment.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62) | 1))


async def test_what_is_kept_no_more_is_said_to_be_missing(handler: Handler, world: World) -> None:
    note = await db(world.document)
    await db(announce, world, note)
    kept = await db(OutboxEvent.objects.count)
    last = _at(timezone.now() - timedelta(days=8))
    async with following(handler, authorization=world.authorization, last_event_id=last) as follower:
        first, *rest = await follower.told(2)
        assert (first.event, first.id) == ("gap", "")
        assert first.data["until"] is not None
        assert rest[0].data["type"].startswith("fr.parvis.docs.document.")
    assert kept >= 1
    await db(OutboxEvent.objects.all().delete)
    async with following(handler, authorization=world.authorization, last_event_id=last) as follower:
        [first] = await follower.told(1)
        assert (first.event, first.data["until"]) == ("gap", None)


async def test_a_quiet_stream_gives_signs_of_life_that_move_its_position(
    handler: Handler, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "HEARTBEAT", 0.05)
    async with following(handler, authorization=world.authorization) as follower:
        first = follower.position
        await follower.until(lambda: follower.position != first)
        assert follower.blocks() == []


async def test_a_head_opens_no_stream(world: World) -> None:
    def ask() -> int:
        return int(Client().head("/api/v1.0/events/stream", headers={"Authorization": world.authorization}).status_code)

    assert await db(ask) == 405
    assert seats.seats.taken() == 0


async def test_there_are_bounds_and_words_for_them(
    handler: Handler, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seats, "AN_ACCOUNT", 1)
    async with following(handler, authorization=world.authorization):
        async with following(handler, authorization=world.authorization) as second:
            assert (second.status, second.problem()["code"]) == (429, "too_many_streams")
        monkeypatch.setattr(seats, "IN_ALL", 1)
        cookie = await db(session_of, world.camille)
        async with following(handler, cookie=cookie) as other:
            assert (other.status, other.problem()["code"]) == (503, "streams_full")
    async with following(handler, authorization=world.authorization) as again:
        assert again.status == 200


async def test_streams_that_wait_hold_no_turn_no_thread_and_no_connection(
    handler: Handler, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seats, "AN_ACCOUNT", 100)
    note = await db(world.document)
    closed: list[str] = []
    close_all = connections.close_all

    def noted() -> None:
        closed.append(threading.current_thread().name)
        close_all()

    monkeypatch.setattr(connections, "close_all", noted)
    threads = threading.active_count()
    async with asyncio.TaskGroup() as tasks:
        stop = asyncio.Event()
        followers = []

        async def follow() -> None:
            async with following(handler, authorization=world.authorization) as follower:
                followers.append(follower)
                await stop.wait()

        for _ in range(40):
            tasks.create_task(follow())
        async with asyncio.timeout(20):
            while len(followers) < 40:  # noqa: ASYNC110  # they tell nobody
                await asyncio.sleep(0.01)
        assert handler._turns._value == 32
        assert threading.active_count() <= threads + 3
        await db(announce, world, note)
        for follower in followers:
            await follower.told(1)
        async with asyncio.timeout(20):
            while not any(name.startswith("streams") for name in closed):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        stop.set()
    assert seats.seats.taken() == 0
    assert serving.streams._wakes == set()
    assert serving.streams._listening is None


async def test_a_token_that_is_rotated_ends_the_streams_of_the_old_one(handler: Handler, world: World) -> None:
    note = await db(world.document)
    async with following(handler, authorization=world.authorization) as follower:
        await db(service_accounts.rotate, "courier")
        await db(announce, world, note)
        await follower.until(lambda: follower.over)
        assert follower.blocks() == []
    assert seats.seats.taken() == 0


async def test_when_the_server_stops_streams_end(
    handler: Handler, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with following(handler, authorization=world.authorization) as follower:
        monkeypatch.setattr(serving.streams, "_closed", False)
        serving.streams.close()
        await follower.until(lambda: follower.over)
