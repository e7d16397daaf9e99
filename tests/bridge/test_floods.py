"""Floods: many happenings of one kind under one folder become a card that counts, in order, once, within the rights."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.floods import Counting, Rules
from bridge.matrix.retrying import Backoff
from bridge.ports import Permanent, Retriable, Sealed
from bridge.store.delivery import Delivery, State
from bridge.store.floods import Floods
from contract.events import Event, EventType
from contract.ids import EventId, ItemId, RoomId, Sub
from contract.options import RoomOptions
from tests.bridge.conftest import Bridge
from tests.bridge.fakes import CAMILLE, FIND, INES, PARVIS, ROOM, event, item
from tests.bridge.test_deliverer import over, running, until

CREATED, SHARED = EventType.DOCUMENT_CREATED, EventType.DOCUMENT_SHARED
TRASHED, RESTORED = EventType.DOCUMENT_TRASHED, EventType.DOCUMENT_RESTORED

INES_SUB, CAMILLE_SUB = Sub("ines"), Sub("camille")


class Folder:
    """A folder that the room follows, and what happens in it."""

    def __init__(self, bridge: Bridge, id_: ItemId) -> None:
        self.bridge = bridge
        self.id = id_
        self.now = datetime.now(UTC) + timedelta(seconds=1)
        self.step = timedelta(seconds=1)

    def happens(
        self, count: int, type_: EventType = CREATED, actor: Sub = INES_SUB, *, of: list[ItemId] | None = None
    ) -> list[Event]:
        """As many events, a step after each other, to new documents that Camille and Inès may read, or to these."""
        events = []
        for number in range(count):
            id_ = of[number] if of else item()
            self.bridge.workspace.readers.setdefault(id_, {CAMILLE, INES})
            self.now += self.step
            made = event(type_, id_, at=self.now)
            events.append(replace(made, actor=actor, path=(self.id, id_)))
        return events


@pytest.fixture
async def folder(bridge: Bridge) -> Folder:
    id_ = item()
    bridge.rooms.members[ROOM] = frozenset({PARVIS, FIND, CAMILLE, INES})
    bridge.workspace.readers[id_] = {CAMILLE, INES}
    await bridge.take(event(EventType.ROOM_BOUND, id_, room=ROOM))
    return Folder(bridge, id_)


def bodies(bridge: Bridge) -> list[str]:
    return [said["body"] for said in bridge.rooms.said(ROOM)]


def edits(bridge: Bridge) -> list[Mapping[str, Any]]:
    return [said for said in bridge.rooms.said(ROOM) if "m.new_content" in said]


async def test_the_first_few_are_said_one_by_one_and_a_card_counts_the_rest(bridge: Bridge, folder: Folder) -> None:
    await bridge.take(*folder.happens(300))
    await over(bridge)
    *alone, counts = bodies(bridge)
    assert len(alone) == 3
    assert all("a créé ce document" in body for body in alone)
    assert counts.startswith("📄 Inès Benali a créé 300 documents dans «\u00a0Plan social 2027\u00a0»\n")
    assert counts.endswith("• et 295 autres")
    assert await bridge.deliveries.counts() == {State.SENT: 300}


async def test_what_comes_later_edits_the_card_and_not_too_often(bridge: Bridge, folder: Folder) -> None:
    await bridge.take(*folder.happens(4))
    await over(bridge)

    async def all_sent() -> bool:
        return await bridge.deliveries.counts() == {State.SENT: 24}

    async with running(bridge):
        for _ in range(20):
            await bridge.take(*folder.happens(1))
            bridge.deliverer.wake([ROOM])
            await asyncio.sleep(0.005)
        await until(all_sent)
    assert 1 <= len(edits(bridge)) < 15
    card = next(id_ for id_, said in bridge.rooms.events.values() if "4 documents" in said["body"])
    assert {said["m.relates_to"]["event_id"] for said in edits(bridge)} == {card}
    assert "a créé 24 documents" in edits(bridge)[-1]["m.new_content"]["body"]


async def test_what_others_do_or_what_comes_later_is_no_part_of_it(bridge: Bridge, folder: Folder) -> None:
    await bridge.take(*folder.happens(3), *folder.happens(3, actor=CAMILLE_SUB), *folder.happens(3, TRASHED))
    folder.now += timedelta(minutes=2)
    await bridge.take(*folder.happens(3))
    await over(bridge)
    assert len(bodies(bridge)) == 12
    assert edits(bridge) == []


async def test_a_later_flood_has_a_card_of_its_own(bridge: Bridge, folder: Folder) -> None:
    await bridge.take(*folder.happens(5))
    folder.now += timedelta(minutes=2)
    await bridge.take(*folder.happens(6))
    await over(bridge)
    assert ["5 documents" in body for body in bodies(bridge)] == [False] * 3 + [True] + [False] * 4
    assert "6 documents" in bodies(bridge)[-1]
    assert len(bodies(bridge)) == 8


async def test_a_card_counts_for_so_long_and_no_longer(bridge: Bridge, folder: Folder) -> None:
    await bridge.take(*folder.happens(4))
    for _ in range(40):
        await bridge.take(*folder.happens(1))
        folder.now += timedelta(seconds=19)
    await over(bridge)
    counts, *later = bodies(bridge)[3:]
    assert "34 documents" in counts, "30 more within ten minutes"
    assert all("documents" not in body for body in later)
    assert len(later) == 10


async def test_a_folder_that_somebody_may_not_read_is_not_named_nor_is_who_did_it(
    bridge: Bridge, folder: Folder
) -> None:
    bridge.workspace.readers[folder.id] = {CAMILLE}
    hidden = [item() for _ in range(9)]
    for one in hidden:
        bridge.workspace.readers[one] = {CAMILLE}
    await bridge.take(*folder.happens(9, of=hidden))
    await over(bridge)
    assert bodies(bridge)[-1] == (
        "🔒 9 documents que ce salon suit ont été créés. 1 membre du salon n’y a pas accès\u00a0: je n’en montre rien."
    )
    assert "Plan social" not in str(bridge.rooms.events)
    assert "Inès" not in str(bridge.rooms.events)


async def test_a_title_that_somebody_may_not_read_is_counted_and_not_said(bridge: Bridge, folder: Folder) -> None:
    bridge.workspace.readers[folder.id] = {CAMILLE}
    documents = [item() for _ in range(9)]
    bridge.workspace.readers |= {one: {CAMILLE} for one in documents[1:]}
    await bridge.take(*folder.happens(9, of=documents))
    await over(bridge)
    counts = bodies(bridge)[-1]
    assert counts.startswith("📄 9 documents créés\n• Plan social 2027\n")
    assert counts.endswith("• et 8 autres")
    assert "Inès" not in counts
    assert str(documents[1]) not in counts


async def test_each_edit_says_no_more_than_may_be_read_by_then(bridge: Bridge, folder: Folder) -> None:
    await bridge.take(*folder.happens(6))
    await over(bridge)
    assert "Plan social" in bodies(bridge)[-1]
    for readers in bridge.workspace.readers.values():
        readers.discard(INES)
    await bridge.take(*folder.happens(1, of=[item()]))
    for readers in bridge.workspace.readers.values():
        readers.discard(INES)
    await over(bridge)
    (edit,) = edits(bridge)
    assert "Plan social" not in str(edit)
    assert "7 documents" in str(edit)


async def test_who_joins_while_a_card_that_counts_is_made_is_asked_about_first(bridge: Bridge, folder: Folder) -> None:
    bridge.rooms.members[ROOM] = frozenset({PARVIS, CAMILLE})
    for readers in bridge.workspace.readers.values():
        readers.discard(INES)
    hidden = [item() for _ in range(6)]
    bridge.workspace.readers |= {one: {CAMILLE} for one in hidden}
    await bridge.take(*folder.happens(6, of=hidden))
    for delivery in await bridge.deliveries.waiting(ROOM, 3):
        await bridge.deliverer._attempt(delivery)
    make = bridge.deliverer._letters.make

    async def make_and_let_join(*args: object) -> object:
        letter = await make(*args)  # type: ignore[arg-type]
        bridge.rooms.members[ROOM] = frozenset({PARVIS, CAMILLE, INES})
        return letter

    bridge.deliverer._letters.make = make_and_let_join  # type: ignore[method-assign, assignment]
    await over(bridge)
    assert bodies(bridge)[-1].startswith("🔒 6 documents")
    assert await bridge.deliveries.counts() == {State.SENT: 6}


async def test_a_room_that_wants_every_card_has_them(bridge: Bridge, folder: Folder) -> None:
    await bridge.choose(ROOM, RoomOptions(floods=False))
    await bridge.take(*folder.happens(12))
    await over(bridge)
    assert len(bodies(bridge)) == 12


async def test_without_floods_every_card_is_said(bridge: Bridge, folder: Folder) -> None:
    bridge.deliverer._letters._floods = None
    await bridge.take(*folder.happens(12))
    await over(bridge)
    assert len(bodies(bridge)) == 12


async def left_by_a_crash(bridge: Bridge, folder: Folder, *, arrived: bool) -> Delivery:
    """The card that counts was sealed for ten that wait, and whether it arrived we do not know."""
    await bridge.take(*folder.happens(10))
    for delivery in await bridge.deliveries.waiting(ROOM, 3):
        await bridge.deliverer._attempt(delivery)
    bridge.rooms.fail = [None] if arrived else [Retriable("no answer")]
    (counting, *_) = await bridge.deliveries.waiting(ROOM, 10)
    await bridge.deliverer._attempt(counting)
    query = "UPDATE middle_delivery SET state='waiting', sent_event=NULL WHERE id=$1 OR joins=$1"
    await bridge.db.execute(query, counting.id)
    left = await bridge.deliveries.get(counting.id)
    assert left is not None
    return left


async def test_after_a_crash_the_same_card_is_sent_again(bridge: Bridge, folder: Folder) -> None:
    left = await left_by_a_crash(bridge, folder, arrived=False)
    assert left.sealed is not None
    assert [one.id for one in await bridge.deliveries.waiting(ROOM, 10)] == [left.id]
    sealed = len(bridge.rooms.sealed)
    await over(bridge)
    assert len(bridge.rooms.sealed) == sealed
    assert len(bodies(bridge)) == 4
    assert "10 documents" in bodies(bridge)[-1]
    assert await bridge.deliveries.counts() == {State.SENT: 10}


async def test_what_comes_after_a_crash_is_said_by_an_edit(bridge: Bridge, folder: Folder) -> None:
    await left_by_a_crash(bridge, folder, arrived=False)
    await bridge.take(*folder.happens(2))
    await over(bridge)
    assert "10 documents" in bodies(bridge)[3]
    (edit,) = edits(bridge)
    assert "12 documents" in edit["body"]


async def test_a_card_that_arrived_before_a_crash_does_not_arrive_twice(bridge: Bridge, folder: Folder) -> None:
    await left_by_a_crash(bridge, folder, arrived=True)
    await over(bridge)
    assert len(bodies(bridge)) == 4


async def test_what_may_not_be_read_any_more_is_not_in_the_card_after_a_crash(bridge: Bridge, folder: Folder) -> None:
    await left_by_a_crash(bridge, folder, arrived=False)
    for readers in bridge.workspace.readers.values():
        readers.discard(INES)
    await over(bridge)
    assert "🔒 10 documents" in bodies(bridge)[-1]


async def test_while_a_card_rests_others_are_said_but_of_the_same_item(bridge: Bridge, folder: Folder) -> None:
    floods = bridge.deliverer._letters._floods
    assert floods is not None
    floods._rules = replace(floods._rules, pause=0.5)
    documents = [item() for _ in range(6)]
    await bridge.take(*folder.happens(5, of=documents))
    await over(bridge)
    await bridge.take(*folder.happens(1, of=documents[5:]), *folder.happens(1, TRASHED, of=documents[5:]))
    await bridge.take(*folder.happens(1, SHARED))
    await over(bridge)
    said = bodies(bridge)[4:]
    assert ["partagé" in body for body in said] == [True, False, False]
    assert "6 documents" in said[1]
    assert "à la corbeille" in said[2]


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_fails_or_crashes_every_event_is_said_once_and_counted(
    bridge: Bridge, folder: Folder, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two floods between each other, an answer that is lost, a process that dies at any time."""
    monkeypatch.setattr("bridge.deliverer.Backoff", lambda: Backoff(first=0.001, longest=0.01))
    chance = random.Random(seed)
    folder.step = timedelta(milliseconds=100)  # no pause ends a flood, whatever else happens
    send = bridge.rooms.send

    async def send_or_not(room: RoomId, txn_id: str, sealed: Sealed) -> EventId:
        fate = chance.random()
        if fate < 0.2:
            raise Retriable("away")
        event = await send(room, txn_id, sealed)
        await asyncio.sleep(chance.random() * 0.004)
        if fate < 0.4:
            raise Retriable("the answer was lost")
        return event

    bridge.rooms.send = send_or_not  # type: ignore[method-assign]
    for _ in range(25):
        actor = chance.choice([INES_SUB, CAMILLE_SUB])
        await bridge.take(*folder.happens(chance.randint(1, 4), actor=actor))
        async with running(bridge):
            bridge.deliverer.wake([ROOM])
            await asyncio.sleep(chance.random() * 0.03)
        bridge.deliverer._served.clear()
    await over(bridge)
    counts = await bridge.db.fetch(
        "SELECT actor, count(*) AS n, count(DISTINCT item) AS items FROM middle_delivery GROUP BY actor"
    )
    assert {one["n"] == one["items"] for one in counts} == {True}
    assert await bridge.deliveries.counts() == {State.SENT: sum(one["n"] for one in counts)}
    rows = await bridge.db.fetch("SELECT id, edits, joins, flood FROM middle_delivery")
    cards = {row["id"] for row in rows if row["flood"] is not None}
    assert {row["edits"] for row in rows if row["edits"] is not None} <= cards
    said = {(ROOM, f"parvis.card.{one}") for one in await _of_their_own(bridge)}
    assert set(bridge.rooms.events) == said, "one message for each that joined no other"
    for card, whose in await _cards(bridge):
        (total,) = [one["n"] for one in counts if one["actor"] == whose]
        last = [body for event, body in _versions(bridge, card)][-1]
        assert f"{total} documents" in last


