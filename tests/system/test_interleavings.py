"""Who may not read never has the title, however close to each other things happen: on real Synapses, with real keys.

Each test has the same two things happen again and again, now one first and now the other, with small offsets around the
moment at which the order tips over. The card says which came first: it is whole where everybody there might read, else
bare. Whatever came first, the client of who may not read must not have the title: not in anything that it decrypted,
nor in anything of the room that it has the keys for. `PARVIS_TEST_SEED` plays the same offsets.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import secrets
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from parvis.chat.agent import Seen
from parvis.tour.cast import PATIENCE, Actor
from tests.system.conftest import PARVIS, Stack
from tests.system.downtime import down
from tests.system.overheard import Overheard, overhearing

pytestmark = pytest.mark.system

T = TypeVar("T")

#: Seconds until what was killed again and again is back, and all has been said: both sides wait longer each time.
_BACK = 240.0

#: How often each is tried, in `make test` and in `make test-long`.
_TIMES = [pytest.param(8), pytest.param(60, marks=pytest.mark.long)]
#: The same for what takes a crash each time.
_CRASHES = [pytest.param(2), pytest.param(10, marks=pytest.mark.long)]


@dataclass
class Tipping:
    """Seconds by which one thing comes after another (before it, where negative), around where the order tips over."""

    chance: random.Random
    around: float = 0.1
    step: float = 0.08
    seen: Counter[str] = field(default_factory=Counter)

    def offset(self) -> float:
        """The next one."""
        return self.around + self.chance.uniform(-0.08, 0.08)

    def was(self, *, first: bool) -> None:
        """Whether the other came first: then it is to be nearer."""
        self.seen["first" if first else "second"] += 1
        self.around += -self.step if first else self.step
        self.step = max(self.step * 0.8, 0.02)


@dataclass
class Play:
    """A room of Camille's, who may read all, and of Louis, who may not; what each reads in it."""

    stack: Stack
    camille: Actor
    louis: Actor
    room: str
    folder: str
    hers: Overheard
    his: Overheard
    chance: random.Random
    secrets: list[str] = field(default_factory=list)

    def title(self) -> str:
        """A new title, which is nowhere else."""
        self.secrets.append(f"secret{secrets.token_hex(6)}")
        return self.secrets[-1]

    async def come(self) -> None:
        """Louis joins; he was invited before."""
        await self.louis.client.join(self.room)

    async def invite(self) -> None:
        """Louis is invited, and knows."""
        await self.camille.client.invite(self.room, self.louis.person.user_id)
        await self.louis.client.wait_invitation(self.room, PATIENCE)

    async def go(self) -> None:
        """Louis leaves, and everybody knows."""
        who, room = self.louis.person.user_id, self.room
        await self.louis.client.leave(room)
        await self.camille.client.wait_until(
            lambda: who not in self.camille.client.client.rooms[room].members, PATIENCE, "Louis to leave"
        )

    async def carded(self, cause: Awaitable[object]) -> str:
        """What is told of what is caused: `whole` or `bare`."""
        before = len(self.hers.cards(self.room))
        await cause
        card = await self.hers.next_card(self.room, before)
        is_whole = card.has(self.secrets[-1])
        assert is_whole or card.body.startswith("🔒"), card.body
        return "whole" if is_whole else "bare"

    async def nothing_leaked(self) -> None:
        """Louis has none of the titles, by nothing that is or was said in the room, though each is in it somewhere."""
        assert await self.hers.ever_has(self.secrets, self.room, self.camille) != []
        assert await self.his.ever_has(self.secrets, self.room, self.camille) == []


@pytest.fixture
async def play(stack: Stack, camille: Actor, louis: Actor) -> AsyncIterator[Play]:
    seed = int(os.environ.get("PARVIS_TEST_SEED") or secrets.randbelow(1_000_000))
    print(f"seed {seed}")
    with overhearing(camille) as hers, overhearing(louis) as his:
        room = await stack.room(camille, louis)
        folder = await stack.bound_folder(camille, room, shared=False)
        for kind in ("floods", "shared"):  # each card is of one document here, and of nothing else
            await camille.asks(room, f"!parvis settings {kind} off", PARVIS, for_=kind)
        yield Play(stack, camille, louis, room, folder["id"], hers, his, random.Random(seed))


async def late(what: Callable[[], Awaitable[T]], seconds: float) -> T:
    """Do it after so many seconds, if they are more than none: the interleaving itself."""
    await asyncio.sleep(max(seconds, 0.0))
    return await what()


async def together(one: Callable[[], Awaitable[str]], other: Callable[[], Awaitable[object]], offset: float) -> str:
    """Have `other` happen so many seconds after `one` (before it, where negative). What `one` gives."""

    given, _ = await asyncio.gather(late(one, -offset), late(other, offset))
    return str(given)


async def tip(play: Play, times: int, one: Callable[[], Awaitable[str]]) -> None:
    """Have Louis come while `one` makes a card: surely before, surely after, and then around where the order tips."""
    assert await one() == "bare"
    await play.go()
    await play.invite()
    assert await one() == "whole"
    await play.come()
    tipping = Tipping(play.chance)
    for _ in range(times):
        await play.go()
        await play.invite()
        tipping.was(first=await together(one, play.come, tipping.offset()) == "whole")
    print(f"around {tipping.around:.2f} s: {dict(tipping.seen)}")
    await play.nothing_leaked()


