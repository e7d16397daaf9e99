"""A file said becomes a file kept: once, whole, for who asked, and with words where not."""

from __future__ import annotations

import asyncio
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bridge.files.crypto import Sealing
from bridge.ports import Retriable, Trust
from bridge.store.errands import State
from contract.ids import EventId, MatrixId, RoomId
from contract.options import RoomOptions
from tests.bridge.conftest import Bridge
from tests.bridge.fakes import CAMILLE, INES, PARVIS, ROOM, message, problem
from tests.bridge.files.harness import (
    DIRECT,
    PDF,
    asked,
    attach,
    bound_folder,
    floppy,
    last,
    marks,
    reacted,
    settled,
    states,
    working,
)


async def test_a_reaction_saves_the_file_into_the_folder_of_the_room(bridge: Bridge) -> None:
    folder, said = await bound_folder(bridge), attach(bridge)
    await reacted(bridge, said)
    assert list(bridge.workspace.drive.files.values()) == [PDF]
    (started,) = bridge.workspace.drive.uploads.values()
    assert started["folder"] == str(folder)
    assert (started["filename"], started["media_type"], started["size"]) == ("budget.pdf", "application/pdf", len(PDF))
    assert "budget.pdf" in last(bridge)["body"]
    assert last(bridge)["m.relates_to"]["rel_type"] == "m.thread"
    assert last(bridge)["m.relates_to"]["event_id"] == said.event_id
    assert marks(bridge) == ["✅"]
    assert await states(bridge) == [State.DONE]


async def test_so_does_a_command_in_reply_and_in_the_thread_of_the_file(bridge: Bridge) -> None:
    await bound_folder(bridge)
    one, other = attach(bridge), attach(bridge, thread_root=EventId("$root"))
    await asked(bridge, one)
    await bridge.middle.on_message(message("!drive enregistrer", thread_root=one.event_id))
    await asked(bridge, other)
    assert len(bridge.workspace.drive.files) == 2
    assert last(bridge)["m.relates_to"]["event_id"] == "$root"


@pytest.mark.parametrize("key", ["💾", "💾\ufe0f"])
async def test_however_often_it_is_asked_it_is_saved_once_and_told_where(bridge: Bridge, key: str) -> None:
    await bound_folder(bridge)
    said = attach(bridge)
    for sender in (CAMILLE, INES, CAMILLE):
        await bridge.middle.on_reaction(floppy(said, sender, key))
    await settled(bridge)
    before = len(bridge.rooms.said(ROOM))
    await asked(bridge, said, INES)
    assert len(bridge.workspace.drive.files) == 1
    assert "Déjà enregistré" in last(bridge)["body"]
    assert len(bridge.rooms.said(ROOM)) == before + 1


async def test_told_again_of_the_same_asking_it_answers_once(bridge: Bridge) -> None:
    await bound_folder(bridge)
    reaction = floppy(attach(bridge))
    for _ in range(2):
        await bridge.middle.on_reaction(reaction)
        await settled(bridge)
    assert len(bridge.workspace.drive.files) == 1
    assert len([said for said in bridge.rooms.said(ROOM) if "nregistré" in said["body"]]) == 1


async def test_other_reactions_and_other_messages_are_left_alone(bridge: Bridge) -> None:
    await bound_folder(bridge)
    said, words = attach(bridge), message("hello")
    bridge.rooms.messages[words.event_id] = words
    before = len(bridge.rooms.said(ROOM))
    await bridge.middle.on_reaction(floppy(said, key="👍"))
    await reacted(bridge, words)
    await bridge.middle.on_reaction(replace(floppy(said), trust=Trust.FORGED))
    await bridge.middle.on_reaction(floppy(said, MatrixId("@mallory:evil.test")))
    await settled(bridge)
    assert bridge.workspace.drive.files == {}
    assert len(bridge.rooms.said(ROOM)) == before
    assert marks(bridge) == []
    assert await states(bridge) == []


async def test_a_command_on_no_file_is_answered(bridge: Bridge) -> None:
    words = message("hello")
    bridge.rooms.messages[words.event_id] = words
    await asked(bridge, words)
    assert "Je ne vois pas de fichier" in last(bridge)["body"]
    await bridge.middle.on_message(message("!drive save"))
    assert "Je ne vois pas de fichier" in last(bridge)["body"]


async def test_a_command_needs_a_device_that_is_trusted(bridge: Bridge) -> None:
    await bound_folder(bridge)
    await asked(bridge, attach(bridge), trust=Trust.CLEARTEXT)
    assert bridge.workspace.drive.files == {}


async def test_the_first_folder_in_which_they_may_write_is_taken(bridge: Bridge) -> None:
    await bound_folder(bridge, writers=(INES,))
    second = await bound_folder(bridge)
    bound = bridge.workspace.rooms[ROOM]["bindings"]
    bound.reverse()  # it is not the order in which they are listed
    await reacted(bridge, attach(bridge))
    assert [one["folder"] for one in bridge.workspace.drive.uploads.values()] == [str(second)]


