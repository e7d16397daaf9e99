"""Whose words are taken into a discussion: those of who is proved to have said them, and nothing but words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from bridge.ports import Reaction, Redaction, Retriable, RoomMessage, Trust
from bridge.store.delivery import State
from bridge.store.talk import Spoken, Talks, What
from contract.comments import CommentId, ThreadId
from contract.events import EventType
from contract.ids import EventId, RoomId
from contract.options import RoomOptions
from tests.bridge.conftest import Bridge
from tests.bridge.fakes import CAMILLE, FIND, INES, PARVIS, ROOM, event, item, message, problem
from tests.bridge.test_deliverer import over

ROOT = EventId("$root")


@pytest.fixture
async def talks(bridge: Bridge) -> Talks:
    """A thread whose first message the bridge said."""
    bridge.rooms.members[ROOM] = frozenset({PARVIS, FIND, CAMILLE, INES})
    talks = Talks(bridge.db)
    of = (What.SAID, item(), ThreadId(uuid4()), CommentId(uuid4()), ROOT)
    await talks.keep(Spoken(ROOM, ROOT, *of))
    return talks


def brought(bridge: Bridge) -> list[Any]:
    return [body for _, path, body in bridge.workspace.asked if "/talk/" in path]


async def hear(bridge: Bridge, said: RoomMessage) -> None:
    """Nothing of what is brought is taken in: only whether it is brought is looked at."""
    bridge.workspace.allows.clear()
    await bridge.middle.on_message(said)


def traded(bridge: Bridge) -> list[Any]:
    return [body["scope"] for _, path, body in bridge.workspace.asked if path == "token/"]


@pytest.mark.usefixtures("talks")
class TestOfWhatIsSaid:
    async def test_a_reply_is_brought_as_the_persons_own(self, bridge: Bridge) -> None:
        await hear(bridge, message("oui", thread_root=ROOT))
        assert traded(bridge) == ["comment"]

    @pytest.mark.parametrize(
        "more",
        [
            {"trust": Trust.FORGED},
            {"sender": FIND},
            {"sender": "@x:not.joined"},
            {"thread_root": EventId("$other")},
            {"thread_root": None},
            {"thread_root": None, "reply_to": ROOT},
            {"msgtype": "m.notice"},
            {"msgtype": "m.image"},
            {"room": RoomId("!another")},
            {"thread_root": None, "replaces": ROOT},
        ],
    )
    async def test_what_is_none_is_not(self, bridge: Bridge, more: dict[str, Any]) -> None:
        bridge.rooms.members[RoomId("!another")] = frozenset({PARVIS, CAMILLE, INES})
        await hear(bridge, replace(message("oui", thread_root=ROOT), **more))
        assert traded(bridge) == []

    @pytest.mark.parametrize("trust", [Trust.CLEARTEXT, Trust.UNKNOWN_DEVICE])
    async def test_what_is_not_proved_is_refused_as_commands_are(self, bridge: Bridge, trust: Trust) -> None:
        await hear(bridge, message("oui", thread_root=ROOT, trust=trust))
        assert traded(bridge) == []
        assert len(bridge.rooms.said(RoomId(f"!direct-{CAMILLE}"))) == 1

    async def test_a_command_stays_one(self, bridge: Bridge) -> None:
        await hear(bridge, message("!parvis help", thread_root=ROOT))
        assert traded(bridge) == []
        assert len(bridge.rooms.said(ROOM)) == 1

    async def test_it_is_not_asked_for_whom_nobody_allowed_it_and_they_are_told_once(self, bridge: Bridge) -> None:
        for _ in range(2):
            await hear(bridge, message("oui", thread_root=ROOT))
        assert len(bridge.rooms.said(RoomId(f"!direct-{CAMILLE}"))) == 1
        assert brought(bridge) == []

    async def test_where_the_workspace_is_away_it_is_told_again(self, bridge: Bridge) -> None:
        bridge.workspace.refuse.append(problem(503, "away"))
        said = message("oui", thread_root=ROOT)
        with pytest.raises(Exception, match="away"):
            await bridge.middle.on_message(said)
        await hear(bridge, said)
        assert traded(bridge) == ["comment", "comment"]


async def test_what_may_be_on_its_way_is_waited_for(bridge: Bridge, talks: Talks) -> None:
    await bridge.db.execute(
        "INSERT INTO middle_delivery (room_id, event_id, type, kind, item, at, extra, sealed)"
        " VALUES ($1, 'e', 't', 'document', 'i', 0, '{}', '{}')",
        ROOM,
    )
    with pytest.raises(Retriable):
        await bridge.middle.on_message(message("oui", thread_root=EventId("$unknown")))
    with pytest.raises(Retriable):
        await bridge.middle.on_reaction(
            Reaction(ROOM, EventId("$r"), CAMILLE, EventId("$unknown"), "👍", Trust.CLEARTEXT)
        )
    assert not await talks.sending(RoomId("!another"))


async def test_reactions_and_redactions_of_services_and_forgers_do_nothing(bridge: Bridge, talks: Talks) -> None:
    for sender, trust in ((FIND, Trust.CLEARTEXT), (CAMILLE, Trust.FORGED)):
        await bridge.middle.on_reaction(Reaction(ROOM, EventId("$r"), sender, ROOT, "✅", trust))
    for sender in (FIND, CAMILLE):  # it is the bridge's own
        await bridge.middle.on_redaction(Redaction(ROOM, EventId("$d"), sender, ROOT))
    assert bridge.workspace.asked == []
    root = await talks.of(ROOM, ROOT)
    assert root is not None
    assert not root.gone


async def test_of_a_room_that_was_left_nothing_is_kept(bridge: Bridge, talks: Talks) -> None:
    await bridge.deliveries.forget_room(ROOM)
    assert await talks.of(ROOM, ROOT) is None


async def test_the_deliverer_says_what_happens_to_discussions(bridge: Bridge, talks: Talks) -> None:
    root = await talks.of(ROOM, ROOT)
    assert root is not None
    bridge.workspace.readers[root.item] = {CAMILLE, INES}
    await bridge.take(event(EventType.ROOM_BOUND, root.item, room=ROOM))
    happened = [
        replace(event(type_, root.item), extra={"thread": str(root.thread), **more})
        for type_, more in (
            (EventType.THREAD_RESOLVED, {}),
            (EventType.THREAD_REOPENED, {"origin_room": ROOM, "origin_event": "$x"}),
            (EventType.THREAD_RESOLVED, {"origin_room": "!another", "origin_event": "$x"}),
        )
    ]
    await bridge.take(*happened, *happened)
    await over(bridge)
    first, second = bridge.rooms.said(ROOM)
    assert first["body"] == second["body"] == "✅ Inès Benali a clos cette discussion."
    assert first["m.relates_to"]["event_id"] == ROOT
    assert (await bridge.deliveries.counts()) == {State.SENT: 3}


async def test_a_room_that_hears_of_no_documents_hears_of_no_discussion(bridge: Bridge, talks: Talks) -> None:
    root = await talks.of(ROOM, ROOT)
    assert root is not None
    await bridge.take(event(EventType.ROOM_BOUND, root.item, room=ROOM))
    await bridge.table.changed(ROOM)
    for documents, waits in ((False, 0), (True, 1)):
        options = RoomOptions(documents=documents, created=False, updated=False)
        await bridge.choose(ROOM, options, "fr")
        told = replace(event(EventType.COMMENT_UPDATED, root.item), extra={"thread": str(root.thread)})
        await bridge.take(told)
        assert len(await bridge.deliveries.waiting(ROOM, 9)) == waits
