"""Who came and went, and what was done, while the bridge was down: it is all as if it had been there."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import pytest

from parvis.tour.cast import PATIENCE, Actor
from tests.system.belongings import Had, following, put, ways_in
from tests.system.conftest import PARVIS, Stack
from tests.system.downtime import down

pytestmark = pytest.mark.system


async def shut_out(actor: Actor, had: Had) -> None:
    """Wait until they have lost the document; then they have lost all of it, by every way, at once."""
    async with asyncio.timeout(PATIENCE):
        while await actor.browser.may(f"documents/{had.document['id']}/"):  # noqa: ASYNC110 - rights announce nothing
            await asyncio.sleep(0.05)
    assert await ways_in(actor, had) == set(), actor.person.id


async def let_in(actor: Actor, had: Had) -> None:
    """Wait until they may read the document; then they have all that a reader has."""
    async with asyncio.timeout(PATIENCE):
        while not await actor.browser.may(f"documents/{had.document['id']}/"):  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.05)
    await _has_all(actor, had)


async def _has_all(actor: Actor, had: Had) -> None:
    wanted = {*had.direct, *had.lists, "page"}
    assert await ways_in(actor, had) >= wanted, actor.person.id


async def _ban(camille: Actor, room: str, whom: Actor) -> None:
    await camille.client.client.homeserver.post(f"/rooms/{room}/ban", {"user_id": whom.person.user_id})


async def test_who_leaves_is_refused_by_every_way_there_is_and_told_nothing_more(
    stack: Stack, camille: Actor, ines: Actor
) -> None:
    room = await stack.room(camille, ines)
    folder = await stack.bound_folder(camille, room)
    had = await put(camille, room, folder["id"])
    await stack.indexed(camille, had.word, had.document["id"])
    await let_in(ines, had)
    async with following(ines) as stream:
        document = await camille.browser.edit_document(had.document["id"], had.document["version"], "Deux.")
        await stream.until(had.document["id"], "document.updated")
        before, last_id = len(stream.about(folder["id"])), stream.last_id

        await ines.client.leave(room)
        await shut_out(ines, had)
        await camille.browser.edit_document(document["id"], document["version"], "Trois.")
        mine = await ines.browser.create_document("À Inès", "")
        await stream.until(mine["id"])
        assert stream.about(folder["id"])[before:] == []
    async with following(ines, last_id) as resumed:
        await resumed.until(mine["id"])
        assert resumed.about(folder["id"]) == []


async def test_what_happened_while_the_bridge_was_down_is_caught_up_when_it_is_back(
    stack: Stack, camille: Actor, sofia: Actor, ines: Actor, louis: Actor
) -> None:
    room = await stack.room(camille, ines, louis)
    folder = await stack.bound_folder(camille, room)
    apart = await stack.bound_folder(camille, room, shared=False)
    had = await put(camille, room, folder["id"])
    await stack.indexed(camille, had.word, had.document["id"])
    old = await stack.room(camille, ines)
    moved = await stack.bound_folder(camille, old)
    theirs = await put(camille, old, moved["id"])
    await stack.indexed(camille, theirs.word, theirs.document["id"])
    for actor in (ines, louis):
        await let_in(actor, had)
    await let_in(ines, theirs)
    await ines.hears(old, PARVIS, re.escape(theirs.document["url"]))

    async with down(stack, "bridge"):
        early = await camille.browser.create_document("Avant le déménagement", "", moved["id"])
        await camille.client.invite(room, sofia.person.user_id)
        await sofia.client.wait_invitation(room, PATIENCE)
        await sofia.client.join(room)
        await ines.client.leave(room)
        await _ban(camille, room, louis)
        new = await camille.client.upgrade(old, "11")
        await camille.client.invite(new, ines.person.user_id)
        await camille.client.invite(new, PARVIS)
        await ines.client.wait_invitation(new, PATIENCE)
        await ines.client.join(new)
        await camille.client.wait_joined(new, ines.person.user_id, PATIENCE)
        document = await camille.browser.edit_document(had.document["id"], had.document["version"], "Deux.")
        late = await camille.browser.create_document("Après le déménagement", "", moved["id"])
        hidden = await camille.browser.create_document("À Camille seule", "", apart["id"])
        asked = await camille.client.send(room, "!parvis bindings")
        # Rights followed nobody yet: this is what has to be caught up.
        assert not await sofia.browser.may(f"documents/{document['id']}/")
        assert await louis.browser.may(f"documents/{document['id']}/")

    await let_in(sofia, had)
    await asyncio.gather(shut_out(ines, had), shut_out(louis, had))
    await ines.hears(new, PARVIS, "prend la suite")
    await _has_all(ines, replace(theirs, room=new))

    answer = await camille.client.wait_message(room, lambda one: one.reply_to == asked, PATIENCE)
    assert folder["title"] in answer.body
    await sofia.hears(room, PARVIS, f"(?s){re.escape(had.document['title'])}.*{re.escape(had.document['url'])}")
    bare = await sofia.hears(room, PARVIS, "^🔒 Un document que ce salon suit a été créé")
    assert "1 membre du salon n’y a pas accès" in bare.body
    assert hidden["title"] not in bare.body

    assert moved["title"] in (await ines.asks(new, "!parvis bindings", PARVIS)).body
    for one in (early, late):
        await ines.hears(new, PARVIS, re.escape(one["url"]))
    last = await camille.browser.create_document("Bien après le déménagement", "", moved["id"])
    for actor in (camille, ines):
        await actor.hears(new, PARVIS, re.escape(last["url"]))
    cards = [one.body for one in ines.client.messages(new) if one.sender == PARVIS]
    for one in (early, late, last):
        assert sum(one["url"] in body for body in cards) == 1, one["title"]
        assert all(one["url"] not in said.body for said in camille.client.messages(old)), one["title"]
    dead = await asyncio.to_thread(stack.parvis, "deliveries", "list", "--state", "dead", "--json")
    assert not [one for one in (room, old, new) if one in dead.stdout]