async def test_a_folder_that_the_room_follows_by_its_space_is_not_the_rooms(bridge: Bridge) -> None:
    await bound_folder(bridge)
    (bound,) = bridge.workspace.rooms[ROOM]["bindings"]
    bound |= {"own": False, "by_space": True}
    await reacted(bridge, attach(bridge))
    assert "!parvis bind" in last(bridge, DIRECT)["body"]
    assert bridge.workspace.drive.files == {}


async def test_without_a_folder_it_says_what_to_do(bridge: Bridge) -> None:
    await bound_folder(bridge, writers=(INES,))
    await asked(bridge, attach(bridge))
    assert "!parvis bind" in last(bridge)["body"]
    await reacted(bridge, attach(bridge))
    assert "!parvis bind" in last(bridge, DIRECT)["body"]
    assert bridge.workspace.drive.files == {}
    assert marks(bridge) == []


@pytest.mark.parametrize(("what", "word"), [("linked", "!parvis link"), ("allows", "/account/")])
async def test_who_is_not_linked_or_has_not_allowed_it_is_told_alone(bridge: Bridge, what: str, word: str) -> None:
    await bound_folder(bridge)
    before = len(bridge.rooms.said(ROOM))
    if what == "allows":
        bridge.workspace.allows.clear()
    else:
        bridge.workspace.drive.not_linked.add(CAMILLE)
    await reacted(bridge, attach(bridge))
    assert word in last(bridge, DIRECT)["body"]
    assert len(bridge.rooms.said(ROOM)) == before
    assert bridge.workspace.drive.files == {}


async def test_the_store_is_tried_again(bridge: Bridge) -> None:
    await bound_folder(bridge)
    bridge.workspace.drive.fail = [httpx.Response(503), httpx.Response(403)]
    await reacted(bridge, attach(bridge))
    assert list(bridge.workspace.drive.files.values()) == [PDF]
    assert marks(bridge) == ["✅"]


async def test_an_end_that_is_not_answered_is_asked_for_again_and_makes_one_file(bridge: Bridge) -> None:
    await bound_folder(bridge)
    bridge.workspace.drive.finish = [problem(503, "store_unavailable"), problem(503, "store_unavailable")]
    await reacted(bridge, attach(bridge))
    assert len(bridge.workspace.drive.uploads) == len(bridge.workspace.drive.files) == 1


async def test_the_title_is_told_only_where_all_may_read_it(bridge: Bridge) -> None:
    folder, said = await bound_folder(bridge), attach(bridge)
    bridge.workspace.readers[folder] = {CAMILLE}
    await reacted(bridge, said)
    assert "budget.pdf" not in last(bridge)["body"]
    assert "n’y ont pas accès" in last(bridge)["body"]


# --- crashes


async def interrupted(bridge: Bridge, said: Any, at: asyncio.Event) -> None:
    """The queue dies when `at` is set."""
    await bridge.middle.on_reaction(floppy(said))
    async with working(bridge), asyncio.timeout(20):
        await at.wait()


async def test_a_crash_in_the_middle_of_a_download_leaves_nothing_and_goes_on_after(bridge: Bridge) -> None:
    await bound_folder(bridge)
    said, reached, download = attach(bridge), asyncio.Event(), bridge.rooms.download

    async def stuck(url: str, most: int) -> Any:
        async for chunk in download(url, most):
            yield chunk
            reached.set()
            await asyncio.Event().wait()

    bridge.rooms.download = stuck  # type: ignore[method-assign]
    await interrupted(bridge, said, reached)
    assert list(bridge.files.transit.iterdir()) == []
    assert await states(bridge) == [State.WAITING]
    bridge.rooms.download = download  # type: ignore[method-assign]
    await settled(bridge)
    assert list(bridge.workspace.drive.files.values()) == [PDF]
    assert marks(bridge) == ["✅"]


@pytest.mark.parametrize("made", [True, False])
async def test_a_crash_while_the_end_is_asked_for_makes_no_second_file(bridge: Bridge, made: bool) -> None:
    await bound_folder(bridge)
    said, reached = attach(bridge), asyncio.Event()
    saves = bridge.workspace.drive.saves

    def dying(*args: Any) -> httpx.Response:
        if args[2] == "saves/":
            return saves(*args)
        reached.set()
        if made:
            saves(*args)
        return problem(503, "unavailable")

    bridge.workspace.drive.saves = dying  # type: ignore[assignment, method-assign]
    await interrupted(bridge, said, reached)
    bridge.workspace.drive.saves = saves  # type: ignore[method-assign]
    bridge.files.saver._begun.clear()  # another process
    await settled(bridge)
    assert list(bridge.workspace.drive.files.values()) == [PDF]
    assert marks(bridge) == ["✅"]
    assert "Enregistré" in last(bridge)["body"]


