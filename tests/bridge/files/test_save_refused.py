"""What is not saved is said in words, and nothing of it is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from bridge.files import queue
from bridge.ports import Permanent, Retriable, Trust
from bridge.store.errands import State
from tests.bridge.conftest import MOST, Bridge
from tests.bridge.fakes import ROOM, problem
from tests.bridge.files.harness import (
    DIRECT,
    PDF,
    attach,
    bound_folder,
    floppy,
    last,
    marks,
    reacted,
    replaced,
    save,
    states,
    until,
    working,
)


async def refused(bridge: Bridge, said: Any) -> str:
    """What is said of a file that is not saved. Nothing of it is kept."""
    await reacted(bridge, said)
    assert bridge.workspace.drive.files == {}
    assert list(bridge.files.transit.iterdir()) == []
    assert await states(bridge) == [State.FAILED]
    assert "✅" not in marks(bridge)
    assert "⏳" not in marks(bridge)
    return str(last(bridge)["body"])


async def test_a_wrong_hash_is_told_and_nothing_is_uploaded(bridge: Bridge) -> None:
    await bound_folder(bridge)
    said = attach(bridge)
    assert said.attachment is not None
    assert said.attachment.encrypted is not None
    replaced(bridge, said, encrypted=replace(said.attachment.encrypted, sha256=bytes(32)))
    assert "abîmé" in await refused(bridge, said)
    assert bridge.workspace.drive.uploads == {}
    assert marks(bridge) == ["❌"]


@pytest.mark.parametrize(
    "change", [lambda had: had[:-1], lambda had: b"", lambda had: had + b"x", lambda had: b"x" + had[1:]]
)
async def test_so_is_a_file_that_is_cut_or_changed(bridge: Bridge, change: Callable[[bytes], bytes]) -> None:
    await bound_folder(bridge)
    said = attach(bridge)
    assert said.attachment is not None
    had = bridge.rooms.media[said.attachment.url]
    assert isinstance(had, bytes)
    bridge.rooms.media[said.attachment.url] = change(had)
    assert "abîmé" in await refused(bridge, said)


async def test_a_size_that_is_another_than_was_said_is_a_lie(bridge: Bridge) -> None:
    await bound_folder(bridge)
    said = replaced(bridge, attach(bridge), size=len(PDF) + 1)
    assert "abîmé" in await refused(bridge, said)


@pytest.mark.parametrize("size", [0, None])
async def test_a_file_of_no_bytes_is_told(bridge: Bridge, size: int | None) -> None:
    await bound_folder(bridge)
    assert "vide" in await refused(bridge, attach(bridge, b"", size=size))


async def test_a_lying_type_is_told(bridge: Bridge) -> None:
    await bound_folder(bridge)
    said = attach(bridge, media_type="image/png")
    assert "n’est pas ce que disent" in await refused(bridge, said)
    (token,) = bridge.workspace.drive.tokens.values()
    assert token["media_types"] == "image/*"


async def test_a_dead_homeserver_is_told_after_some_attempts(bridge: Bridge) -> None:
    await bound_folder(bridge)
    said = attach(bridge)
    assert said.attachment is not None
    bridge.rooms.media[said.attachment.url] = Retriable("HTTP 502 M_UNKNOWN")
    assert "ne répond pas" in await refused(bridge, said)
    await bridge.middle.on_reaction(floppy(said))
    assert await states(bridge) == [State.WAITING]  # asked again, it is tried again


async def test_that_it_is_waited_for_is_told_once_and_whoever_asks_again_has_it_tried_at_once(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "PAUSES", (3600.0, 3600.0, 3600.0))
    await bound_folder(bridge)
    said = attach(bridge)
    assert said.attachment is not None
    ciphertext = bridge.rooms.media[said.attachment.url]
    bridge.rooms.media[said.attachment.url] = Retriable("HTTP 502 M_UNKNOWN")

    async def attempts(wanted: int) -> bool:
        return [row["attempts"] for row in await bridge.db.fetch("SELECT attempts FROM middle_errand")] == [wanted]

    def waits() -> int:
        return sum("Je le lui redemande" in words["body"] for words in bridge.rooms.said(ROOM))

    async with working(bridge):
        await bridge.middle.on_reaction(floppy(said))
        await until(lambda: attempts(1))
        await bridge.middle.on_reaction(floppy(said))
        await until(lambda: attempts(2))
    assert waits() == 1
    assert marks(bridge) == ["⏳"]
    bridge.rooms.media[said.attachment.url] = ciphertext
    async with working(bridge):
        await bridge.middle.on_message(save(said))

        async def done() -> bool:
            return await states(bridge) == [State.DONE]

        await until(done)
    assert waits() == 1
    assert len(bridge.workspace.drive.files) == 1


async def test_a_file_that_its_server_has_no_more_is_told(bridge: Bridge) -> None:
    await bound_folder(bridge)
    said = attach(bridge)
    bridge.rooms.media.clear()
    assert "n’est plus sur son serveur" in await refused(bridge, said)


@pytest.mark.parametrize("size", [MOST + 1, None])
async def test_a_file_that_is_too_large_is_told(bridge: Bridge, size: int | None) -> None:
    await bound_folder(bridge)
    said = attach(bridge, size=size)
    assert said.attachment is not None
    if size is None:
        bridge.rooms.media[said.attachment.url] = Permanent("M_TOO_LARGE", "many bytes")
    assert "128 Mio" in await refused(bridge, said)


async def test_what_the_workspace_finds_too_large_is_told(bridge: Bridge) -> None:
    await bound_folder(bridge)
    bridge.workspace.drive.start.append(problem(413, "file_too_large"))
    assert "trop grand" in await refused(bridge, attach(bridge))


async def test_a_file_that_is_not_encrypted_proves_nothing(bridge: Bridge) -> None:
    await bound_folder(bridge)
    assert "rien ne prouve" in await refused(bridge, attach(bridge, encrypted=None))


@pytest.mark.parametrize("trust", [Trust.FORGED, Trust.CLEARTEXT])
async def test_nor_does_a_message_that_anybody_may_have_written(bridge: Bridge, trust: Trust) -> None:
    await bound_folder(bridge)
    assert "rien ne prouve" in await refused(bridge, attach(bridge, trust=trust))


async def test_names_go_to_the_workspace_as_they_are_and_one_that_shows_nothing_does_not(bridge: Bridge) -> None:
    await bound_folder(bridge)
    assert "pas de nom" in await refused(bridge, attach(bridge, name="\u202e\u200b\x00"))
    await reacted(bridge, attach(bridge, name="../\u202efdp.exe"))
    (started,) = bridge.workspace.drive.uploads.values()
    assert started["filename"] == "../\u202efdp.exe"  # titles.clean of the workspace decides
    assert "\u202e" not in last(bridge)["body"]


async def test_revoked_meanwhile_nothing_is_kept(bridge: Bridge) -> None:
    await bound_folder(bridge)
    said = attach(bridge)
    put = bridge.workspace.drive.store

    async def revoked(request: httpx.Request) -> httpx.Response:
        answer = await put(request)
        bridge.workspace.allows.clear()
        return answer

    bridge.workspace.drive.store = revoked  # type: ignore[method-assign]
    await reacted(bridge, said)
    assert bridge.workspace.drive.files == {}
    assert bridge.workspace.drive.incoming == {}
    assert "/account/" in last(bridge, DIRECT)["body"]
    assert marks(bridge) == []
