"""Links are understood, access is offered and follows the room, between two ministries."""

from __future__ import annotations

import asyncio
import re

import pytest

from parvis.browser import Refused
from parvis.chat.agent import Seen
from parvis.tour.cast import PATIENCE, Actor
from tests.system.conftest import PARVIS, Stack

pytestmark = pytest.mark.system
SECRET = "Avenant au bail de Brest"


async def refused(actor: Actor, document: str) -> None:
    """Wait until they may not read it, by any way."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if not await actor.browser.may(f"documents/{document}/"):
                return
            await asyncio.sleep(0.05)  # rights announce nothing


async def test_a_pasted_link_becomes_a_card_and_an_offer_and_access_goes_with_membership(
    stack: Stack, camille: Actor, ines: Actor
) -> None:
    room = await stack.room(camille, ines)
    document = await camille.browser.create_document(SECRET, "Rien pour les autres.")
    pasted = await camille.client.send(room, f"À relire avant demain : {document['url']}")
    card = await ines.hears(room, PARVIS, "^🔒 1 membre du salon ne peut pas ouvrir ce lien")
    assert card.reply_to == pasted
    with pytest.raises(Refused):
        await ines.browser.api("GET", f"documents/{document['id']}/")

    direct = await camille.client.direct_with(PARVIS)
    offer = await camille.hears(direct, PARVIS, f"«\u00a0{SECRET}\u00a0».*n’y a pas accès")
    await camille.client.react(direct, offer.event_id, "👁️")
    await camille.hears(direct, PARVIS, "^C’est fait.*lire")
    assert (await ines.browser.api("GET", f"documents/{document['id']}/"))["title"] == SECRET
    told = await ines.asks(room, "!parvis bindings", PARVIS)
    assert "ne suit rien" in told.body

    await ines.client.leave(room)
    await refused(ines, document["id"])


async def _answer(actor: Actor, room: str, to: str) -> Seen:
    return await actor.client.wait_message(room, lambda one: one.sender == PARVIS and one.reply_to == to, PATIENCE)


async def test_nothing_tells_a_link_that_one_may_not_read_from_one_to_nothing(
    stack: Stack, camille: Actor, ines: Actor
) -> None:
    room = await stack.room(ines, camille)
    document = await camille.browser.create_document(SECRET, "Rien pour les autres.")
    absent = document["url"].replace(document["id"], document["id"][:-4] + "0000")
    said = []
    for url in (document["url"], absent):
        pasted = await ines.client.send(room, url)
        said.append((await _answer(ines, room, pasted)).body)
    assert said[0] == said[1]


async def test_who_of_the_room_may_read_is_told_in_it(stack: Stack, camille: Actor, ines: Actor) -> None:
    room = await stack.room(camille, ines)
    folder = await stack.bound_folder(camille, room, shared=False)
    told = await ines.asks(room, "!parvis access", PARVIS)
    assert folder["title"] not in told.body
    assert f"en est responsable\u00a0: {camille.person.user_id}" in told.body
    assert f"n’y a pas accès\u00a0: {ines.person.user_id}" in told.body
    await camille.browser.share_with_room(folder["id"], room)
    told = await ines.asks(room, "!parvis access", PARVIS)
    assert folder["title"] in told.body
    assert f"peut lire\u00a0: {ines.person.user_id}" in told.body


async def test_a_room_that_is_upgraded_keeps_what_it_follows_and_has(stack: Stack, camille: Actor, ines: Actor) -> None:
    room = await stack.room(camille, ines)
    folder = await stack.bound_folder(camille, room)
    new = await camille.client.upgrade(room, "11")
    await camille.client.invite(new, ines.person.user_id)
    await ines.client.wait_invitation(new, PATIENCE)
    await ines.client.join(new)
    await camille.client.invite(new, PARVIS)
    await ines.hears(new, PARVIS, "prend la suite")
    assert folder["title"] in (await ines.asks(new, "!parvis bindings", PARVIS)).body
    document = await camille.browser.create_document("Après le déménagement", "", folder["id"])
    await ines.hears(new, PARVIS, re.escape(document["url"]))
    assert (await ines.browser.api("GET", f"documents/{document['id']}/"))["title"] == "Après le déménagement"
    assert all(document["url"] not in one.body for one in ines.client.messages(room))
