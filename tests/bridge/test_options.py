"""What rooms and people choose, and what follows from it."""

from __future__ import annotations

import pytest

from bridge.store.rooms import RoomTable
from contract.events import EventType
from contract.ids import RoomId
from contract.options import Binders, RoomOptions
from tests.bridge.conftest import Bridge
from tests.bridge.fakes import CAMILLE, INES, PARVIS, ROOM, event, item, message, problem
from tests.bridge.test_commands import answers
from tests.bridge.test_deliverer import CREATED, SHARED, UPDATED, over

DIRECT = RoomId(f"!direct-{CAMILLE}")


@pytest.fixture(autouse=True)
def _room(bridge: Bridge) -> None:
    bridge.rooms.members |= {ROOM: frozenset({PARVIS, CAMILLE, INES}), DIRECT: frozenset({PARVIS, CAMILLE})}


async def alone(bridge: Bridge, body: str) -> str:
    """The answer in the direct chat."""
    await bridge.middle.on_message(message(body, room=DIRECT))
    return str(bridge.rooms.said(DIRECT)[-1]["body"])


async def test_settings_are_listed_with_their_values(bridge: Bridge) -> None:
    (listed,) = await answers(bridge, "!parvis settings")
    assert "• threads = non" in listed
    assert "!parvis settings threads oui" in listed
    assert "mentions" not in listed
    (one,) = await answers(bridge, "!parvis settings fils")
    assert "• threads = non" in one
    assert "keep" not in one


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ("threads on", RoomOptions(threads=True)),
        ("fils oui", RoomOptions(threads=True)),
        ("Floods OFF", RoomOptions(floods=False)),
        ("fichiers non", RoomOptions(files=False)),
        ("binding binders", RoomOptions(binding=Binders.BINDERS)),
    ],
)
async def test_a_room_chooses_and_it_is_so_after_a_restart(bridge: Bridge, words: str, options: RoomOptions) -> None:
    (said,) = await answers(bridge, f"!parvis settings {words}")
    assert "C’est noté" in said
    again = RoomTable(bridge.db)
    await again.load()
    assert bridge.table.options(ROOM) == again.options(ROOM) == options


async def test_its_language_is_one_of_its_settings(bridge: Bridge) -> None:
    assert await answers(bridge, "!parvis settings language en") == ["Noted: here I write in English."]
    assert "threads = off" in (await answers(bridge, "!parvis settings threads"))[0]
    assert await answers(bridge, "!parvis settings langue de") == ["Write: !parvis settings language fr|en"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("thread on", "Vouliez-vous dire «\u00a0!parvis settings threads\u00a0»"),
        ("xyz", "Je n’ai pas de réglage «\u00a0xyz\u00a0». «"),
        ("mentions direct", "Le réglage mentions se change en tête à tête avec moi."),
        ("threads perhaps", "Écrivez\u00a0: !parvis settings threads oui|non"),
    ],
)
async def test_a_slip_changes_nothing_and_is_told(bridge: Bridge, words: str, said: str) -> None:
    assert said in (await answers(bridge, f"!parvis settings {words}"))[0]
    assert bridge.table.options(ROOM) == RoomOptions()
    assert not any(path.endswith("options/") for _, path, _ in bridge.workspace.asked)


async def test_who_is_not_linked_or_may_not_changes_nothing(bridge: Bridge) -> None:
    bridge.workspace.linked.discard(CAMILLE)
    assert "!parvis link" in (await answers(bridge, "!parvis settings threads on"))[0]
    bridge.workspace.linked.add(CAMILLE)
    await bridge.roster.tell(ROOM)
    choose = bridge.roster._workspace.set_room_options

    async def refused(*args: object, **more: object) -> object:
        bridge.workspace.refuse = [problem(409, "not_a_binder")]
        return await choose(*args, **more)  # type: ignore[arg-type]

    bridge.roster._workspace.set_room_options = refused  # type: ignore[method-assign, assignment]
    assert await answers(bridge, "!parvis settings threads on") == ["the workspace says not_a_binder"]
    assert bridge.table.options(ROOM) == RoomOptions()


async def test_a_person_chooses_in_a_direct_chat(bridge: Bridge) -> None:
    listed = await alone(bridge, "!parvis settings")
    assert "• mentions = room" in listed
    assert "threads" not in listed
    assert "C’est noté\u00a0: mentions = direct" in await alone(bridge, "!parvis settings mentions direct")
    assert "se change dans le salon" in await alone(bridge, "!parvis settings threads on")
    assert await alone(bridge, "!parvis settings language en") == "Noted: here I write in English."
    assert bridge.workspace.persons == {CAMILLE: {"mentions": "direct", "language": "en"}}


@pytest.mark.parametrize(
    ("options", "heard"),
    [
        (RoomOptions(), {CREATED, UPDATED, SHARED}),
        (RoomOptions(updated=False), {CREATED, SHARED}),
        (RoomOptions(shared=False, created=False), {UPDATED}),
        (RoomOptions(documents=False), set()),
        (RoomOptions(files=False, folders=False, trashed=False), {CREATED, UPDATED, SHARED}),
    ],
)
async def test_a_room_hears_of_what_it_chose(bridge: Bridge, options: RoomOptions, heard: set[EventType]) -> None:
    await bridge.choose(ROOM, options)
    of = item()
    await bridge.take(event(EventType.ROOM_BOUND, of, room=ROOM))
    await bridge.take(*(event(type_, of) for type_ in (CREATED, UPDATED, SHARED)))
    assert {one.happening.type for one in await bridge.deliveries.waiting(ROOM, 10)} == heard


async def test_what_comes_after_an_items_first_card_is_in_its_thread(bridge: Bridge) -> None:
    of, other = item(), item()
    await bridge.choose(ROOM, RoomOptions(threads=True))
    bridge.workspace.readers |= {of: {CAMILLE, INES}, other: {CAMILLE, INES}}
    for one in (of, other):
        await bridge.take(event(EventType.ROOM_BOUND, one, room=ROOM))
    await bridge.take(event(CREATED, of), event(CREATED, other), event(UPDATED, of), event(UPDATED, of))
    await over(bridge)
    # The first is forgotten after some days, and its thread goes on.
    await bridge.db.execute("DELETE FROM middle_delivery WHERE type=$1", CREATED.value)
    await bridge.take(event(SHARED, of))
    await over(bridge)
    first, unrelated, threaded, edit, late = bridge.rooms.said(ROOM)
    root = next(id_ for id_, content in bridge.rooms.events.values() if content is first)
    relation = {
        "rel_type": "m.thread",
        "event_id": root,
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": root},
    }
    assert "m.relates_to" not in first
    assert "m.relates_to" not in unrelated
    assert threaded["m.relates_to"] == late["m.relates_to"] == relation
    assert edit["m.relates_to"]["rel_type"] == "m.replace"
