"""Files go from a room into Drive and back, between two ministries, by real clients."""

from __future__ import annotations

import secrets

import pytest

from parvis.chat.attachments import sealed
from parvis.tour.cast import PATIENCE, Actor
from tests.impostor import say_as
from tests.system.conftest import PARVIS, Stack

pytestmark = pytest.mark.system


async def test_a_file_said_is_kept_once_and_comes_back_byte_for_byte(stack: Stack, camille: Actor, ines: Actor) -> None:
    room = await stack.room(camille, ines)
    folder = await stack.bound_folder(camille, room)
    data = "Relevé de décisions\n".encode() + secrets.token_hex(500_000).encode()
    said = await ines.client.attach(room, "relevé/../de\u202edécisions.txt", data, "text/plain")
    await ines.client.wait_message(room, lambda one: one.event_id == said, PATIENCE)
    await camille.client.wait_message(room, lambda one: one.event_id == said, PATIENCE)
    await camille.client.react(room, said, "💾")
    answer = await camille.client.wait_message(
        room,
        lambda one: one.sender == PARVIS and "/drive/" in one.body and said in (one.thread, one.reply_to),
        PATIENCE,
    )
    (kept,) = (await camille.browser.api("GET", f"items/?parent={folder['id']}"))["results"]
    assert kept["url"] in answer.body
    assert "\u202e" not in kept["title"]

    await camille.client.send(room, "!drive save", reply_to=said)
    await camille.hears(room, PARVIS, f"^Déjà enregistré(?s:.)*{kept['id']}")
    assert len((await camille.browser.api("GET", f"items/?parent={folder['id']}"))["results"]) == 1

    await camille.client.send(room, f"!drive send {kept['url']}")
    sent = await ines.client.wait_message(room, lambda one: one.sender == PARVIS and one.file is not None, PATIENCE)
    assert sent.encrypted
    assert await ines.client.download(sent) == data


async def test_what_not_all_may_read_is_not_sent(stack: Stack, camille: Actor, ines: Actor) -> None:
    room = await stack.room(camille, ines)
    folder = await stack.bound_folder(camille, room, shared=False)
    secret = await camille.browser.upload_bytes("réserve.txt", b"rien pour les autres", "text/plain", folder["id"])
    asked = await camille.client.send(room, f"!drive send {secret['url']}")
    answer = await camille.client.wait_message(
        room, lambda one: one.sender == PARVIS and one.reply_to == asked, PATIENCE
    )
    assert "réserve" not in answer.body
    assert all(one.file is None for one in ines.client.messages(room))


async def test_a_file_in_anothers_name_is_not_kept(stack: Stack, camille: Actor, sofia: Actor) -> None:
    """Sofia has Camille's access token (as her homeserver has), but not her device's keys."""
    room = await stack.room(camille, sofia)
    folder = await stack.bound_folder(camille, room)
    content = await sealed(sofia.client.client.homeserver, "ordre.txt", b"Signez ici.", "text/plain")
    forged = await say_as(camille.client, sofia.client, room, content, PATIENCE)
    await sofia.client.react(room, forged, "💾")
    answer = await sofia.client.wait_message(
        room, lambda one: one.sender == PARVIS and forged in (one.thread, one.reply_to), PATIENCE
    )
    assert "rien ne prouve" in answer.body
    assert (await camille.browser.api("GET", f"items/?parent={folder['id']}"))["results"] == []
