"""A pasted link is understood, and shows nobody what they may not read, nor that there is something to read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bridge import linkcards, offers
from bridge.ports import Reaction, RoomMessage, Trust
from contract.ids import EventId, ItemId, MatrixId, RoomId
from tests.bridge.conftest import Bridge
from tests.bridge.fakes import CAMILLE, INES, PARVIS, ROOM, item, message, url_of

DIRECT = RoomId(f"!direct-{CAMILLE}")


@pytest.fixture(autouse=True)
async def _room(bridge: Bridge) -> None:
    bridge.rooms.members[ROOM] = frozenset({PARVIS, CAMILLE, INES})
    await bridge.roster.tell(ROOM)


@pytest.fixture
def note(bridge: Bridge) -> ItemId:
    """Camille owns it, and Inès may not read it."""
    note = item()
    bridge.workspace.readers[note] = {CAMILLE}
    bridge.workspace.owners[note] = {CAMILLE}
    return note


async def said(bridge: Bridge, written: RoomMessage) -> list[str]:
    """What is said in the room because of it."""
    before = len(bridge.rooms.said(ROOM))
    await bridge.middle.on_message(written)
    return [one["body"] for one in bridge.rooms.said(ROOM)[before:]]


def whispered(bridge: Bridge) -> list[str]:
    return [one["body"] for one in bridge.rooms.said(DIRECT)]


async def test_where_all_may_read_there_is_one_card_under_it(bridge: Bridge, note: ItemId) -> None:
    bridge.workspace.readers[note] |= {INES}
    pasted = message(f"Voici : {url_of(note)}")
    (card,) = await said(bridge, pasted)
    assert card.splitlines() == ["📄 Plan social 2027", "Document", url_of(note)]
    assert bridge.rooms.said(ROOM)[-1]["m.relates_to"]["m.in_reply_to"] == {"event_id": pasted.event_id}
    assert whispered(bridge) == []


async def test_it_stays_in_the_thread_in_which_the_link_was_pasted(bridge: Bridge, note: ItemId) -> None:
    bridge.workspace.readers[note] |= {INES}
    await said(bridge, message(url_of(note), thread_root=EventId("$root")))
    assert bridge.rooms.said(ROOM)[-1]["m.relates_to"]["event_id"] == "$root"


async def test_a_target_has_one_card_a_day(bridge: Bridge, note: ItemId, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(await said(bridge, message(url_of(note)))) == 1
    assert await said(bridge, message(url_of(note), sender=INES)) == []
    monkeypatch.setattr(linkcards, "ONCE_WITHIN", timedelta(0))
    assert len(await said(bridge, message(url_of(note)))) == 1


async def test_told_of_the_same_message_again_it_says_nothing_twice(
    bridge: Bridge, note: ItemId, monkeypatch: pytest.MonkeyPatch
) -> None:
    pasted = message(url_of(note))
    monkeypatch.setattr(linkcards, "ONCE_WITHIN", timedelta(0))  # as if the crash came before it was noted
    monkeypatch.setattr(offers, "ASKED_WITHIN", timedelta(0))
    assert len(await said(bridge, pasted)) == 1
    assert await said(bridge, pasted) == []
    assert len(whispered(bridge)) == 1


async def test_where_some_may_not_it_says_how_many_if_who_pasted_it_may(bridge: Bridge, note: ItemId) -> None:
    (card,) = await said(bridge, message(url_of(note)))
    assert card == "🔒 1 membre du salon ne peut pas ouvrir ce lien\u00a0: je n’en montre rien."


async def test_nothing_tells_a_link_that_one_may_not_read_from_one_to_nothing(bridge: Bridge, note: ItemId) -> None:
    theirs = await said(bridge, message(url_of(note), sender=INES))
    nothing = await said(bridge, message(url_of(item()), sender=INES))
    assert theirs == nothing == ["🔒 Certaines personnes ici ne peuvent pas ouvrir ce lien\u00a0: je n’en montre rien."]


async def test_a_link_that_an_edit_brings_is_answered_under_the_message(bridge: Bridge, note: ItemId) -> None:
    edit = message(url_of(note), replaces=EventId("$before"))
    assert len(await said(bridge, edit)) == 1
    assert bridge.rooms.said(ROOM)[-1]["m.relates_to"]["m.in_reply_to"] == {"event_id": "$before"}


@pytest.mark.parametrize(
    "more", [{"trust": Trust.FORGED}, {"msgtype": "m.notice"}, {"sender": MatrixId("@gone:culture.gouv.test")}]
)
async def test_who_did_not_write_it_is_not_answered(bridge: Bridge, note: ItemId, more: dict[str, Any]) -> None:
    assert await said(bridge, message(url_of(note), **more)) == []


async def test_who_joins_meanwhile_sees_nothing_that_they_may_not_read(bridge: Bridge, note: ItemId) -> None:
    bridge.workspace.readers[note] |= {INES}

    async def somebody_joins() -> None:
        bridge.rooms.members[ROOM] |= {MatrixId("@new:culture.gouv.test")}

    bridge.workspace.meanwhile = [somebody_joins]
    (card,) = await said(bridge, message(url_of(note)))
    assert "Plan social" not in card


class TestAnOffer:
    async def test_is_made_in_private_to_who_may_share(self, bridge: Bridge, note: ItemId) -> None:
        await said(bridge, message(url_of(note), sender=INES))
        (offer,) = whispered(bridge)
        assert "«\u00a0Plan social 2027\u00a0»\u00a0: 1 membre d’un de vos salons n’y a pas accès." in offer
        keys = [content["m.relates_to"]["key"] for _event, content in bridge.rooms.reactions.values()]
        assert keys == ["👁️", "💬", "✏️", "❌"]

    async def test_is_made_to_nobody_where_nobody_may(self, bridge: Bridge, note: ItemId) -> None:
        bridge.workspace.owners[note] = {MatrixId("@elsewhere:culture.gouv.test")}
        await said(bridge, message(url_of(note)))
        assert whispered(bridge) == []

    async def test_is_made_once_a_day(self, bridge: Bridge, note: ItemId, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(linkcards, "ONCE_WITHIN", timedelta(0))
        await said(bridge, message(url_of(note)))
        await said(bridge, message(url_of(note)))
        assert len(whispered(bridge)) == 1

    async def test_is_made_when_a_room_is_bound_to_what_some_cannot_read(self, bridge: Bridge, note: ItemId) -> None:
        await said(bridge, message(f"!parvis bind {url_of(note)}"))
        assert len(whispered(bridge)) == 1

    async def test_is_not_made_where_all_can(self, bridge: Bridge, note: ItemId) -> None:
        bridge.workspace.readers[note] |= {INES}
        await said(bridge, message(f"!parvis bind {url_of(note)}"))
        assert whispered(bridge) == []

    async def react(self, bridge: Bridge, key: str, sender: MatrixId = CAMILLE, room: RoomId = DIRECT) -> None:
        target = next(event for (where, _), (event, _) in bridge.rooms.events.items() if where == DIRECT)
        await bridge.middle.on_reaction(Reaction(room, EventId(f"$r{key}"), sender, target, key, Trust.CLEARTEXT))

    @pytest.mark.parametrize(("key", "role"), [("👁️", "reader"), ("👁", "reader"), ("💬", "commenter"), ("✏️", "editor")])
    async def test_a_reaction_gives_the_room_the_role(self, bridge: Bridge, note: ItemId, key: str, role: str) -> None:
        await said(bridge, message(url_of(note)))
        await self.react(bridge, key)
        assert bridge.workspace.shared == [(ROOM, str(note), role)]
        assert whispered(bridge)[-1].startswith("C’est fait")

    @pytest.mark.parametrize(
        "more", [{"key": "❌"}, {"key": "👍"}, {"key": "👁️", "sender": INES}, {"key": "👁️", "room": ROOM}]
    )
    async def test_anything_else_gives_nothing(self, bridge: Bridge, note: ItemId, more: dict[str, Any]) -> None:
        await said(bridge, message(url_of(note)))
        await self.react(bridge, **more)
        assert bridge.workspace.shared == []

    async def test_is_answered_once(self, bridge: Bridge, note: ItemId) -> None:
        await said(bridge, message(url_of(note)))
        await self.react(bridge, "❌")
        await self.react(bridge, "👁️")
        assert bridge.workspace.shared == []

    async def test_stays_open_for_who_has_not_allowed_it_yet(self, bridge: Bridge, note: ItemId) -> None:
        await said(bridge, message(url_of(note)))
        bridge.workspace.allows.clear()
        await self.react(bridge, "👁️")
        assert "page de votre compte" in whispered(bridge)[-1]
        bridge.workspace.allows.add(CAMILLE)
        await self.react(bridge, "👁")
        assert bridge.workspace.shared == [(ROOM, str(note), "reader")]

    async def test_that_is_old_gives_nothing(
        self, bridge: Bridge, note: ItemId, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await said(bridge, message(url_of(note)))
        monkeypatch.setattr(offers, "OPEN_FOR", timedelta(0))
        await self.react(bridge, "👁️")
        assert bridge.workspace.shared == []
        assert "trop ancienne" in whispered(bridge)[-1]


async def test_access_says_who_of_the_room_may_read(bridge: Bridge, note: ItemId) -> None:
    await said(bridge, message(f"!parvis bind {url_of(note)}"))
    (told,) = await said(bridge, message("!parvis access"))
    assert told.splitlines() == [
        "Ce que ce salon suit, et qui peut le lire\u00a0:",
        "• un élément que certaines personnes ici ne peuvent pas lire",
        f"  peut lire\u00a0: {CAMILLE}",
        f"  n’y a pas accès\u00a0: {INES}",
    ]
    bridge.workspace.readers[note] |= {INES}
    (told,) = await said(bridge, replace(message("!parvis accès"), sender=INES))
    assert told.splitlines()[1:3] == ["• Plan social 2027", f"  {url_of(note)}"]
