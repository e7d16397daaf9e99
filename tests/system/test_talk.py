"""Talk in a room and comments on a page are one, between two ministries."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from parvis.tour.cast import PATIENCE, Actor
from tests.system.conftest import PARVIS, Stack

pytestmark = pytest.mark.system


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
