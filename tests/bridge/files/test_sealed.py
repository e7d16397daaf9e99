"""What is saved into a sealed folder stays ciphertext, and comes back byte for byte where its key is."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from bridge.attachments import Attachment, EncryptedFile
from bridge.commands.drive import DriveCommand, DriveVerb, parse_drive
from bridge.files.crypto import Checked, Opening
from bridge.store.errands import State
from contract.ids import EventId, ItemId, MatrixId, RoomId
from contract.resources import Kind, Resource, link
from tests.bridge.conftest import Bridge
from tests.bridge.fakes import CAMILLE, INES, PARVIS, ROOM, URL, message
from tests.bridge.files.harness import PDF, attach, bound_folder, floppy, marks, settled, states

NADIA = MatrixId("@nadia:culture.gouv.test")
NAME = "very-secret-name.pdf"


async def sealed(bridge: Bridge, **more: Any) -> tuple[Any, ItemId]:
    """A file that was saved into a sealed folder, with its message."""
    folder = await bound_folder(bridge)
    bridge.workspace.drive.sealed.add(str(folder))
    said = attach(bridge, **({"name": NAME} | more))
    await bridge.middle.on_reaction(floppy(said))
    await settled(bridge)
    (item,) = bridge.workspace.drive.files
    return said, item


def address(item: ItemId) -> str:
    return link(URL, Resource(Kind.FILE, item))


async def asked(bridge: Bridge, words: str, **more: Any) -> Any:
    await bridge.middle.on_message(message(words, **more))
    await settled(bridge)
    return bridge.rooms.said(ROOM)[-1]


def test_the_command_is_read_with_and_without_an_address() -> None:
    assert parse_drive("!drive open") == DriveCommand(DriveVerb.OPEN)
    assert parse_drive("!drive ouvrir x") == DriveCommand(DriveVerb.OPEN, "x")


@pytest.mark.parametrize("media_type", ["application/pdf", "image/png", ""])
async def test_the_ciphertext_is_kept_as_it_came_and_nothing_is_said_of_it(bridge: Bridge, media_type: str) -> None:
    said, item = await sealed(bridge, media_type=media_type)
    assert bridge.workspace.drive.files[item] == bridge.rooms.media[said.attachment.url]
    assert marks(bridge) == ["✅"]
    started = list(bridge.workspace.drive.uploads.values())
    assert [one["sealed"] for one in started] == [True]
    assert [one["sender"] for one in started] == [INES]
    assert "Pièce scellée" in bridge.rooms.said(ROOM)[-1]["body"]
    assert bridge.workspace.titles[item].startswith("Pièce scellée")


def secrets_of(file: EncryptedFile) -> list[bytes]:
    """The key in all forms in which it may be written."""
    plain, web = base64.b64encode(file.key).rstrip(b"="), base64.urlsafe_b64encode(file.key).rstrip(b"=")
    return [file.key, plain, web, file.key.hex().encode(), repr(file.key).encode()]


async def test_neither_store_nor_table_nor_disk_has_key_or_content(bridge: Bridge) -> None:
    said, item = await sealed(bridge)
    await asked(bridge, f"!drive open {address(item)}")
    hidden = [*secrets_of(said.attachment.encrypted), PDF[:64], PDF[1000:1064]]
    kept = [*bridge.workspace.drive.files.values(), *bridge.workspace.drive.incoming.values()]
    kept += [one for one in bridge.rooms.media.values() if isinstance(one, bytes)]
    for name in [row["name"] for row in await bridge.db.fetch("SELECT name FROM sqlite_master WHERE type='table'")]:
        kept += [repr(tuple(row)).encode() for row in await bridge.db.fetch(f"SELECT * FROM {name}")]
    # What the workspace is told it may keep: the name as well goes with the first question alone, which it refuses.
    told = [body for body in bridge.workspace.asked if body[1] == "saves/" and body[2]["sealed"]]
    kept += [repr(told).encode()]
    kept += [path.read_bytes() for path in bridge.files.transit.parent.rglob("*") if path.is_file()]
    for secret in [*hidden, NAME.encode()]:
        assert not any(secret in one for one in kept)


@pytest.mark.parametrize("how", ["address", "reply", "thread"])
async def test_it_comes_back_byte_for_byte_with_its_name(bridge: Bridge, how: str) -> None:
    said, item = await sealed(bridge)
    more: dict[str, Any] = {"reply": {"reply_to": said.event_id}, "thread": {"thread_root": said.event_id}}.get(how, {})
    words = f"!drive open {address(item)}" if how == "address" else "!drive open"
    back = await asked(bridge, words, **more)
    attachment = Attachment.parse(back)
    assert attachment is not None
    assert attachment.encrypted is not None
    assert attachment.url != said.attachment.url
    ciphertext = bridge.rooms.media[attachment.url]
    assert isinstance(ciphertext, bytes)
    assert ciphertext == bridge.rooms.media[said.attachment.url]
    checked = Checked()
    checked.update(ciphertext)
    assert checked.fits(attachment.encrypted)
    assert Opening(attachment.encrypted).update(ciphertext) == PDF
    assert (attachment.name, attachment.media_type) == (NAME, "application/pdf")
    assert back["m.relates_to"]["m.in_reply_to"] == {"event_id": said.event_id}
    assert back["m.relates_to"]["event_id"] == said.event_id
    assert await states(bridge) == [State.DONE, State.DONE]


async def test_also_when_the_server_that_had_it_is_gone(bridge: Bridge) -> None:
    said, item = await sealed(bridge)
    del bridge.rooms.media[said.attachment.url]
    assert Attachment.parse(await asked(bridge, f"!drive open {address(item)}")) is not None


async def test_what_is_no_longer_what_was_sealed_is_not_given(bridge: Bridge) -> None:
    said, item = await sealed(bridge)
    kept = bridge.workspace.drive.files[item]
    bridge.workspace.drive.files[item] = kept[:-1] + bytes([kept[-1] ^ 1])
    back = await asked(bridge, "!drive open", reply_to=said.event_id)
    assert "n’est plus ce qui a été scellé" in back["body"]
    assert all("file" not in content for content in bridge.rooms.sealed)


async def test_without_the_rooms_key_it_stays_sealed(bridge: Bridge) -> None:
    said, item = await sealed(bridge)
    del bridge.rooms.messages[said.event_id]
    assert "n’est plus lisible" in (await asked(bridge, f"!drive open {address(item)}"))["body"]


async def test_in_another_room_it_stays_sealed(bridge: Bridge) -> None:
    _said, item = await sealed(bridge)
    other = RoomId("!other")
    bridge.rooms.members[other] = frozenset({PARVIS, CAMILLE, INES})
    await bridge.middle.on_message(message(f"!drive open {address(item)}", room=other))
    await settled(bridge)
    assert "dans le salon d’où elle" in bridge.rooms.said(other)[-1]["body"]


async def test_who_came_since_and_may_not_read_it_gets_no_key(bridge: Bridge) -> None:
    said, _item = await sealed(bridge)
    bridge.rooms.members[ROOM] |= {NADIA}
    back = await asked(bridge, "!drive open", reply_to=said.event_id)
    assert "1 membre de ce salon ne peut pas lire" in back["body"]
    assert all("file" not in content for content in bridge.rooms.sealed)


async def test_who_does_not_say_what_is_told_how(bridge: Bridge) -> None:
    said = attach(bridge)
    assert "Je ne sais pas quelle pièce" in (await asked(bridge, "!drive open"))["body"]
    assert "Je ne sais pas quelle pièce" in (await asked(bridge, "!drive open", reply_to=said.event_id))["body"]
    assert "pas l’adresse" in (await asked(bridge, "!drive open https://evil.test/drive/1/"))["body"]


async def test_a_plain_file_is_sent_and_not_opened(bridge: Bridge) -> None:
    await bound_folder(bridge)
    said = attach(bridge, thread_root=EventId("$root"))
    await bridge.middle.on_reaction(floppy(said))
    await settled(bridge)
    assert "!drive send" in (await asked(bridge, "!drive open", reply_to=said.event_id))["body"]
