"""Talk in a room and comments on a page are one, between two ministries."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from parvis.tour.cast import PATIENCE, Actor
from tests.system.conftest import PARVIS, Stack
from tests.system.timeline import timeline

pytestmark = pytest.mark.system


async def begun(actor: Actor, document: str) -> str:
    """The thread of a document, once there is one."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found: list[dict[str, Any]] = (await actor.browser.api("GET", f"documents/{document}/threads/"))["results"]
            if found:
                return str(found[0]["id"])
            await asyncio.sleep(0.1)  # the API announces nothing


async def reaction(actor: Actor, room: str, event: str, wanted: tuple[str, str]) -> None:
    """Wait until somebody's reaction to a message is there."""
    async with asyncio.timeout(PATIENCE):
        while True:
            said = (await timeline(actor, room)).of(event)
            if said is not None and wanted in said.reactions:
                return
            await asyncio.sleep(0.2)  # reactions are not announced to an agent without a screen


async def comments(actor: Actor, thread: str, count: int) -> list[dict[str, Any]]:
    """The comments of a thread, once there are so many."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found: list[dict[str, Any]] = (await actor.browser.api("GET", f"threads/{thread}/comments/"))["results"]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.1)  # the API announces nothing


async def test_a_comment_is_a_thread_and_a_reply_there_is_a_comment(stack: Stack, camille: Actor, ines: Actor) -> None:
    room = await stack.room(camille, ines)
    document = await camille.browser.create_document("Projet d’avis", "# Avis\n\nLe texte.\n")
    await camille.asks(room, f"!parvis bind {document['url']}", PARVIS)
    await camille.browser.share_with_room(document["id"], room, "commenter")
    first = await camille.browser.api("POST", f"documents/{document['id']}/threads/", {"body": "Qui relit ?"})
    thread = first["thread"]
    root = await ines.hears(room, PARVIS, "^💬 Camille Martin(?s:.)*Qui relit")

    await ines.client.send(room, "Moi, avant jeudi.", thread=root.event_id)
    found = await comments(camille, thread, 2)
    assert [one["body"] for one in found] == ["Qui relit ?", "Moi, avant jeudi."]
    assert found[1]["author"] == "Inès Benali"

    await camille.browser.api("POST", f"threads/{thread}/comments/", {"body": "Merci."})
    answer = await ines.hears(room, PARVIS, "Merci\\.")
    assert answer.thread == root.event_id
    said = [one.body for one in ines.client.messages(room) if "avant jeudi" in one.body]
    assert said == ["Moi, avant jeudi."], "what was said here is not said here again"

    await camille.browser.api("POST", f"threads/{thread}/resolve/")
    await ines.hears(room, PARVIS, "^✅ Camille Martin a clos cette discussion")


async def test_what_is_said_under_a_card_begins_a_discussion(stack: Stack, camille: Actor, ines: Actor) -> None:
    rooms = [await stack.room(camille, ines) for _ in range(2)]
    document = await camille.browser.create_document("Projet de note", "# Note\n\nLe texte.\n")
    for room in rooms:
        await camille.asks(room, f"!parvis bind {document['url']}", PARVIS)
        await camille.browser.share_with_room(document["id"], room, "commenter")
    await camille.browser.edit_document(document["id"], document["version"], "# Note\n\nUn autre texte.\n")
    card = await ines.hears(rooms[0], PARVIS, "^📄 Projet de note")

    first = await ines.client.send(rooms[0], "Le titre me va.", thread=card.event_id)
    await reaction(ines, rooms[0], first, (PARVIS, "💬"))
    thread = await begun(camille, document["id"])
    (said,) = await comments(camille, thread, 1)
    assert (said["body"], said["author"]) == ("Le titre me va.", "Inès Benali")
    elsewhere = await camille.hears(rooms[1], PARVIS, "^💬 Inès Benali(?s:.)*Le titre me va")

    await camille.client.send(rooms[1], "À moi aussi.", thread=elsewhere.event_id)
    answer = await ines.hears(rooms[0], PARVIS, "À moi aussi")
    assert answer.thread == card.event_id
    assert [one["body"] for one in await comments(camille, thread, 2)] == ["Le titre me va.", "À moi aussi."]
