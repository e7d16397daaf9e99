"""Deliveries: in order, once, and never more than everybody in the room may read."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bridge.ports import Permanent, RateLimited, Retriable
from bridge.store.delivery import Delivery, State
from contract.answers import Binding, Room
from contract.events import TALK, EventType
from contract.resources import Kind
from tests.bridge.conftest import Bridge
from tests.bridge.fakes import CAMILLE, FIND, INES, PARVIS, ROOM, URL, event, item

CREATED, UPDATED, SHARED = EventType.DOCUMENT_CREATED, EventType.DOCUMENT_UPDATED, EventType.DOCUMENT_SHARED


@asynccontextmanager
async def running(bridge: Bridge) -> AsyncIterator[None]:
    task = asyncio.create_task(bridge.deliverer.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until what is on disk is so."""
    async with asyncio.timeout(20):
        while not await holds():  # noqa: ASYNC110 - the database announces nothing
            await asyncio.sleep(0.01)


async def over(bridge: Bridge) -> None:
    """Deliver until nothing waits."""

    async def nothing_waits() -> bool:
        return not await bridge.deliveries.waiting_rooms()

    async with running(bridge):
        bridge.deliverer.wake(await bridge.deliveries.waiting_rooms())
        await until(nothing_waits)


async def bound(bridge: Bridge, *readers: object) -> object:
    """A document that the room of Camille and Inès follows, and that `readers` may read."""
    of = item()
    bridge.rooms.members[ROOM] = frozenset({PARVIS, FIND, CAMILLE, INES})
    bridge.workspace.readers[of] = set(readers)  # type: ignore[arg-type]
    await bridge.take(event(EventType.ROOM_BOUND, of, room=ROOM))
    return of


async def test_what_all_may_read_is_said_with_its_title(bridge: Bridge) -> None:
    of = await bound(bridge, CAMILLE, INES)
    await bridge.take(event(CREATED, of))  # type: ignore[arg-type]
    await over(bridge)
    (said,) = bridge.rooms.said(ROOM)
    assert said["body"].startswith("📄 Plan social 2027\nInès Benali a créé ce document\n")
    assert said["msgtype"] == "m.notice"
    assert said["m.mentions"] == {}


async def test_what_one_may_not_read_is_said_without_title(bridge: Bridge) -> None:
    of = await bound(bridge, CAMILLE)
    await bridge.take(event(CREATED, of))  # type: ignore[arg-type]
    await over(bridge)
    (said,) = bridge.rooms.said(ROOM)
    assert "1 membre du salon n’y a pas accès" in said["body"]
    assert "Plan social" not in str(bridge.rooms.events)
    assert str(of) not in str(bridge.rooms.events)


async def test_of_what_is_in_the_trash_only_its_going_there_is_said_with_its_title(bridge: Bridge) -> None:
    of = await bound(bridge, CAMILLE, INES)
    bridge.workspace.trash.add(of)  # type: ignore[arg-type]
    await bridge.take(event(UPDATED, of), event(EventType.DOCUMENT_TRASHED, of))  # type: ignore[arg-type]
    await over(bridge)
    late, trashed = bridge.rooms.said(ROOM)
    assert "Plan social" not in str(late)
    assert "Plan social 2027" in trashed["body"]


async def test_what_happens_is_said_in_order_and_once(bridge: Bridge) -> None:
    of = await bound(bridge, CAMILLE, INES)
    events = [event(type_, of) for type_ in (CREATED, SHARED, EventType.DOCUMENT_TRASHED)]  # type: ignore[arg-type]
    await bridge.take(*events, *events)
    await bridge.take(*events)
    await over(bridge)
    assert [said["body"].split("\n")[1] for said in bridge.rooms.said(ROOM)] == [
        "Inès Benali a créé ce document",
        "Inès Benali a partagé ce document",
        "Inès Benali a mis ce document à la corbeille",
    ]


async def test_nothing_is_said_of_what_happened_before_the_binding_or_after_its_end(bridge: Bridge) -> None:
    of = item()
    bridge.rooms.members[ROOM] = frozenset({PARVIS, CAMILLE})
    await bridge.take(event(CREATED, of), event(EventType.ROOM_BOUND, of, room=ROOM))
    await bridge.take(event(EventType.ROOM_UNBOUND, of, room=ROOM), event(UPDATED, of))
    assert await bridge.deliveries.waiting_rooms() == frozenset()


