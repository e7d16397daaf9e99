"""`find` shows a room what everyone in it may read, and the asker what they alone may; asked without a homeserver."""

from __future__ import annotations

from typing import Any, cast

import pytest

from bots.find.search import Search
from bots.framework.bot import Bot, Call
from bots.framework.errors import AudienceChanged
from bots.framework.message import Message
from bots.framework.trust import Trust
from contract.client import WorkspaceClient
from tests.bots.conftest import find_search
from tests.bots.fake_client import BOT, CHAT, FakeClient, room
from tests.bots.fake_workspace import FakeWorkspace

CAMILLE, INES = "@camille:a.test", "@ines:a.test"
ROOM = "!room"


@pytest.fixture
def search(services: WorkspaceClient) -> Search:
    return find_search(services, BOT)


@pytest.fixture
def client(workspace: FakeWorkspace) -> FakeClient:
    """Where Camille and Inès are in a room with the bot."""
    workspace.linked = {CAMILLE: "fr", INES: "fr"}
    return FakeClient(rooms={ROOM: room(ROOM, CAMILLE, INES)})


def call(client: FakeClient, words: str, *, where: str = ROOM, direct: bool = False) -> Call:
    message = Message(where, CAMILLE, "$asked", f"!find {words}", Trust.CROSS_SIGNED, direct)
    bot = Bot(cast("Any", client), cast("Any", None), at_least=Trust.KNOWN_DEVICE, language_of=cast("Any", None))
    return Call(bot, message, client.rooms[where], words, "fr")


async def test_the_asker_is_shown_alone_what_the_room_was_not(
    client: FakeClient, search: Search, workspace: FakeWorkspace
) -> None:
    for number in range(12):
        workspace.add(f"Le budget de tous {number}", CAMILLE, INES)
    for number in range(2):
        workspace.add(f"Le budget de Camille {number}", CAMILLE)
    await search.find(call(client, "budget"))
    [open_to_all], [alone] = client.told(ROOM), client.told(CHAT)
    assert "12 résultats" in open_to_all
    assert "Camille" not in open_to_all
    assert "Le budget de Camille 0" in alone
    assert "Le budget de Camille 1" in alone
    assert "tous" not in alone


async def test_a_room_that_may_read_all_of_it_gets_one_answer(
    client: FakeClient, search: Search, workspace: FakeWorkspace
) -> None:
    workspace.add("Le budget", CAMILLE, INES)
    await search.find(call(client, "budget"))
    assert len(client.said) == 1
    assert len(workspace.searches) == 1


async def test_who_comes_into_a_room_meanwhile_is_asked_about_before_anything_is_said(
    client: FakeClient, search: Search, workspace: FakeWorkspace
) -> None:
    workspace.linked["@louis:a.test"] = "fr"
    workspace.add("Le budget", CAMILLE, INES)
    client.comes_before_sending = [(ROOM, "@louis:a.test")]
    await search.find(call(client, "budget"))
    assert "Le budget" not in "".join(client.told(ROOM))
    assert "Le budget" in "".join(client.told(CHAT))


async def test_who_comes_into_a_direct_chat_meanwhile_is_not_shown_what_the_asker_may_read(
    client: FakeClient, search: Search, workspace: FakeWorkspace
) -> None:
    client.rooms["!two"] = room("!two", CAMILLE)
    client.comes_before_sending = [("!two", INES)]
    workspace.add("Le budget de Camille", CAMILLE)
    await search.find(call(client, "budget", where="!two", direct=True))
    assert "Camille" not in "".join(client.told("!two"))
    assert "Le budget de Camille" in "".join(client.told(CHAT))


async def test_what_the_asker_alone_may_read_is_said_to_nobody_who_comes_into_their_chat(
    client: FakeClient, search: Search, workspace: FakeWorkspace
) -> None:
    await client.direct(CAMILLE)
    client.comes_before_sending = [(CHAT, INES), (ROOM, CAMILLE)]
    workspace.add("Le budget de Camille", CAMILLE)
    with pytest.raises(AudienceChanged):
        await search.find(call(client, "budget"))
    assert client.told(CHAT) == []


async def test_who_did_not_allow_it_is_told_how_to_and_nothing_is_searched(
    client: FakeClient, search: Search, workspace: FakeWorkspace
) -> None:
    workspace.forbidding = {CAMILLE}
    workspace.add("Le budget", CAMILLE, INES)
    await search.find(call(client, "budget"))
    [told] = client.told(ROOM)
    assert f"{workspace.url}/account/" in told
    assert "permis" in told
    assert workspace.searches == []


async def test_a_search_says_from_which_room_it_was_asked(
    client: FakeClient, search: Search, workspace: FakeWorkspace
) -> None:
    await search.find(call(client, "budget"))
    assert workspace.asked_from == [ROOM]