async def _of_their_own(bridge: Bridge) -> list[str]:
    rows = await bridge.db.fetch("SELECT event_id FROM middle_delivery WHERE joins IS NULL")
    return [row["event_id"] for row in rows]


async def _cards(bridge: Bridge) -> list[tuple[str, str]]:
    """The cards that count, with whose deeds they count."""
    rows = await bridge.db.fetch("SELECT sent_event, actor FROM middle_delivery WHERE flood IS NOT NULL")
    return [(row["sent_event"], row["actor"]) for row in rows]


def _versions(bridge: Bridge, card: str) -> list[tuple[str, str]]:
    """What a card said, one after the other."""
    return [
        (id_, said.get("m.new_content", said)["body"])
        for id_, said in bridge.rooms.events.values()
        if card in (id_, said.get("m.relates_to", {}).get("event_id"))
    ]


async def test_a_card_that_is_given_up_takes_nothing_with_it(bridge: Bridge, folder: Folder) -> None:
    await bridge.take(*folder.happens(10))
    bridge.rooms.fail = [None, None, None, Permanent("M_TOO_LARGE", "HTTP 413")]
    await over(bridge)
    assert await bridge.deliveries.counts() == {State.SENT: 9, State.DEAD: 1}
    assert "9 documents" in bodies(bridge)[-1]
    assert await bridge.deliveries.replay() == 1
    await over(bridge)
    assert await bridge.deliveries.counts() == {State.SENT: 10}


