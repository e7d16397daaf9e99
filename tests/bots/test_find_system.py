"""`find` in real rooms on real homeservers, asked by clients of both stacks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bots.framework.bot import Bot
from bots.framework.client import ClientSettings, SafeClient
from bots.framework.trust import Trust
from contract.client import WorkspaceClient
from parvis.chat.agent import Agent, TimedOut
from tests.bots.conftest import Account, Servers, find_search
from tests.bots.fake_workspace import FakeWorkspace
from tests.impostor import write_as
from tests.system.js_client import JsClient

pytestmark = pytest.mark.system


@contextlib.asynccontextmanager
async def finding(
    account: Account, services: WorkspaceClient, folder: Path, *, at_least: Trust = Trust.KNOWN_DEVICE
) -> AsyncIterator[Bot]:
    """The bot, running as `account`."""
    search = find_search(services, account.user_id)
    settings = ClientSettings(
        account.url,
        account.user_id,
        account.password,
        folder / "find",
        secrets=folder / "secrets",
        shares_with=at_least,
        shares_with_invited=False,
    )
    async with await SafeClient.open(settings) as client:
        bot = Bot(client, search.commands(), at_least=at_least, language_of=search.language_of)
        task = asyncio.create_task(bot.run())
        try:
            yield bot
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def opened(account: Account, folder: Path) -> Agent:
    return await Agent.open(account.url, account.user_id, account.password, folder / account.user_id[1:9])


async def room_with(asker: Agent, *others: str) -> str:
    """A room of `asker` in which all the others (programs that accept by themselves) are joined."""
    room = await asker.create_room("Essais", others)
    for other in others:
        await asker.wait_joined(room, other)
    return room


async def until_answered(bot: Bot, event_id: str) -> None:
    """Until the bot has said all that it says to an event.

    Synapse gives a server that is just joining nothing of what is said meanwhile, before something else is said.
    """
    async with asyncio.timeout(30):
        while True:
            if bot.client.state.was_handled(event_id):
                return
            await asyncio.sleep(0.05)


async def test_a_room_is_shown_what_everyone_in_it_may_read_and_the_asker_the_rest_alone(
    servers: Servers, workspace: FakeWorkspace, services: WorkspaceClient, tmp_path: Path
) -> None:
    find, camille, ines = [
        await servers.account(*one) for one in (("hub", "find"), ("interieur", "camille"), ("interieur", "ines"))
    ]
    workspace.linked = {camille.user_id: "fr", ines.user_id: "en"}
    workspace.add("Le budget de tous", camille.user_id, ines.user_id)
    workspace.add("Le budget de Camille", camille.user_id)
    async with (
        finding(find, services, tmp_path) as bot,
        await opened(camille, tmp_path) as c,
        await opened(ines, tmp_path) as i,
    ):
        room = await room_with(c, find.user_id)
        await c.invite(room, ines.user_id)
        await i.wait_invitation(room)
        await i.join(room)
        await c.wait_joined(room, ines.user_id)
        asked = await c.send(room, "!find budget")

        answer = await i.wait_message(room, lambda seen: "budget" in seen.body and seen.notice, 30)
        assert answer.sender == find.user_id
        assert answer.trust is Trust.CROSS_SIGNED
        assert answer.reply_to == asked
        assert "Le budget de tous" in answer.body
        assert "Le budget de Camille" not in answer.body
        assert "Camille" not in (answer.formatted_body or "")

        chat = (await c.wait_invitation()).room_id
        await until_answered(bot, asked)
        await c.join(chat)
        alone = await c.wait_message(chat, lambda seen: "Le budget de Camille" in seen.body, 30)
        assert "Le budget de tous" not in alone.body


async def test_a_direct_chat_is_shown_what_the_asker_may_read(
    servers: Servers, workspace: FakeWorkspace, services: WorkspaceClient, tmp_path: Path
) -> None:
    find, camille = await servers.account("hub", "find"), await servers.account("interieur", "camille")
    workspace.linked = {camille.user_id: "en"}
    workspace.add("A note on <b>energy</b>", camille.user_id)
    async with finding(find, services, tmp_path), await opened(camille, tmp_path) as c:
        chat = await c.direct_with(find.user_id)
        await c.wait_joined(chat, find.user_id)
        await c.wait_message(chat, lambda seen: "!find" in seen.body, 30)
        await c.send(chat, "!Cherche  energy ")
        answer = await c.wait_message(chat, lambda seen: "1 result for" in seen.body, 30)
        assert "A note on &lt;b&gt;energy&lt;/b&gt;" in (answer.formatted_body or "")
        assert "<strong>energy</strong> &amp; le reste" in (answer.formatted_body or "")
        await c.send(chat, "bonjour")
        await c.wait_message(chat, lambda seen: "I understand my commands only" in seen.body, 30)


async def test_a_stranger_learns_nothing_but_how_to_link(
    servers: Servers, workspace: FakeWorkspace, services: WorkspaceClient, tmp_path: Path
) -> None:
    find, stranger = await servers.account("hub", "find"), await servers.account("interieur", "stranger")
    workspace.add("secret", "@somebody:else.test")
    async with finding(find, services, tmp_path), await opened(stranger, tmp_path) as s:
        room = await room_with(s, find.user_id)
        await s.send(room, "!find secret")
        answer = await s.wait_message(room, lambda seen: "!parvis link" in seen.body, 30)
        assert "@parvis:parvis.gouv.test" in answer.body
        workspace.down = True
        await s.send(room, "!find secret")
        await s.wait_message(room, lambda seen: "ne répond pas" in seen.body, 30)


async def test_a_command_in_anothers_name_is_not_obeyed(
    servers: Servers,
    workspace: FakeWorkspace,
    services: WorkspaceClient,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Mallory has Alice's access token (as her homeserver has), but not her device's keys."""
    find, alice, mallory = [
        await servers.account(*one) for one in (("hub", "find"), ("interieur", "alice"), ("interieur", "mallory"))
    ]
    workspace.linked = {alice.user_id: "fr"}
    workspace.add("dossier secret", alice.user_id)
    async with (
        finding(find, services, tmp_path),
        await opened(alice, tmp_path) as a,
        await opened(mallory, tmp_path) as m,
    ):
        room = await room_with(a, find.user_id)
        await a.invite(room, mallory.user_id)
        await m.wait_invitation(room)
        await m.join(room)
        await a.wait_joined(room, mallory.user_id)
        await m.wait_joined(room, find.user_id)
        await write_as(a, m, room, "!find dossier", 30)

        asked = await a.send(room, "!find rien")
        await a.wait_message(room, lambda seen: seen.reply_to == asked, 30)
        assert [search["q"] for search in workspace.searches] == ["rien"]
        assert not any("dossier" in seen.body for seen in a.messages(room))
        assert f"forged event dropped, room={room}" in caplog.text