async def test_comments_are_no_cards(bridge: Bridge) -> None:
    of = await bound(bridge, CAMILLE, INES)
    said = [type_ for type_ in EventType if type_.name.startswith(("COMMENT_", "THREAD_", "REACTION_"))]
    assert frozenset(said) == TALK
    await bridge.take(*(event(type_, of) for type_ in said))  # type: ignore[arg-type]
    assert len(await bridge.deliveries.waiting(ROOM, 20)) == 8
    await over(bridge)
    assert bridge.rooms.said(ROOM) == [], "they say of no comment, and are given up"
    assert (await bridge.deliveries.counts())[State.DEAD] == 8


async def test_what_comes_after_a_binding_is_said_whatever_the_clocks_of_those_who_told_it(bridge: Bridge) -> None:
    of = await bound(bridge, CAMILLE, INES)
    await bridge.take(event(CREATED, of, at=datetime.now(UTC) - timedelta(minutes=5)))  # type: ignore[arg-type]
    assert await bridge.deliveries.waiting_rooms() == {ROOM}


async def test_of_a_binding_that_only_the_workspace_told_of_nothing_older_is_said(bridge: Bridge) -> None:
    of, now = item(), datetime.now(UTC)
    binding = Binding(of, Kind.DOCUMENT, URL, CAMILLE, now)
    await bridge.bindings.replace([Room(ROOM, None, (binding,))])
    await bridge.take(event(CREATED, of, at=now - timedelta(minutes=5)))
    assert await bridge.deliveries.waiting_rooms() == frozenset()
    await bridge.take(event(EventType.ROOM_BOUND, of, room=ROOM), event(UPDATED, of, at=now - timedelta(minutes=1)))
    assert await bridge.deliveries.waiting_rooms() == {ROOM}
    await bridge.bindings.replace([Room(ROOM, None, (binding,))])  # after the next start
    assert await bridge.bindings.rooms_of([of], now - timedelta(minutes=1)) == {ROOM}


async def test_updates_within_ten_minutes_edit_one_card(bridge: Bridge) -> None:
    of = await bound(bridge, CAMILLE, INES)
    start = datetime.now(UTC) + timedelta(seconds=1)
    for minutes in (0, 4, 9, 11):
        await bridge.take(event(UPDATED, of, at=start + timedelta(minutes=minutes)))  # type: ignore[arg-type]
    await over(bridge)
    first, second, third, fourth = bridge.rooms.said(ROOM)
    target = next(id_ for id_, content in bridge.rooms.events.values() if content is first)
    assert [said["m.relates_to"] for said in (second, third)] == [{"rel_type": "m.replace", "event_id": target}] * 2
    assert "3 modifications par Inès Benali" in third["m.new_content"]["body"]
    assert "m.relates_to" not in fourth


async def test_an_edit_says_no_more_than_may_be_read_by_now(bridge: Bridge) -> None:
    of = await bound(bridge, CAMILLE, INES)
    await bridge.take(event(UPDATED, of))  # type: ignore[arg-type]
    await over(bridge)
    bridge.workspace.readers[of].discard(INES)  # type: ignore[index]
    await bridge.take(event(UPDATED, of))  # type: ignore[arg-type]
    await over(bridge)
    assert "Plan social" not in str(bridge.rooms.said(ROOM)[-1])


async def test_a_homeserver_that_is_away_is_asked_again_and_order_is_kept(bridge: Bridge) -> None:
    of = await bound(bridge, CAMILLE, INES)
    bridge.rooms.fail = [Retriable("away"), RateLimited(0.01), None]
    await bridge.take(event(CREATED, of), event(SHARED, of))  # type: ignore[arg-type]
    await over(bridge)
    assert [said["body"].split("\n")[1] for said in bridge.rooms.said(ROOM)] == [
        "Inès Benali a créé ce document",
        "Inès Benali a partagé ce document",
    ]