async def test_what_happens_to_one_item_is_said_in_its_order(bridge: Bridge, folder: Folder) -> None:
    documents = [item() for _ in range(8)]
    first, last = documents[:7], documents[7:]
    await bridge.take(
        *folder.happens(4, RESTORED, of=first[:4]),
        *folder.happens(1, TRASHED, of=last),
        *folder.happens(1, RESTORED, of=last),
        *folder.happens(3, RESTORED, of=first[4:]),
    )
    await over(bridge)
    said = bodies(bridge)
    assert "7 documents" in said[3]
    assert "a mis ce document à la corbeille" in said[4]
    assert "8 documents" in said[5]
    assert len(said) == 6


async def test_what_one_person_does_to_one_thing_again_and_again_is_no_flood(bridge: Bridge, folder: Folder) -> None:
    await bridge.take(*folder.happens(5, RESTORED, of=[item()] * 5))
    await over(bridge)
    assert len(bodies(bridge)) == 5


def test_what_was_changed_long_ago_is_forgotten(bridge: Bridge) -> None:
    now = [0.0]
    counting = Counting(Floods(bridge.db), lambda _room: True, Rules(), clock=lambda: now[0])
    for card in range(1_000):
        counting.changed(card)
        now[0] += 1.0
    assert len(counting._changed) <= 4