@pytest.mark.parametrize("times", _TIMES)
async def test_who_joins_while_a_card_is_made_has_it_bare_or_not_at_all(play: Play, times: int) -> None:
    async def created() -> str:
        return await play.carded(play.camille.browser.create_document(play.title(), "", play.folder))

    await tip(play, times, created)


@pytest.mark.parametrize("times", _TIMES)
async def test_who_joins_while_a_card_is_edited_has_no_title_that_it_ever_had(play: Play, times: int) -> None:
    made = await play.camille.browser.create_document(play.title(), "", play.folder)
    path, version = f"documents/{made['id']}/", made["version"]
    await play.hers.next_card(play.room, 0)

    async def edited() -> str:
        nonlocal version

        async def rename() -> None:
            nonlocal version
            change, match = {"title": play.title(), "content": secrets.token_hex(4)}, {"If-Match": f'"{version}"'}
            version = (await play.camille.browser.api("PATCH", path, change, match))["version"]

        return await play.carded(rename())

    await tip(play, times, edited)


@pytest.mark.parametrize("times", _TIMES)
async def test_who_leaves_and_comes_back_while_a_link_is_understood_has_not_what_was_said_meanwhile(
    play: Play, times: int
) -> None:
    async def pasted() -> str:
        document = await play.camille.browser.create_document(play.title(), "")
        return await play.carded(play.camille.client.send(play.room, f"À lire : {document['url']}"))

    async def away() -> None:
        await play.go()
        await play.invite()
        await play.come()

    seen = Counter([await pasted()])
    await play.go()
    seen[await pasted()] += 1
    assert dict(seen) == {"bare": 1, "whole": 1}
    await play.invite()
    await play.come()
    for _ in range(times):
        seen[await together(pasted, away, play.chance.uniform(-0.6, 0.4))] += 1
    print(f"{dict(seen)}")
    await play.nothing_leaked()


@pytest.mark.parametrize("times", _CRASHES)
async def test_a_card_that_was_sealed_is_not_sent_when_its_reader_has_lost_the_right(play: Play, times: int) -> None:
    """Louis is in the room, and may read until the hub's homeserver is killed, wherever the card is then: mostly it is
    decided and sealed, and could not be sent.
    """
    him = (await play.louis.browser.api("GET", "me/"))["id"]
    accesses = f"items/{play.folder}/accesses/"
    tipping, late_ones = Tipping(play.chance, around=0.0), []

    async def create() -> dict[str, Any]:
        return await play.camille.browser.create_document(play.title(), "", play.folder)

    for number in range(times):
        given = await play.camille.browser.api("POST", accesses, {"user": him, "role": "reader"})
        is_last = number == times - 1
        offset = -0.3 if is_last and not tipping.seen["second"] else tipping.offset()
        creating = asyncio.create_task(late(create, -offset))
        if is_last and not tipping.seen["first"]:
            await _heard(play, (await creating)["id"])
        else:
            await asyncio.sleep(max(offset, 0.0))  # the interleaving itself
        async with down(play.stack, "synapse-hub", signal.SIGKILL):
            made = (await creating)["id"]
            await _tried(play, made)
            await play.camille.browser.api("DELETE", f"{accesses}{given['id']}/")
            revoked = time.time() * 1000
        # What Synapse stores right after a start, it was seen to tell other servers only when more happens there.
        await play.camille.asks(await play.camille.client.direct_with(PARVIS), "!parvis help", PARVIS)
        sent = await _heard(play, made)
        is_whole = play.secrets[-1] in sent.body
        if is_whole:
            assert [one for one in play.camille.client.messages(play.room) if play.secrets[-1] in one.body] == [sent]
            assert sent.timestamp < revoked, "what was decided before the right was lost was sent after"
        else:
            late_ones.append(play.secrets[-1])
        tipping.was(first=is_whole)
    print(f"around {tipping.around:.2f} s: {dict(tipping.seen)}")
    assert len(tipping.seen) == 2
    assert await play.his.ever_has(late_ones, play.room, play.camille) == []


async def _tried(play: Play, item: str) -> None:
    """Wait until the card of the item was sent, or could not be. (Whether it was sent the bridge knows sooner than who
    reads: the homeserver may have died before it told the others.)
    """
    await _delivery(play, item, lambda one: one["state"] == "sent" or one["attempts"] > 0)


async def _heard(play: Play, item: str) -> Seen:
    """The card of the item, as Camille reads it. (Not merely the next one: an earlier one may have come late.)"""
    event = (await _delivery(play, item, lambda one: one["state"] == "sent"))["sent_event"]

    def known() -> list[Seen]:
        return [one for one in play.camille.client.messages(play.room) if one.event_id == event]

    await play.camille.client.wait_until(lambda: known() != [], _BACK, "the card")
    return known()[0]


async def _delivery(play: Play, item: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    states = ("--state", "waiting", "--state", "sent")
    async with asyncio.timeout(_BACK):
        while True:
            listed = await asyncio.to_thread(play.stack.parvis, "deliveries", "list", *states, "--json")
            of_it = [one for one in json.loads(listed.stdout)["deliveries"] if one["resource"].endswith(item)]
            if found := [one for one in of_it if one["room"] == play.room and wanted(one)]:
                return found[0]