async def test_what_cannot_be_told_now_is_told_later(bridge: Bridge) -> None:
    await bound_folder(bridge)
    bridge.rooms.fail = [Retriable("HTTP 503"), None]
    await reacted(bridge, attach(bridge))
    assert len(bridge.workspace.drive.files) == 1
    assert "Enregistré" in last(bridge)["body"]


# --- bounds


async def test_who_asks_too_much_is_not_heard(bridge: Bridge) -> None:
    await bound_folder(bridge)
    for _ in range(60):
        await bridge.middle.on_reaction(floppy(attach(bridge)))
    assert len(await states(bridge)) < 60


async def test_memory_stays_flat(bridge: Bridge) -> None:
    await bound_folder(bridge)
    size, piece = 64 << 20, bytes(1 << 16)
    sealing, first = Sealing(), b"%PDF-1.7" + piece[8:]
    for start in range(0, size, len(piece)):
        sealing.update(first if start == 0 else piece)
    url = "mxc://culture.gouv.test/large"
    said = attach(bridge, b"x", encrypted=sealing.at(url), url=url, size=size)
    again = Sealing()
    again._context, again._key = _same(sealing), sealing._key

    async def download(_url: str, _most: int) -> Any:
        for start in range(0, size, len(piece)):
            yield again._context.update(first if start == 0 else piece)

    bridge.rooms.download = download  # type: ignore[assignment, method-assign]
    bridge.workspace.drive.counts = True
    tracemalloc.start()
    try:
        await reacted(bridge, said)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(bridge.workspace.drive.files) == 1
    assert peak < 8 << 20, f"{peak >> 20} MiB"


def _same(sealing: Sealing) -> Any:
    """Its cipher from the beginning on."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES256
    from cryptography.hazmat.primitives.ciphers.modes import CTR

    return Cipher(AES256(sealing._key), CTR(sealing._iv)).encryptor()


async def test_no_table_has_a_name_or_a_key(bridge: Bridge) -> None:
    await bound_folder(bridge)
    said = attach(bridge, name="very-secret-name.pdf")
    assert said.attachment is not None
    assert said.attachment.encrypted is not None
    key = said.attachment.encrypted.to_json()["key"]["k"]
    await reacted(bridge, said)
    names = [row["name"] for row in await bridge.db.fetch("SELECT name FROM sqlite_master WHERE type='table'")]
    assert "middle_errand" in names
    for name in names:
        for row in await bridge.db.fetch(f"SELECT * FROM {name}"):
            text = repr(tuple(row))
            assert "very-secret-name" not in text
            assert key not in text


async def test_what_is_old_is_forgotten_but_never_what_was_saved(bridge: Bridge) -> None:
    await bound_folder(bridge)
    await reacted(bridge, attach(bridge))
    await reacted(bridge, attach(bridge, b""))
    long_ago = round((datetime.now(UTC) - timedelta(days=60)).timestamp() * 1000)
    await bridge.db.execute("UPDATE middle_errand SET asked_at=$1", long_ago)
    await bridge.files.table.prune()
    assert await states(bridge) == [State.DONE]


async def test_a_room_that_keeps_everything_saves_for_who_sent_it(bridge: Bridge) -> None:
    await bound_folder(bridge)
    said = attach(bridge)
    await bridge.middle.on_message(said)
    await settled(bridge)
    assert bridge.workspace.drive.files == {}
    await bridge.choose(ROOM, RoomOptions(keep=True))
    await bridge.middle.on_message(replace(said, trust=Trust.UNKNOWN_DEVICE))
    await bridge.middle.on_message(said)
    await settled(bridge)
    assert len(bridge.workspace.drive.files) == 1
    assert marks(bridge) == ["✅"]  # and no words: nobody asked
    assert "nregistré" not in last(bridge)["body"]
    assert [one["subject_token"] for one in bridge.workspace.drive.tokens.values()] == [INES]


async def test_who_has_left_saves_nothing(bridge: Bridge) -> None:
    await bound_folder(bridge)
    await bridge.middle.on_reaction(floppy(attach(bridge)))
    bridge.rooms.members[ROOM] = frozenset({PARVIS, INES})
    await settled(bridge)
    assert bridge.workspace.drive.files == {}
    assert await states(bridge) == []


async def test_of_what_a_room_keeps_who_has_not_allowed_it_is_told_once_a_day(bridge: Bridge) -> None:
    await bound_folder(bridge)
    await bridge.choose(ROOM, RoomOptions(keep=True))
    bridge.workspace.allows.clear()
    for _ in range(3):
        await bridge.middle.on_message(attach(bridge))
        await settled(bridge)
    (told,) = bridge.rooms.said(RoomId(f"!direct-{INES}"))
    assert "/account/" in told["body"]
