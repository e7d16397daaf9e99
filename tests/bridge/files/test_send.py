"""A Drive file becomes an attachment: encrypted, for those who may all read it, and for nobody else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from bridge.attachments import Attachment
from bridge.commands.drive import DriveCommand, DriveMisused, DriveUnknown, DriveVerb, parse_drive
from bridge.files.crypto import Checked, Opening
from bridge.ports import Retriable, Sealed, Trust
from bridge.store.errands import State
from contract.ids import EventId, ItemId, MatrixId, RoomId
from contract.resources import Kind, Resource, link
from tests.bridge.conftest import Bridge
from tests.bridge.fakes import CAMILLE, INES, PARVIS, ROOM, URL, item, message, problem
from tests.bridge.files.harness import PDF, marks, settled, states

DIRECT = RoomId(f"!direct-{CAMILLE}")
NADIA = MatrixId("@nadia:culture.gouv.test")


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        ("!drive save", DriveCommand(DriveVerb.SAVE)),
        ("!Drive ENREGISTRER", DriveCommand(DriveVerb.SAVE)),
        ("!drive send le budget 2027.pdf", DriveCommand(DriveVerb.SEND, "le budget 2027.pdf")),
        ("!drive\u00a0envoie x", DriveCommand(DriveVerb.SEND, "x")),
        ("!drive", DriveCommand(DriveVerb.HELP)),
        ("!drive save this", DriveMisused(DriveVerb.SAVE)),
        ("!drive send", DriveMisused(DriveVerb.SEND)),
        ("!drive sned x", DriveUnknown("sned", DriveVerb.SEND)),
        ("!drive 42", DriveUnknown("42", None)),
        ("!drives save", None),
        ("save !drive", None),
        ("", None),
    ],
)
def test_commands_are_read(body: str, parsed: object) -> None:
    assert parse_drive(body) == parsed


def kept(bridge: Bridge, name: str = "budget.pdf", readers: tuple[MatrixId, ...] = (CAMILLE, INES)) -> ItemId:
    """A file in Drive."""
    one = item()
    bridge.workspace.drive.files[one] = PDF
    bridge.workspace.kinds[one], bridge.workspace.titles[one] = "file", name
    bridge.workspace.readers[one] = set(readers)
    return one


def address(one: ItemId) -> str:
    return link(URL, Resource(Kind.FILE, one))


def hit(bridge: Bridge, one: ItemId) -> dict[str, Any]:
    fields = {"item": str(one), "kind": "file", "title": bridge.workspace.titles[one], "url": address(one)}
    return {**fields, "excerpt": "", "updated_at": datetime.now(UTC).isoformat()}


async def sent(bridge: Bridge, words: str, **more: Any) -> Any:
    """The last that is in the room after somebody asked for a file."""
    await bridge.middle.on_message(message(f"!drive send {words}", **more))
    await settled(bridge)
    said = bridge.rooms.said(ROOM)
    return said[-1] if said else None


def opened(bridge: Bridge, said: Any) -> bytes:
    """What a client makes of the attachment."""
    attachment = Attachment.parse(said)
    assert attachment is not None
    assert attachment.encrypted is not None
    ciphertext = bridge.rooms.media[attachment.url]
    assert isinstance(ciphertext, bytes)
    checked = Checked()
    checked.update(ciphertext)
    assert checked.fits(attachment.encrypted)
    return Opening(attachment.encrypted).update(ciphertext)


async def test_a_link_becomes_an_encrypted_attachment(bridge: Bridge) -> None:
    said = await sent(bridge, f"<{address(kept(bridge))}>")
    assert opened(bridge, said) == PDF
    assert (said["msgtype"], said["body"], said["filename"]) == ("m.file", "budget.pdf", "budget.pdf")
    assert said["info"] == {"mimetype": "application/pdf", "size": len(PDF)}
    assert said["m.mentions"] == {}
    assert PDF[:100] not in b"".join(one for one in bridge.rooms.media.values() if isinstance(one, bytes))
    assert marks(bridge) == ["✅"]
    tokens = bridge.workspace.drive.tokens.values()
    assert len(tokens) == 2, "one to look at it, one to have it"
    for token in tokens:
        assert (token["scope"], token["subject_token"], token["room"]) == ("read", CAMILLE, ROOM)


async def test_each_time_with_another_key_and_in_the_thread_where_it_was_asked(bridge: Bridge) -> None:
    one = kept(bridge)
    first = await sent(bridge, address(one))
    second = await sent(bridge, address(one), thread_root=EventId("$root"))
    assert first["file"]["key"]["k"] != second["file"]["key"]["k"]
    assert first["file"]["iv"] != second["file"]["iv"]
    assert second["m.relates_to"]["event_id"] == "$root"


async def test_a_name_becomes_one_if_there_is_one_that_all_may_read(bridge: Bridge) -> None:
    one = kept(bridge)
    bridge.workspace.drive.found["hits"] = [hit(bridge, one)]
    assert opened(bridge, await sent(bridge, "budget")) == PDF
    body = next(body for _method, path, body in bridge.workspace.asked if path == "search/")
    assert body["audience"] == sorted([CAMILLE, INES])
    assert body["kind"] == "file"


async def test_of_several_the_one_of_exactly_that_name_is_meant_else_they_are_told(bridge: Bridge) -> None:
    one, other, hidden = kept(bridge), kept(bridge, "budget-2.pdf"), kept(bridge, "secret.pdf", (CAMILLE,))
    bridge.workspace.drive.found["hits"] = [hit(bridge, other), hit(bridge, one)]
    assert (await sent(bridge, "Budget.pdf"))["body"] == "budget.pdf"
    bridge.workspace.drive.found["hits"].append(hit(bridge, hidden))
    said = await sent(bridge, "budget")
    assert "budget.pdf" in said["body"]
    assert address(other) in said["body"]
    assert "secret" not in said["body"]  # what the search said is looked at again
    assert "file" not in said


async def test_of_what_only_the_asker_may_read_the_room_hears_as_of_nothing(bridge: Bridge) -> None:
    nothing = await sent(bridge, "budget")
    hidden = kept(bridge, readers=(CAMILLE,))
    bridge.workspace.drive.found |= {"asker_hits": [hit(bridge, hidden)], "asker_only": 1}
    assert (await sent(bridge, "budget"))["body"] == nothing["body"]
    assert "Je trouve des fichiers" in bridge.rooms.said(DIRECT)[-1]["body"]


async def test_where_some_may_not_read_it_is_said_what_is_needed_and_nothing_is_read(bridge: Bridge) -> None:
    hidden = kept(bridge, readers=(CAMILLE,))
    bridge.workspace.owners[hidden] = {CAMILLE}
    await bridge.middle.on_message(message("!parvis bindings"))  # the workspace knows the room
    said = await sent(bridge, address(hidden))
    assert "1 membre de ce salon ne peut pas lire" in said["body"]
    assert "budget" not in said["body"]
    assert bridge.rooms.media == {}
    assert any("budget.pdf" in whispered["body"] for whispered in bridge.rooms.said(DIRECT))  # the offer
    assert await states(bridge) == [State.FAILED]


async def test_who_may_not_read_it_does_not_learn_that_there_is_something(bridge: Bridge) -> None:
    hidden = kept(bridge, readers=(INES,))
    there, nothing = await sent(bridge, address(hidden)), await sent(bridge, address(item()))
    assert there["body"] == nothing["body"]


async def test_whoever_comes_while_it_is_sent_is_asked_about(bridge: Bridge) -> None:
    one = kept(bridge)
    upload = bridge.rooms.upload

    async def slow(*args: Any) -> str:
        bridge.rooms.members[ROOM] |= {NADIA}
        return await upload(*args)

    bridge.rooms.upload = slow  # type: ignore[method-assign]
    said = await sent(bridge, address(one))
    assert "file" not in said
    assert "1 membre" in said["body"]
    assert all("file" not in content for content in bridge.rooms.sealed)


async def test_whoever_comes_between_the_question_and_the_sealing_gets_no_key(bridge: Bridge) -> None:
    one, seal = kept(bridge), bridge.rooms.seal

    async def seal_after_nadia_came(room: RoomId, *args: Any, **more: Any) -> Sealed:
        bridge.rooms.members[ROOM] |= {NADIA}
        return await seal(room, *args, **more)

    bridge.rooms.seal = seal_after_nadia_came  # type: ignore[method-assign]
    assert "file" not in await sent(bridge, address(one))
    assert all("file" not in content for content in bridge.rooms.sealed)


async def test_rights_that_go_while_it_is_sent_are_gone(bridge: Bridge) -> None:
    one, upload = kept(bridge), bridge.rooms.upload

    async def slow(*args: Any) -> str:
        bridge.workspace.readers[one].discard(INES)
        return await upload(*args)

    bridge.rooms.upload = slow  # type: ignore[method-assign]
    assert "file" not in await sent(bridge, address(one))


async def test_who_has_not_allowed_it_is_told_how(bridge: Bridge) -> None:
    bridge.workspace.allows.clear()
    one = kept(bridge)
    assert "/account/" in (await sent(bridge, address(one)))["body"]
    assert "/account/" in (await sent(bridge, "budget"))["body"]


async def test_a_folder_and_another_address_are_no_files(bridge: Bridge) -> None:
    folder = kept(bridge)
    bridge.workspace.kinds[folder] = "folder"
    assert "pas un fichier" in (await sent(bridge, address(folder)))["body"]
    assert "pas l’adresse" in (await sent(bridge, "https://evil.test/drive/1/"))["body"]


@pytest.mark.parametrize("limit", [100, None])
async def test_what_the_homeserver_does_not_take_is_told(bridge: Bridge, limit: int | None) -> None:
    bridge.rooms.limit = limit
    said = await sent(bridge, address(kept(bridge)))
    assert ("trop grand" in said["body"]) == (limit is not None)


async def test_an_empty_file_is_told(bridge: Bridge) -> None:
    one = kept(bridge)
    bridge.workspace.drive.files[one] = b""
    assert "vide" in (await sent(bridge, address(one)))["body"]


@pytest.mark.parametrize(
    "broken",
    [problem(503, "unavailable"), httpx.Response(200, content=PDF[:-1]), httpx.Response(200, content=PDF + b"x")],
)
async def test_a_workspace_that_breaks_off_is_asked_again(bridge: Bridge, broken: httpx.Response) -> None:
    bridge.workspace.drive.fail = [broken]
    assert opened(bridge, await sent(bridge, address(kept(bridge)))) == PDF


async def test_what_is_refused_on_the_way_is_told(bridge: Bridge) -> None:
    bridge.workspace.drive.fail = [problem(410, "file_lost")]
    assert "file_lost" in (await sent(bridge, address(kept(bridge))))["body"]
    assert marks(bridge) == ["❌"]


async def test_what_was_sent_before_a_crash_is_sent_once(bridge: Bridge) -> None:
    one, asked = kept(bridge), message("!drive send x")
    await sent(bridge, address(one))
    before = len(bridge.rooms.said(ROOM))
    await bridge.db.execute("UPDATE middle_errand SET state='waiting'")
    await settled(bridge)
    assert len(bridge.rooms.said(ROOM)) == before
    assert asked.room == ROOM


async def test_it_is_tried_again_where_the_homeserver_is_away(bridge: Bridge) -> None:
    bridge.rooms.fail = [Retriable("HTTP 503")]
    assert opened(bridge, await sent(bridge, address(kept(bridge)))) == PDF
    assert marks(bridge) == ["✅"]


async def test_a_command_needs_a_device_that_is_trusted(bridge: Bridge) -> None:
    assert await sent(bridge, address(kept(bridge)), trust=Trust.UNKNOWN_DEVICE) is None


async def test_who_has_left_gets_nothing_sent(bridge: Bridge) -> None:
    await bridge.middle.on_message(message(f"!drive send {address(kept(bridge))}"))
    bridge.rooms.members[ROOM] = frozenset({PARVIS, INES})
    await settled(bridge)
    assert bridge.rooms.said(ROOM) == []


@pytest.mark.parametrize(
    ("body", "word"),
    [("!drive", "💾"), ("!drive send", "Écrivez"), ("!drive sned x", "send"), ("!drive 42", "!drive save")],
)
async def test_help_and_near_misses_are_answered(bridge: Bridge, body: str, word: str) -> None:
    await bridge.middle.on_message(message(body))
    assert word in bridge.rooms.said(ROOM)[-1]["body"]
