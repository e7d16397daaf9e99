"""The courier: what rooms follow, and that a room is told of it once, and a title only where all of it may read."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bots.courier.courier import Courier
from bots.framework.errors import HomeserverUnavailable
from bots.framework.trust import Trust
from contract.events import EventType
from tests.bots import apps
from tests.bots.apps import Scene
from tests.bots.fake_client import FakeClient, room
from tests.bots.fake_workspace import Document, FakeWorkspace

CAMILLE, INES, LOUIS = "@camille:a.test", "@ines:a.test", "@louis:a.test"
ROOM, OTHER = "!room", "!other"


@pytest.fixture
def client() -> FakeClient:
    return FakeClient(rooms={ROOM: room(ROOM, CAMILLE, INES), OTHER: room(OTHER, CAMILLE)})


@pytest.fixture
async def scene(client: FakeClient, workspace: FakeWorkspace, tmp_path: Path) -> AsyncIterator[Scene]:
    async with apps.running(Courier().app, client, workspace, tmp_path) as scene_:
        yield scene_


def address(scene: Scene, document: Document) -> str:
    return f"{scene.workspace.url}/docs/{document.id}/"


async def follows(scene: Scene, *readers: str, where: str = ROOM, title: str = "Plan social") -> Document:
    """A document that the room follows, and that was said."""
    document = scene.workspace.add(title, *readers)
    await scene.says(where, CAMILLE, f"!courier follow {address(scene, document)}")
    assert "follows" in scene.client.told(where)[-1]
    return document


async def test_a_room_that_follows_something_is_shown_what_happens_there(scene: Scene) -> None:
    note = await follows(scene, CAMILLE, INES)
    assert "Plan social" not in scene.client.told(ROOM)[0]
    scene.workspace.happens(note)
    told = await scene.until_told(ROOM, 2)
    assert "Plan social" in told[1]
    assert address(scene, note) in told[1]
    assert scene.client.told(OTHER) == []


async def test_where_one_may_not_read_the_title_is_not_shown(scene: Scene) -> None:
    note = await follows(scene, CAMILLE)
    scene.workspace.happens(note)
    told = await scene.until_told(ROOM, 2)
    assert "1 member of the room has no access" in told[1]
    assert "Plan social" not in json.dumps(scene.client.said)


async def test_who_comes_while_it_is_sent_is_asked_about(scene: Scene) -> None:
    note = await follows(scene, CAMILLE, INES)
    scene.client.comes_before_sending = [(ROOM, LOUIS)]
    scene.workspace.happens(note)
    await scene.until_told(ROOM, 2)
    assert "Plan social" not in json.dumps(scene.client.said)


async def test_updates_edit_one_card_by_what_may_be_read_now(scene: Scene) -> None:
    note = await follows(scene, CAMILLE, INES)
    for number in (2, 3):
        scene.workspace.happens(note)
        await scene.until_told(ROOM, number)
    first, second = scene.client.said[1][1], scene.client.said[2][1]
    assert second["m.relates_to"] == {"rel_type": "m.replace", "event_id": "$sent2"}
    assert "m.relates_to" not in first
    assert "2 changes" in second["m.new_content"]["body"]
    note.readers.discard(INES)
    scene.workspace.happens(note)
    await scene.until_told(ROOM, 4)
    third = scene.client.said[3][1]
    assert third["m.relates_to"]["event_id"] == "$sent2"
    assert "Plan social" not in json.dumps(third)
    scene.workspace.happens(note, EventType.DOCUMENT_TRASHED)
    await scene.until_told(ROOM, 5)
    assert "m.relates_to" not in scene.client.said[4][1]
    assert scene.workspace.questions[-1]["trashing"] is True


async def test_nobody_can_follow_what_they_may_not_read_nor_learn_that_it_is_there(scene: Scene) -> None:
    hidden = scene.workspace.add("Caché", INES)
    await scene.says(ROOM, CAMILLE, f"!courier follow {address(scene, hidden)}")
    scene.workspace.documents.clear()
    await scene.says(ROOM, CAMILLE, f"!courier follow {address(scene, hidden)}")
    first, second = scene.client.told(ROOM)
    assert first == second
    assert "nothing at this address" in first


@pytest.mark.parametrize("link", ["", "x", "https://evil.test/docs/0192f0c4-0000-7000-8000-000000000001/"])
async def test_what_is_no_address_of_ours_is_not_asked_about(scene: Scene, link: str) -> None:
    await scene.says(ROOM, CAMILLE, f"!courier follow {link}")
    assert scene.workspace.questions == []
    assert "Give me the address" in scene.client.told(ROOM)[0]


async def test_a_room_follows_no_more_what_it_gave_up(scene: Scene) -> None:
    note = await follows(scene, CAMILLE, INES)
    kept = await follows(scene, CAMILLE, INES, title="Budget")
    await scene.says(ROOM, CAMILLE, "!courier list")
    assert address(scene, note) in scene.client.told(ROOM)[-1]
    await scene.says(ROOM, CAMILLE, f"!courier unfollow {address(scene, note)}")
    await scene.says(ROOM, CAMILLE, f"!courier oublier {address(scene, note)}")
    assert "did not follow" in scene.client.told(ROOM)[-1]
    scene.workspace.happens(note)
    scene.workspace.happens(kept)
    told = await scene.until_told(ROOM, 6)
    assert "Budget" in told[5]


async def test_an_unproven_device_is_not_obeyed(scene: Scene) -> None:
    note = scene.workspace.add("Note", CAMILLE)
    for trust in (Trust.CLEARTEXT, Trust.UNKNOWN_DEVICE):
        await scene.says(ROOM, CAMILLE, f"!courier follow {address(scene, note)}", trust=trust)
    assert scene.workspace.questions == []


async def test_the_workspace_being_away_is_said(scene: Scene) -> None:
    note = scene.workspace.add("Note", CAMILLE)
    scene.workspace.down = True
    await scene.says(ROOM, CAMILLE, f"!courier follow {address(scene, note)}")
    assert "does not answer" in scene.client.told(ROOM)[0]


async def test_after_a_crash_it_goes_on_where_it_was_and_says_nothing_twice(
    client: FakeClient, workspace: FakeWorkspace, tmp_path: Path
) -> None:
    async with apps.running(Courier().app, client, workspace, tmp_path) as scene:
        note = await follows(scene, CAMILLE, INES)
        event = workspace.happens(note)
        await scene.until_told(ROOM, 2)
        workspace.events.put_nowait(b"id: after\n\n")
        note_two = await follows(scene, CAMILLE, INES, title="Budget")
    async with apps.running(Courier().app, client, workspace, tmp_path) as scene:
        # The event comes again, as it may after a crash, then another.
        workspace.events.put_nowait(b"id: %b\ndata: %b\n\n" % (str(event.id).encode(), event.to_json()))
        workspace.happens(note_two)
        told = await scene.until_told(ROOM, 4)
        assert "Budget" in told[3]
    assert workspace.resumed_at[0] == ""
    assert workspace.resumed_at[1] in ("after", str(event.id))


async def test_what_was_sent_and_not_remembered_is_sent_again_as_the_same(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it dies between the homeserver's answer and its memory, the transaction tells the homeserver."""
    note = await follows(scene, CAMILLE, INES)
    transactions: list[str] = []
    sent = scene.client.send

    async def send(room_id: str, content: Any, *, transaction: str, **more: Any) -> str:
        transactions.append(transaction)
        if len(transactions) == 1:
            raise HomeserverUnavailable("it has it, and its answer was lost", retry_after=0.01)
        return await sent(room_id, content, transaction=transaction, **more)

    monkeypatch.setattr(scene.client, "send", send)
    monkeypatch.setattr("bots.framework.events.FIRST_PAUSE", 0.01)
    scene.workspace.happens(note)
    await scene.until_told(ROOM, 2)
    assert len(transactions) == 2
    assert len(set(transactions)) == 1


