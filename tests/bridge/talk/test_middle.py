"""Whose words are taken into a discussion: those of who is proved to have said them, and nothing but words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from bridge.ports import Permanent, Reaction, Redaction, Retriable, RoomMessage, Trust
from bridge.store.deliveries import CARDS_KEPT
from bridge.store.delivery import State
from bridge.store.talk import Spoken, Talks, What
from contract.comments import CommentId, ThreadId
from contract.events import EventType
from contract.ids import EventId, ItemId, RoomId
from contract.options import RoomOptions
from tests.bridge.conftest import Bridge
from tests.bridge.fakes import CAMILLE, FIND, INES, PARVIS, ROOM, event, item, message, problem, url_of
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


class TestOfWhatIsSaidUnderACard:
    @pytest.fixture
    async def document(self, bridge: Bridge) -> ItemId:
        """A document that the room is bound to, and all of it may read."""
        bridge.rooms.members[ROOM] = frozenset({PARVIS, FIND, CAMILLE, INES})
        document = item()
        bridge.workspace.readers[document] = {CAMILLE, INES}
        async with bridge.workspace.client() as client:
            await client.put_room(ROOM, frozenset({CAMILLE, INES}))
            await client.bind(ROOM, url_of(document), CAMILLE)
        await bridge.take(event(EventType.ROOM_BOUND, document, room=ROOM))
        return document

    async def begins(self, bridge: Bridge, card: EventId) -> bool:
        """Whether what is said in the thread of `card` would begin a discussion."""
        before = len(traded(bridge))
        await hear(bridge, message("oui", thread_root=card))
        return len(traded(bridge)) > before

    async def delivered(self, bridge: Bridge, document: ItemId) -> EventId:
        await bridge.take(event(EventType.DOCUMENT_UPDATED, document))
        await over(bridge)
        return list(bridge.rooms.events.values())[-1][0]

    async def test_a_card_begins_one_for_as_long_as_it_shows_the_document(
        self, bridge: Bridge, document: ItemId
    ) -> None:
        card = await self.delivered(bridge, document)
        assert await self.begins(bridge, card)
        bridge.workspace.readers[document] = {CAMILLE}
        await self.delivered(bridge, document)  # an edit, within the window
        assert not await self.begins(bridge, card)
        bridge.workspace.readers[document] = {CAMILLE, INES}
        await self.delivered(bridge, document)
        assert await self.begins(bridge, card)

    async def test_nothing_is_kept_of_a_card_of_which_nothing_came(self, bridge: Bridge, document: ItemId) -> None:
        card = await self.delivered(bridge, document)
        await bridge.db.execute("UPDATE middle_talk SET at=at-$1", CARDS_KEPT.total_seconds() * 1000 - 60_000)
        await bridge.deliveries.prune()
        assert await self.begins(bridge, card)
        await bridge.db.execute("UPDATE middle_talk SET at=at-60001")
        await bridge.deliveries.prune()
        assert not await self.begins(bridge, card)
        assert await bridge.db.fetchval("SELECT count(*) FROM middle_talk WHERE what<>'begins'") == 0

    async def linked(self, bridge: Bridge, document: ItemId, **more: Any) -> EventId:
        """The card under a link that somebody pasted."""
        await bridge.middle.on_message(message(url_of(document), **more))
        return list(bridge.rooms.events.values())[-1][0]

    async def test_so_does_the_card_of_a_link(self, bridge: Bridge, document: ItemId) -> None:
        assert await self.begins(bridge, await self.linked(bridge, document))

    @pytest.mark.parametrize("what", ["not bound", "a file", "in a thread", "bare"])
    async def test_or_does_not(self, bridge: Bridge, document: ItemId, what: str) -> None:
        more: dict[str, Any] = {}
        match what:
            case "not bound":
                bridge.workspace.rooms[ROOM]["bindings"].clear()
            case "a file":
                bridge.workspace.kinds[document] = "file"
            case "in a thread":
                more["thread_root"] = EventId("$somebodys")
            case "bare":
                bridge.workspace.readers[document] = {CAMILLE}
        card = await self.linked(bridge, document, **more)
        assert not await self.begins(bridge, card)
        assert bridge.rooms.said(RoomId(f"!direct-{CAMILLE}")) == []

    async def test_where_the_workspace_does_not_know_the_room_any_more_it_does_not(
        self, bridge: Bridge, document: ItemId
    ) -> None:
        card = await self.linked(bridge, document)
        bridge.workspace.refuse.append(problem(404, "not_found"))
        assert not await self.begins(bridge, card)

    async def test_a_root_that_cannot_be_looked_at_is_not_waited_for(
        self, bridge: Bridge, document: ItemId, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await self.delivered(bridge, document)
        await bridge.db.execute("UPDATE middle_delivery SET state='waiting', sealed='{}'")

        async def refused(*_: object) -> None:
            raise Permanent("M_INVALID_PARAM", "no such id")

        monkeypatch.setattr(bridge.rooms, "message", refused)
        assert not await self.begins(bridge, EventId("$no id"))


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