async def test_a_workspace_that_is_away_is_asked_again(bridge: Bridge) -> None:
    of = await bound(bridge, CAMILLE, INES)
    bridge.workspace.refuse = [httpx.Response(503, headers={"Retry-After": "0"})]
    await bridge.take(event(CREATED, of))  # type: ignore[arg-type]
    await over(bridge)
    assert len(bridge.rooms.said(ROOM)) == 1


async def test_what_the_homeserver_refuses_is_kept_for_an_operator_who_replays_it(bridge: Bridge) -> None:
    of = await bound(bridge, CAMILLE, INES)
    bridge.rooms.fail = [Permanent("M_TOO_LARGE", "HTTP 413")]
    await bridge.take(event(CREATED, of), event(SHARED, of))  # type: ignore[arg-type]
    await over(bridge)
    (dead,) = await bridge.deliveries.listed([State.DEAD], 10)
    assert dead.problem == "M_TOO_LARGE: HTTP 413"
    assert len(bridge.rooms.said(ROOM)) == 1
    assert await bridge.deliveries.replay([dead.id]) == 1
    await over(bridge)
    assert len(bridge.rooms.said(ROOM)) == 2
    assert await bridge.deliveries.counts() == {State.SENT: 2}


async def test_what_is_replayed_comes_before_what_still_waits(bridge: Bridge) -> None:
    of = await bound(bridge, CAMILLE, INES)
    bridge.rooms.fail = [Permanent("M_TOO_LARGE", "HTTP 413")]
    await bridge.take(event(CREATED, of))  # type: ignore[arg-type]
    await over(bridge)
    await bridge.take(event(SHARED, of))  # type: ignore[arg-type]
    assert await bridge.deliveries.replay() == 1
    await over(bridge)
    assert [said["body"].split("\n")[1] for said in bridge.rooms.said(ROOM)] == [
        "Inès Benali a créé ce document",
        "Inès Benali a partagé ce document",
    ]


async def test_what_cannot_be_made_into_a_card_waits_for_an_operator_and_stops_nothing_else(bridge: Bridge) -> None:
    of = await bound(bridge, CAMILLE, INES)
    make, failures = bridge.deliverer._letters.make, [TypeError("a title that is none")]

    async def make_or_fail(*args: object) -> object:
        if failures:
            raise failures.pop()
        return await make(*args)  # type: ignore[arg-type]

    bridge.deliverer._letters.make = make_or_fail  # type: ignore[method-assign, assignment]
    await bridge.take(event(CREATED, of), event(SHARED, of))  # type: ignore[arg-type]
    await over(bridge)
    (dead,) = await bridge.deliveries.listed([State.DEAD], 10)
    assert dead.problem == "unexpected: TypeError"
    assert len(bridge.rooms.said(ROOM)) == 1
    assert await bridge.deliveries.replay([dead.id]) == 1
    await over(bridge)
    assert await bridge.deliveries.counts() == {State.SENT: 2}


async def test_a_database_that_does_not_work_is_nobodys_delivery_given_up(bridge: Bridge) -> None:
    of = await bound(bridge, CAMILLE, INES)

    async def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    bridge.deliverer._letters.make = full  # type: ignore[method-assign, assignment]
    await bridge.take(event(CREATED, of))  # type: ignore[arg-type]
    (delivery,) = await bridge.deliveries.waiting(ROOM, 1)
    with pytest.raises(sqlite3.OperationalError):
        await bridge.deliverer._attempt(delivery)
    assert await bridge.deliveries.counts() == {State.WAITING: 1}


async def sealed_but_not_known_to_be_sent(bridge: Bridge, *, arrived: bool) -> Delivery:
    """What a crash leaves: the message may have reached the room, and we do not know."""
    of = await bound(bridge, CAMILLE, INES)
    bridge.rooms.fail = [None] if arrived else [Retriable("no answer")]
    await bridge.take(event(CREATED, of))  # type: ignore[arg-type]
    (delivery,) = await bridge.deliveries.waiting(ROOM, 1)
    await bridge.deliverer._attempt(delivery)
    query = "UPDATE middle_delivery SET state='waiting' WHERE id=$1"
    await bridge.db.execute(query, delivery.id)
    (left,) = await bridge.deliveries.waiting(ROOM, 1)
    return left


