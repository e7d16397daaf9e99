"""`courier` in real rooms on real homeservers: it passes the checks of devices and senders that `find` passes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bots.courier.courier import Courier
from bots.framework.settings import BotSettings
from bots.framework.trust import Trust
from contract.ids import MatrixId
from parvis.chat.agent import Agent
from tests.bots import apps
from tests.bots.conftest import Account, Servers
from tests.bots.fake_workspace import FakeWorkspace
from tests.bots.test_find_system import opened, room_with
from tests.impostor import write_as
from tests.system.js_client import JsClient

pytestmark = pytest.mark.system


@contextlib.asynccontextmanager
async def courier(
    account: Account, workspace: FakeWorkspace, folder: Path, *, at_least: Trust = Trust.KNOWN_DEVICE
) -> AsyncIterator[BotSettings]:
    """The bot, running as `account`."""
    settings = replace(
        apps.settings_of(folder / "courier", workspace, "fr"),
        homeserver_url=account.url,
        user_id=MatrixId(account.user_id),
        password=account.password,
        min_trust=at_least,
        service_users=frozenset({MatrixId(account.user_id)}),
    )
    task = asyncio.create_task(Courier().app.serve(settings))
    try:
        yield settings
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def asked(agent: Agent, room: str, workspace: FakeWorkspace, document_id: str) -> str:
    return await agent.send(room, f"!courier follow {workspace.url}/docs/{document_id}/")


async def test_a_room_of_two_homeservers_is_shown_what_all_of_it_may_read_once(
    servers: Servers, workspace: FakeWorkspace, tmp_path: Path
) -> None:
    bot, camille, ines = [
        await servers.account(*one) for one in (("interieur", "courier"), ("hub", "camille"), ("interieur", "ines"))
    ]
    note = workspace.add("Le budget de tous", camille.user_id, ines.user_id)
    async with await opened(camille, tmp_path) as c, await opened(ines, tmp_path) as i:
        async with courier(bot, workspace, tmp_path):
            room = await room_with(c, bot.user_id)
            await c.invite(room, ines.user_id)
            await i.wait_invitation(room)
            await i.join(room)
            await c.wait_joined(room, ines.user_id)
            await asked(c, room, workspace, note.id)
            await c.wait_message(room, lambda seen: "suit désormais" in seen.body, 30)
            event = workspace.happens(note)
            card = await i.wait_message(room, lambda seen: "Le budget de tous" in seen.body, 30)
            assert card.sender == bot.user_id
            assert card.trust is Trust.CROSS_SIGNED
        async with courier(bot, workspace, tmp_path):
            workspace.events.put_nowait(b"id: %b\ndata: %b\n\n" % (str(event.id).encode(), event.to_json()))
            note.readers.discard(ines.user_id)
            workspace.happens(note)
            await i.wait_message(room, lambda seen: "n’y a pas accès" in seen.body, 30)
        assert sum("Le budget de tous" in seen.body for seen in i.messages(room)) <= 1


async def test_a_command_in_anothers_name_is_not_obeyed(
    servers: Servers, workspace: FakeWorkspace, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Mallory has Alice's access token (as her homeserver has), but not her device's keys."""
    bot, alice, mallory = [
        await servers.account(*one) for one in (("interieur", "courier"), ("hub", "alice"), ("hub", "mallory"))
    ]
    note = workspace.add("dossier", alice.user_id)
    async with (
        courier(bot, workspace, tmp_path),
        await opened(alice, tmp_path) as a,
        await opened(mallory, tmp_path) as m,
    ):
        room = await room_with(a, bot.user_id)
        await a.invite(room, mallory.user_id)
        await m.wait_invitation(room)
        await m.join(room)
        await a.wait_joined(room, mallory.user_id)
        await m.wait_joined(room, bot.user_id)
        await write_as(a, m, room, f"!courier follow {workspace.url}/docs/{note.id}/", 30)

        listed = await a.send(room, "!courier list")
        answer = await a.wait_message(room, lambda seen: seen.reply_to == listed, 30)
        assert "ne suit rien" in answer.body
        assert workspace.questions == []
        assert f"forged event dropped, room={room}" in caplog.text


async def test_a_strict_client_reads_its_cards_without_a_shield_and_an_unverified_one_is_not_obeyed(
    servers: Servers, workspace: FakeWorkspace, tmp_path: Path
) -> None:
    bot, sofia, louis = [
        await servers.account(*one) for one in (("interieur", "courier"), ("hub", "sofia"), ("hub", "louis"))
    ]
    note = workspace.add("rapport annuel", sofia.user_id, louis.user_id)
    address = f"{workspace.url}/docs/{note.id}/"
    async with (
        courier(bot, workspace, tmp_path, at_least=Trust.CROSS_SIGNED),
        JsClient.open(sofia.url, sofia.user_id, sofia.password, log=tmp_path / "js.log") as js,
        JsClient.open(louis.url, louis.user_id, louis.password, log=tmp_path / "louis.log") as unverified,
    ):
        assert (await js.call("bootstrap"))["cross_signing"] is True
        await js.call("isolation", strict=True)
        room = (await js.call("create_room", name="Essais", invite=[bot.user_id]))["room"]
        hello = await js.wait_message(room, lambda message: "!courier" in message["body"])
        assert hello["shield"] == {"colour": "none", "reason": None}
        await js.call("send", room=room, body=f"!courier follow {address}")
        await js.wait_message(room, lambda message: "suit désormais" in message["body"])
        workspace.happens(note)
        card = await js.wait_message(room, lambda message: "rapport annuel" in message["body"])
        assert card["shield"] == {"colour": "none", "reason": None}

        asked_before = len(workspace.questions)
        other = (await unverified.call("create_room", name="Autre", invite=[bot.user_id]))["room"]
        await unverified.wait_event(lambda event: event["event"] == "member" and event["user"] == bot.user_id)
        await unverified.call("send", room=other, body=f"!courier follow {address}")
        await unverified.wait_message(other, lambda message: "pas vérifié" in message["body"])
        assert len(workspace.questions) == asked_before
