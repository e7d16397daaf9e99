"""A space binds its rooms, between two ministries: rooms come into it and go, and nobody's room is taken."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from urllib.parse import quote

import pytest

from parvis.tour.cast import PATIENCE, Actor
from tests.system.conftest import PARVIS, Stack

pytestmark = pytest.mark.system


async def state(actor: Actor, room: str, type_: str, key: str, content: dict[str, Any]) -> None:
    """Send state, as clients do where people click."""
    where = f"/rooms/{quote(room, safe='')}/state/{type_}/{quote(key, safe='')}"
    await actor.client.client.homeserver.put(where, content)


async def a_room(stack: Stack, camille: Actor, ines: Actor) -> str:
    """A room of theirs that the workspace knows, for things to be shared with it: whoever asks there has it told."""
    room = await stack.room(camille, ines)
    assert "ne suit rien" in (await camille.asks(room, "!parvis bindings", PARVIS)).body
    return room


async def a_space(actor: Actor, *rooms: str) -> str:
    """A new space of theirs that names these rooms, and into which `@parvis` has come since. Like all that is private
    here, it is encrypted: the homeservers see to that.

    It is invited once the rooms are there: what is changed in a space while a server joins it, that server may hear of
    only by what is changed next, as in all of Matrix.
    """
    body = {
        "preset": "private_chat",
        "name": "Direction",
        "creation_content": {"type": "m.space"},
        "power_level_content_override": {"events_default": 100},
    }
    space = str((await actor.client.client.homeserver.post("/createRoom", body))["room_id"])
    for room in rooms:
        await name(actor, space, room)
    direct = await actor.client.direct_with(PARVIS)
    before = {one.event_id for one in actor.client.messages(direct)}
    await actor.client.invite(space, PARVIS)
    await actor.client.wait_message(
        direct, lambda one: one.event_id not in before and "Je suis dans votre espace" in one.body, PATIENCE
    )
    return space


async def name(actor: Actor, space: str, room: str) -> None:
    """Put a room into a space."""
    server = actor.person.user_id.partition(":")[2]
    await state(actor, space, "m.space.child", room, {"via": [server]})


async def follows(actor: Actor, room: str, url: str, whether: bool = True) -> str:
    """Wait until the room says that it follows the item, or not; what it says."""
    async with asyncio.timeout(PATIENCE):
        while True:
            told = (await actor.asks(room, "!parvis bindings", PARVIS)).body
            if (url in told) is whether:
                return told
            await asyncio.sleep(2.0)  # bindings announce nothing, and who asks too much is not answered


async def test_a_space_binds_its_rooms_those_that_come_and_not_those_that_go(
    stack: Stack, camille: Actor, ines: Actor
) -> None:
    first, second = await a_room(stack, camille, ines), await a_room(stack, camille, ines)
    space = await a_space(camille, first, second)
    folder = await camille.browser.create_folder("Dossier de la direction")
    for room in (first, second):
        await camille.browser.share_with_room(folder["id"], room)
    said = await camille.asks(first, f"!parvis bind {folder['url']} espace", PARVIS)
    assert "Les salons de l’espace où je suis suivent désormais" in said.body
    assert "par son espace" in await follows(camille, second, folder["url"])
    document = await camille.browser.create_document("Pour tous les salons", "", folder["id"])
    for room in (first, second):
        await ines.hears(room, PARVIS, re.escape(document["url"]))

    third = await a_room(stack, camille, ines)
    await camille.browser.share_with_room(folder["id"], third)
    await name(camille, space, third)
    await follows(camille, third, folder["url"])
    await state(camille, space, "m.space.child", second, {})
    assert "ne suit rien" in await follows(camille, second, folder["url"], False)

    alone = await camille.asks(first, f"!parvis unbind {folder['url']}", PARVIS)
    assert "par son espace" in alone.body
    ended = await camille.asks(first, f"!parvis unbind {folder['url']} espace", PARVIS)
    assert "l’espace ne le suit plus" in ended.body
    for room in (first, third):
        await follows(camille, room, folder["url"], False)
    assert all(message.sender != PARVIS for message in camille.client.messages(space))


async def test_nobody_takes_the_room_of_another_into_a_space_and_no_room_takes_a_space(
    stack: Stack, camille: Actor, ines: Actor, sofia: Actor
) -> None:
    hers, theirs = await stack.room(camille, ines), await stack.room(sofia, ines)
    document = await sofia.browser.create_document("Ce que personne n’a demandé", "")
    await a_space(sofia, theirs, hers)
    said = await sofia.asks(theirs, f"!parvis bind {document['url']} space", PARVIS)
    assert "C’est fait" in said.body
    waiting = await sofia.client.direct_with(PARVIS)
    await sofia.hears(waiting, PARVIS, "Un salon que l’espace nomme")
    assert "ne suit rien" in (await camille.asks(hers, "!parvis bindings", PARVIS)).body

    space = await a_space(camille, hers)
    await state(sofia, theirs, "m.space.parent", space, {"via": [camille.person.user_id.partition(":")[2]]})
    said = await sofia.asks(theirs, f"!parvis bind {document['url']} espace {space}", PARVIS)
    assert "pas d’espace que vous organisez" in said.body
    said = await ines.asks(hers, f"!parvis bind {document['url']} espace", PARVIS)
    assert "pas d’espace que vous organisez" in said.body
    asked = await camille.browser.create_document("Ce que Camille a demandé", "")
    said = await camille.asks(hers, f"!parvis bind {asked['url']} espace", PARVIS)
    assert "C’est fait" in said.body  # the bridge knows that space: those before were refused for who they are
    followed = await sofia.asks(theirs, "!parvis bindings", PARVIS)
    assert followed.body.count("par son espace") == 1, followed.body  # what Sofia asked for, and nothing of Camille's


async def test_where_moderators_bind_others_do_not(stack: Stack, camille: Actor, ines: Actor) -> None:
    room = await stack.room(camille, ines)
    document = await ines.browser.create_document("À suivre", "")
    await camille.asks(room, "!parvis settings binding moderators", PARVIS)
    for asked in (f"!parvis bind {document['url']}", "!parvis settings binding everyone"):
        said = await ines.asks(room, asked, PARVIS)
        assert "paramètres" in said.body
    await camille.asks(room, "!parvis settings binding everyone", PARVIS)
    said = await ines.asks(room, f"!parvis bind {document['url']}", PARVIS)
    assert "C’est fait" in said.body