async def test_a_device_that_is_not_cross_signed_is_refused_where_the_policy_asks_for_it(
    servers: Servers, workspace: FakeWorkspace, services: WorkspaceClient, tmp_path: Path
) -> None:
    find, louis = await servers.account("hub", "find"), await servers.account("interieur", "louis")
    workspace.linked = {louis.user_id: "fr"}
    workspace.add("le plan", louis.user_id)
    async with (
        finding(find, services, tmp_path, at_least=Trust.CROSS_SIGNED),
        await opened(louis, tmp_path) as verified,
        JsClient.open(louis.url, louis.user_id, louis.password, log=tmp_path / "js.log") as unverified,
    ):
        room = await room_with(verified, find.user_id)
        await unverified.wait_event(lambda event: event["event"] == "member" and event["user"] == find.user_id)
        await unverified.call("send", room=room, body="!find plan")
        await verified.wait_message(room, lambda seen: "pas vérifié" in seen.body, 30)
        await unverified.wait_message(room, lambda message: "pas vérifié" in message["body"])
        assert workspace.searches == []
        await verified.send(room, "!find plan")
        await verified.wait_message(room, lambda seen: "le plan" in seen.body, 30)


async def test_a_strict_client_of_the_other_stack_reads_the_bot_without_a_shield_and_is_answered(
    servers: Servers, workspace: FakeWorkspace, services: WorkspaceClient, tmp_path: Path
) -> None:
    find, sofia = await servers.account("hub", "find"), await servers.account("interieur", "sofia")
    workspace.linked = {sofia.user_id: "fr"}
    workspace.add("rapport annuel", sofia.user_id)
    async with (
        finding(find, services, tmp_path, at_least=Trust.CROSS_SIGNED),
        JsClient.open(sofia.url, sofia.user_id, sofia.password, log=tmp_path / "js.log") as js,
    ):
        assert (await js.call("bootstrap"))["cross_signing"] is True
        await js.call("isolation", strict=True)
        room = (await js.call("create_room", name="Essais", invite=[find.user_id]))["room"]
        hello = await js.wait_message(room, lambda message: "!find" in message["body"])
        assert hello["shield"] == {"colour": "none", "reason": None}
        root = (await js.call("send", room=room, body="regardez"))["event_id"]
        await js.call("reply", room=room, body="!find rapport", thread=root)
        answer = await js.wait_message(room, lambda message: "rapport annuel" in message["body"])
        assert answer["shield"] == {"colour": "none", "reason": None}
        assert answer["thread"] == root


async def test_a_command_sent_while_the_bot_was_away_is_answered_once(
    servers: Servers, workspace: FakeWorkspace, services: WorkspaceClient, tmp_path: Path
) -> None:
    find, camille = await servers.account("hub", "find"), await servers.account("interieur", "camille")
    workspace.linked = {camille.user_id: "fr"}
    workspace.add("agenda", camille.user_id)
    async with await opened(camille, tmp_path) as c:
        async with finding(find, services, tmp_path):
            room = await room_with(c, find.user_id)
            await c.wait_message(room, lambda seen: "Bonjour" in seen.body, 30)
        await c.send(room, "!find agenda")
        for _ in range(2):
            async with finding(find, services, tmp_path):
                await c.wait_message(room, lambda seen: "agenda" in seen.body and seen.notice, 30)
                last = await c.send(room, "!find rien")
                await c.wait_message(room, lambda seen, last=last: seen.reply_to == last, 30)
        assert sum("1 résultat" in seen.body for seen in c.messages(room)) == 1


async def test_nothing_is_written_in_a_room_that_is_not_encrypted(
    servers: Servers, workspace: FakeWorkspace, services: WorkspaceClient, tmp_path: Path
) -> None:
    find, camille = await servers.account("hub", "find"), await servers.account("interieur", "camille")
    async with finding(find, services, tmp_path) as bot, await opened(camille, tmp_path) as c:
        room = await c.create_room("En clair", [find.user_id], encrypted=False)
        chat = (await c.wait_invitation()).room_id
        await asyncio.gather(*bot._joining.values())  # see until_answered
        await c.join(chat)
        await c.wait_message(chat, lambda seen: "pas chiffré" in seen.body, 30)
        with pytest.raises(TimedOut):
            await c.wait_message(room, lambda seen: True, 0.1)
        assert find.user_id not in await c.members(room)