async def test_one_event_has_its_own_transaction_in_each_room(scene: Scene) -> None:
    note = await follows(scene, CAMILLE, INES)
    await scene.says(OTHER, CAMILLE, f"!courier follow {address(scene, note)}")
    scene.workspace.happens(note)
    await scene.until_told(ROOM, 2)
    await scene.until_told(OTHER, 2)
    assert len({content["transaction"] for _, content in scene.client.said}) == len(scene.client.said)


async def test_rooms_that_it_left_and_rooms_of_nobody_keep_no_other_from_being_told(scene: Scene) -> None:
    note = await follows(scene, CAMILLE, INES, where=OTHER)
    await scene.says(ROOM, CAMILLE, f"!courier follow {address(scene, note)}")
    del scene.client.rooms[OTHER]
    scene.workspace.happens(note)
    await scene.until_told(ROOM, 2)
    scene.client.rooms[ROOM].members.clear()
    scene.workspace.happens(note, EventType.DOCUMENT_SHARED)
    scene.client.rooms[OTHER] = room(OTHER, CAMILLE)
    scene.workspace.happens(note)
    other = await follows(scene, CAMILLE, where=OTHER, title="Budget")
    scene.workspace.happens(other)
    told = await scene.until_told(OTHER, 3)
    assert "Budget" in told[2], "what it followed before is forgotten with the room"
    assert len(scene.client.told(ROOM)) == 2


async def test_who_has_a_strange_id_is_one_who_cannot_read(scene: Scene) -> None:
    note = await follows(scene, CAMILLE, INES)
    scene.client.rooms[ROOM].members["@with space:a.test"] = "join"
    scene.workspace.happens(note)
    told = await scene.until_told(ROOM, 2)
    assert "1 member of the room has no access" in told[1]


async def test_that_events_are_missing_is_said_in_rooms_that_follow_something(scene: Scene) -> None:
    await follows(scene, CAMILLE, INES)
    gap = json.dumps({"since": "2026-11-01T08:00:00+00:00", "until": None}).encode()
    scene.workspace.events.put_nowait(b"event: gap\ndata: %b\n\n" % gap)
    told = await scene.until_told(ROOM, 2)
    assert "2026-11-01 08:00" in told[1]
    assert scene.client.told(OTHER) == []
