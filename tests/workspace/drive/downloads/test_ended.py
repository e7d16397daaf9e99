"""A download ends with the right to it, whatever that was, and with nothing else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.utils import timezone

from contract.ids import MatrixId
from tests.workspace.drive.downloaded import LARGE, ROOM, SMALL, World, read
from tests.workspace.drive.downloading import downloading
from tests.workspace.grants import world as worlds
from tests.workspace.streaming.following import db, session_of
from workspace.accounts import linking, people, service_accounts
from workspace.accounts.models import MatrixIdentity, User
from workspace.api import services
from workspace.asgi import Handler
from workspace.drive import rights, sending, watching
from workspace.grants.models import Delegation, ScenarioToken
from workspace.rooms import service as rooms
from workspace.sharing import tree
from workspace.sharing.models import Item, Team
from workspace.sharing.roles import LinkReach, Role

pytestmark = pytest.mark.django_db(transaction=True)


def _sign_out(world: World) -> None:
    Session.objects.all().delete()


def _leave(world: World) -> None:
    rooms.put("bridge", ROOM, [MatrixId(worlds.CAMILLE)])


LOSSES: dict[str, Callable[[World], object]] = {
    "access": lambda world: tree.revoke(world.camille, world.access),
    "room": _leave,
    "trash": lambda world: tree.trash_item(world.camille, world.file.item),
    "sign-out": _sign_out,
    "account": lambda world: people.set_active(world.ines, False),
    "deleted": lambda world: Item.objects.filter(pk=world.file.pk).delete(),
}


def _by_room(world: World) -> None:
    """Inès has it by the room alone."""
    rooms.put("bridge", ROOM, [MatrixId(worlds.CAMILLE), MatrixId(worlds.INES)])
    tree.grant(world.camille, world.file.item, Role.READER, team=Team.objects.get(kind=Team.Kind.ROOM))
    tree.revoke(world.camille, world.access)


@pytest.mark.parametrize("loss", LOSSES)
async def test_a_download_ends_with_the_right_to_it(handler: Handler, world: World, ines: str, loss: str) -> None:
    await db(world.change, LARGE)
    if loss == "room":
        await db(_by_room, world)
    async with downloading(handler, world.path, cookie=ines, most=1) as one:
        await asyncio.wait_for(one.waits.wait(), 20)
        await db(LOSSES[loss], world)
        await one.finished()
        assert not one.over
        assert 0 < len(one.body) < one.size == len(LARGE)
    assert (await read(handler, world.path, cookie=ines)).status in (401, 404)


async def test_a_service_accounts_ends_with_its_token(handler: Handler, world: World) -> None:
    await db(world.change, LARGE)
    token = await db(service_accounts.make, "courier")
    courier = await db(User.objects.get, service_account__name="courier")
    await db(tree.grant, world.camille, world.file.item, Role.READER, user=courier)
    async with downloading(handler, world.path, authorization=f"Bearer {token}", most=1) as one:
        await asyncio.wait_for(one.waits.wait(), 20)
        await db(service_accounts.rotate, "courier")
        await one.finished()
        assert not one.over
        assert len(one.body) < one.size


@pytest.mark.parametrize("what", ["closed", "changed"])
async def test_a_public_files_ends_where_it_is_public_or_itself_no_more(
    handler: Handler, world: World, what: str
) -> None:
    await db(world.change, LARGE)
    await db(tree.set_link, world.camille, world.file.item, LinkReach.PUBLIC, Role.READER)
    async with downloading(handler, world.path, most=1) as one:
        await asyncio.wait_for(one.waits.wait(), 20)
        if what == "closed":
            await db(tree.set_link, world.camille, world.file.item, LinkReach.RESTRICTED, Role.READER)
        else:
            await db(world.change, SMALL)
        await one.finished()
        assert not one.over
        assert len(one.body) < one.size


async def test_who_keeps_the_right_keeps_the_download(handler: Handler, world: World, ines: str) -> None:
    """A new version, the trash for its owner: neither takes anything away; and the rights are asked meanwhile."""
    await db(world.change, LARGE)
    camille = await db(session_of, world.camille)
    async with (
        downloading(handler, world.path, cookie=camille, most=1) as owner,
        downloading(handler, world.path, cookie=ines, most=1) as reader,
    ):
        for one in (owner, reader):
            await asyncio.wait_for(one.waits.wait(), 20)
        await db(world.change, SMALL)
        asked = await _asked_once_more()
        reader.reads.set()
        await reader.finished()
        assert (reader.over, reader.body) == (True, LARGE)
        await db(tree.trash_item, world.camille, world.file.item)
        assert await _asked_once_more() > asked
        owner.reads.set()
        await owner.finished()
        assert (owner.over, owner.body) == (True, LARGE)


async def _asked_once_more() -> float:
    """When the rights to all that is under way were asked, from now on."""
    held = set(sending.downloads._watch._held)
    assert held
    now = asyncio.get_running_loop().time()
    async with asyncio.timeout(20):
        while any(one._asked_at < now for one in held):  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0.01)
    return max(one._asked_at for one in held)


async def test_while_nobody_can_say_whether_it_holds_nothing_is_sent(
    handler: Handler, world: World, ines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await db(world.change, LARGE)
    monkeypatch.setattr(watching, "_COUNTS", 0.3)
    away, holds = threading.Event(), rights.OfAsker.holds

    def asked(right: rights.OfAsker) -> bool:
        if away.is_set():
            raise OperationalError
        return holds(right)

    monkeypatch.setattr(rights.OfAsker, "holds", asked)
    async with downloading(handler, world.path, cookie=ines, most=1) as one:
        await asyncio.wait_for(one.waits.wait(), 20)
        away.set()
        (held,) = sending.downloads._watch._held
        async with asyncio.timeout(20):
            while asyncio.get_running_loop().time() - held._asked_at <= 0.3:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        one.reads.set()
        held._heard.clear()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(one.served), 1)  # type: ignore[arg-type]
        stopped_at = len(one.body)
        assert stopped_at < one.size
        away.clear()
        await one.finished()
        assert (one.over, one.body) == (True, LARGE)


def _revoke(_world: World) -> None:
    Delegation.objects.update(revoked_at=timezone.now())


def _expire(_world: World) -> None:
    ScenarioToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


ENDS: dict[str, tuple[Callable[[World], object], str]] = {
    "revoked": (_revoke, "revoked"),
    "too old": (_expire, "expired_token"),
    "unlinked": (lambda world: linking.unlink(MatrixIdentity.objects.get(matrix_id=worlds.CAMILLE)), "revoked"),
    "role": (lambda world: Item.objects.filter(pk=world.file.pk).delete(), "not_found"),
    "service": (lambda world: None, "other_service"),
}


@pytest.mark.parametrize("end", ENDS)
async def test_what_is_downloaded_by_a_token_ends_with_it_and_its_owner_is_shown(
    handler: Handler, world: World, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await db(world.change, LARGE)
    act, code = ENDS[end]
    token = await db(world.grants.token, "read", resource=world.file.pk)
    held = {"authorization": f"Bearer {token}", "parvis_service": "Bearer of-bridge"}
    async with downloading(handler, world.content, most=1, **held) as one:
        await asyncio.wait_for(one.waits.wait(), 20)
        if end == "service":
            monkeypatch.setattr(services, "_known", _Nobody())
        await db(act, world)
        await one.finished()
        assert not one.over
        assert len(one.body) < one.size
    book = await db(world.grants.book)
    assert book[-1] == ("bridge", "use", code)
    assert [refused for _service, _what, refused in book].count(code) == 1


class _Nobody:
    def by_token(self) -> dict[str, Any]:
        return {}