async def test_after_a_crash_the_same_ciphertext_is_sent_again(bridge: Bridge) -> None:
    left = await sealed_but_not_known_to_be_sent(bridge, arrived=False)
    assert left.sealed is not None
    await over(bridge)
    assert len(bridge.rooms.sealed) == 1
    assert len(bridge.rooms.said(ROOM)) == 1


async def test_what_arrived_before_a_crash_does_not_arrive_twice(bridge: Bridge) -> None:
    await sealed_but_not_known_to_be_sent(bridge, arrived=True)
    await over(bridge)
    assert len(bridge.rooms.said(ROOM)) == 1


async def test_what_may_not_be_read_any_more_is_not_sent_after_a_crash(bridge: Bridge) -> None:
    left = await sealed_but_not_known_to_be_sent(bridge, arrived=False)
    bridge.workspace.readers[left.resource.id].discard(INES)
    await over(bridge)
    (said,) = bridge.rooms.said(ROOM)
    assert "Plan social" not in str(said)


async def test_who_joins_while_a_card_is_made_is_asked_about_first(bridge: Bridge) -> None:
    of = await bound(bridge, CAMILLE)
    bridge.rooms.members[ROOM] = frozenset({PARVIS, CAMILLE})
    make = bridge.deliverer._letters.make

    async def make_and_let_join(*args: object) -> object:
        letter = await make(*args)  # type: ignore[arg-type]
        bridge.rooms.members[ROOM] = frozenset({PARVIS, CAMILLE, INES})
        return letter

    bridge.deliverer._letters.make = make_and_let_join  # type: ignore[method-assign, assignment]
    await bridge.take(event(CREATED, of))  # type: ignore[arg-type]
    await over(bridge)
    (said,) = bridge.rooms.said(ROOM)
    assert "Plan social" not in str(said)


async def test_a_room_without_agents_is_told_nothing(bridge: Bridge) -> None:
    of = await bound(bridge, CAMILLE)
    bridge.rooms.members[ROOM] = frozenset({PARVIS, FIND})
    await bridge.take(event(CREATED, of))  # type: ignore[arg-type]
    await over(bridge)
    assert bridge.rooms.said(ROOM) == []
    assert await bridge.deliveries.counts() == {State.VOID: 1}


async def test_many_questions_are_asked_together(bridge: Bridge) -> None:
    asked = [bridge.deliverer._letters._audiences.of(frozenset({CAMILLE}), item()) for _ in range(50)]
    answers = await asyncio.gather(*asked)
    assert all(answer.cannot == 1 for answer in answers)
    assert len(bridge.workspace.asked) <= 2


async def test_the_same_question_of_many_rooms_is_asked_once(bridge: Bridge) -> None:
    one, other = item(), item()
    bridge.workspace.readers[one] = {CAMILLE}
    audiences = bridge.deliverer._letters._audiences
    of = [one, one, other] * 20
    answers = await asyncio.gather(*(audiences.of(frozenset({CAMILLE}), which) for which in of))
    assert [answer.cannot for answer in answers] == [0, 0, 1] * 20
    assert max(len(body["questions"]) for _, _, body in bridge.workspace.asked) == 2


async def test_the_workspace_knows_who_is_there_when_it_is_asked_who_may_read(bridge: Bridge) -> None:
    """Who has just come has what the room has: a card would be bare where the workspace is told of them later."""
    of = await bound(bridge, CAMILLE, INES)
    for joined in ({PARVIS, FIND, CAMILLE}, {PARVIS, FIND, CAMILLE, INES}):
        bridge.rooms.members[ROOM] = frozenset(joined)
        await bridge.take(event(SHARED, of))  # type: ignore[arg-type]
        told: list[object] = []
        bridge.workspace.meanwhile.append(_noting(bridge, told))
        await over(bridge)
        assert told == [sorted(joined - {PARVIS, FIND})]


def _noting(bridge: Bridge, told: list[object]) -> Callable[[], Awaitable[None]]:
    async def note() -> None:
        told.append(bridge.workspace.rooms[ROOM]["members"])

    return note
