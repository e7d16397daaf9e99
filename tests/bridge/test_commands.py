"""What people ask of the bridge, and who is obeyed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bridge.commands.parsing import Command, Misused, Unknown, Verb, parse
from bridge.ports import Invite, Permanent, Sealed, Trust, Unreadable
from contract.events import EventType
from contract.ids import EventId, MatrixId, RoomId
from tests.bridge.conftest import Bridge
from tests.bridge.fakes import CAMILLE, INES, PARVIS, ROOM, URL, event, item, message, problem, url_of

DIRECT = RoomId(f"!direct-{CAMILLE}")


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        ("!parvis", Command(Verb.HELP)),
        ("!Parvis AIDE", Command(Verb.HELP)),
        ("!parvis help bind", Command(Verb.HELP, "bind")),
        ("!parvis bind <https://a/b>", Command(Verb.BIND, "https://a/b")),
        ("!parvis\u00a0langue en", Command(Verb.LANGUAGE, "en")),
        ("!parvis bind", Misused(Verb.BIND)),
        ("!parvis unlink now", Misused(Verb.UNLINK)),
        ("!parvis bindd x", Unknown("bindd", Verb.BIND)),
        ("!parvis 42", Unknown("42", None)),
        ("!parvis settings", Command(Verb.SETTINGS)),
        ("!parvis réglages fils oui", Command(Verb.SETTINGS, "fils oui")),
        ("!parvis settings threads on now", Misused(Verb.SETTINGS)),
        ("parvis help", None),
        ("!parvisx help", None),
        ("hello !parvis help", None),
        ("", None),
    ],
)
def test_commands_are_read(body: str, parsed: object) -> None:
    assert parse(body) == parsed


@pytest.fixture(autouse=True)
def _room(bridge: Bridge) -> None:
    bridge.rooms.members[ROOM] = frozenset({PARVIS, CAMILLE, INES})


async def answers(bridge: Bridge, body: str, **more: object) -> list[str]:
    """What is said in the room because of it."""
    before = len(bridge.rooms.said(ROOM))
    await bridge.middle.on_message(message(body, **more))  # type: ignore[arg-type]
    return [said["body"] for said in bridge.rooms.said(ROOM)[before:]]


async def whispers(bridge: Bridge, body: str, **more: object) -> list[str]:
    """What is said to Camille alone because of it."""
    await bridge.middle.on_message(message(body, **more))  # type: ignore[arg-type]
    return [said["body"] for said in bridge.rooms.said(DIRECT)]


async def test_a_linking_address_is_sent_to_its_person_alone(bridge: Bridge) -> None:
    bridge.workspace.linked.discard(CAMILLE)
    (in_room,) = await answers(bridge, "!parvis link")
    assert "secret-token" not in in_room
    assert any(f"{URL}/link/secret-token/" in said["body"] for said in bridge.rooms.said(DIRECT))


async def test_a_linking_address_is_not_sent_where_somebody_else_has_come(bridge: Bridge) -> None:
    bridge.workspace.linked.discard(CAMILLE)
    other, chats = RoomId("!other-chat"), [DIRECT]

    async def direct_room(_user: MatrixId) -> RoomId:
        return chats[-1]

    async def seal_after_ines_joined(room: RoomId, *args: Any, **more: Any) -> Sealed:
        if room == DIRECT:
            bridge.rooms.members[DIRECT] = frozenset({PARVIS, CAMILLE, INES})
            chats.append(other)
        return await seal(room, *args, **more)

    seal, bridge.rooms.seal = bridge.rooms.seal, seal_after_ines_joined  # type: ignore[method-assign]
    bridge.rooms.direct_room = direct_room  # type: ignore[method-assign]
    bridge.rooms.members |= {DIRECT: frozenset({PARVIS, CAMILLE}), other: frozenset({PARVIS})}
    await answers(bridge, "!parvis link")
    assert bridge.rooms.said(DIRECT) == []
    (said,) = bridge.rooms.said(other)
    assert f"{URL}/link/secret-token/" in said["body"]


async def test_who_cannot_be_written_to_in_private_is_told_so(bridge: Bridge) -> None:
    async def refused(_user: MatrixId) -> RoomId:
        raise Permanent("M_FORBIDDEN", "HTTP 403")

    bridge.rooms.direct_room = refused  # type: ignore[method-assign]
    bridge.workspace.linked.discard(CAMILLE)
    (said,) = await answers(bridge, "!parvis link")
    assert "pas pu vous écrire en privé" in said


async def test_a_linking_address_says_how_long_it_lasts(bridge: Bridge) -> None:
    bridge.workspace.linked.discard(CAMILLE)
    bridge.workspace.link_lasts = timedelta(minutes=7)
    assert "vaut 7 minutes" in (await whispers(bridge, "!parvis link"))[0]


async def test_what_is_said_to_one_person_is_in_their_language(bridge: Bridge) -> None:
    bridge.workspace.languages[CAMILLE] = "en"
    await bridge.middle.on_unreadable(Unreadable(ROOM, EventId("$1"), CAMILLE))
    await bridge.middle.on_invite(Invite(RoomId("!open"), CAMILLE, is_direct=False, encrypted=False))
    bridge.rooms.members[DIRECT] = frozenset({PARVIS, CAMILLE})
    await bridge.middle.on_message(message("!parvis 42", room=DIRECT))
    unreadable, refused, answered = [said["body"] for said in bridge.rooms.said(DIRECT)]
    assert "I could not decrypt" in unreadable
    assert "I write only in encrypted rooms" in refused
    assert "I do not know" in answered
    assert "Je ne connais pas" in (await answers(bridge, "!parvis 42"))[0]


async def test_without_the_workspace_a_person_reads_what_the_room_reads(bridge: Bridge) -> None:
    bridge.workspace.languages[CAMILLE] = "en"
    bridge.workspace.refuse = [httpx.Response(503)]
    await bridge.middle.on_unreadable(Unreadable(ROOM, EventId("$1"), CAMILLE))
    assert "déchiffrer" in bridge.rooms.said(DIRECT)[0]["body"]


async def test_the_same_message_told_twice_is_answered_once(bridge: Bridge) -> None:
    asked = message("!parvis help")
    await bridge.middle.on_message(asked)
    await bridge.middle.on_message(asked)
    assert len(bridge.rooms.said(ROOM)) == 1


async def test_a_linked_person_is_told_so(bridge: Bridge) -> None:
    assert "déjà relié" in (await answers(bridge, "!parvis link"))[0]


async def test_binding_says_the_title_only_where_all_may_read(bridge: Bridge) -> None:
    open_, closed = item(), item()
    bridge.workspace.readers |= {open_: {CAMILLE, INES}, closed: {CAMILLE}}
    assert "Plan social 2027" in (await answers(bridge, f"!parvis bind {url_of(open_)}"))[0]
    assert "Plan social" not in (await answers(bridge, f"!parvis bind {url_of(closed)}"))[0]
    listed = (await answers(bridge, "!parvis bindings"))[0]
    assert url_of(open_) in listed
    assert url_of(closed) not in listed


@pytest.mark.parametrize("command", ["bind {}", "bindings"])
async def test_who_joins_while_titles_are_asked_for_is_asked_about_before_they_are_said(
    bridge: Bridge, command: str
) -> None:
    of = item()
    bridge.rooms.members[ROOM] = frozenset({PARVIS, CAMILLE})
    bridge.workspace.readers[of] = {CAMILLE}
    if command == "bindings":
        await answers(bridge, f"!parvis bind {url_of(of)}")
    seal = bridge.rooms.seal

    async def seal_after_ines_joined(*args: Any, **more: Any) -> Sealed:
        bridge.rooms.members[ROOM] = frozenset({PARVIS, CAMILLE, INES})
        return await seal(*args, **more)

    bridge.rooms.seal = seal_after_ines_joined  # type: ignore[method-assign]
    (said,) = await answers(bridge, f"!parvis {command.format(url_of(of))}")
    assert "Plan social" not in said
    assert "certaines personnes ici n’" in said.lower()


async def test_who_may_not_read_any_more_once_others_have_written_is_shown_nothing(bridge: Bridge) -> None:
    document = item()
    bridge.workspace.readers[document] = {CAMILLE, INES}
    await answers(bridge, f"!parvis bind {url_of(document)}")
    turns = bridge.deliverer._turns
    async with turns.of(ROOM):
        answering = asyncio.create_task(answers(bridge, "!parvis bindings"))
        async with asyncio.timeout(10):
            while turns._wanted[ROOM] < 2:  # noqa: ASYNC110 - a turn announces nothing
                await asyncio.sleep(0.001)
        bridge.workspace.readers[document].discard(INES)
    (said,) = await answering
    assert bridge.workspace.title not in said


async def test_all_titles_are_asked_for_together(bridge: Bridge) -> None:
    for _ in range(30):
        of = item()
        bridge.workspace.readers[of] = {CAMILLE, INES}
        await bridge.workspace.client().bind(ROOM, url_of(of), CAMILLE)
    bridge.workspace.asked.clear()
    (said,) = await answers(bridge, "!parvis bindings")
    assert said.count("Plan social 2027") == 30
    assert len([path for _, path, _ in bridge.workspace.asked if path == "audience/"]) <= 2


async def test_a_second_binding_and_a_link_to_nowhere_are_said_to_be_so(bridge: Bridge) -> None:
    of = item()
    bridge.workspace.readers[of] = {CAMILLE, INES}
    await answers(bridge, f"!parvis bind {url_of(of)}")
    assert await answers(bridge, f"!parvis bind {url_of(of)}") == ["Ce salon le suit déjà."]
    assert "Il n’y a rien à cette adresse" in (await answers(bridge, f"!parvis bind {url_of(item())}"))[0]
    assert "pas l’adresse d’un document" in (await answers(bridge, "!parvis bind https://example.org/docs/x"))[0]


async def test_who_is_not_linked_is_told_how_to(bridge: Bridge) -> None:
    bridge.workspace.linked.clear()
    for body in (f"!parvis bind {url_of(item())}", "!parvis unlink", "!parvis bindings", "!parvis language en"):
        assert "!parvis link" in (await answers(bridge, body))[0]


async def test_a_room_chooses_its_language(bridge: Bridge) -> None:
    assert await answers(bridge, "!parvis language en") == ["Noted: here I write in English."]
    assert await answers(bridge, "!parvis unlink") == ["Done: your Matrix id is no longer linked to your account."]
    assert await answers(bridge, "!parvis language klingon") == ["Write: !parvis language fr|en"]


async def test_a_workspace_that_is_away_is_said_to_be_so(bridge: Bridge) -> None:
    bridge.workspace.refuse = [httpx.Response(503)]
    assert "ne répond pas" in (await answers(bridge, "!parvis unlink"))[0]


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, None), (401, {"code": "unknown_service", "message": "This credential is not known here."})],
)
async def test_what_only_an_operator_can_mend_is_not_said_in_their_words(
    bridge: Bridge, status: int, body: object
) -> None:
    bridge.workspace.refuse = [httpx.Response(status, json=body)]
    (said,) = await answers(bridge, "!parvis unlink")
    assert "ne répond pas" in said
    assert "404" not in said
    assert "credential" not in said


async def test_what_the_workspace_refuses_in_words_is_said_in_the_rooms_language(bridge: Bridge) -> None:
    bridge.workspace.refuse = [problem(409, "room_taken")]
    assert await answers(bridge, f"!parvis bind {url_of(item())}") == ["the workspace says room_taken"]
    assert bridge.workspace.said_in == ["fr"]


async def test_an_unknown_command_gets_the_near_one(bridge: Bridge) -> None:
    assert "!parvis bindings" in (await answers(bridge, "!parvis binding"))[0]


async def test_a_forged_message_is_not_obeyed_and_not_answered(bridge: Bridge) -> None:
    assert await whispers(bridge, "!parvis unlink", trust=Trust.FORGED) == []
    assert bridge.workspace.asked == []


@pytest.mark.parametrize(
    ("trust", "word"),
    [
        (Trust.CLEARTEXT, "pas chiffrée"),
        (Trust.UNKNOWN_DEVICE, "de quel appareil"),
        (Trust.KNOWN_DEVICE, "pas vérifié"),
    ],
)
async def test_who_is_not_proved_is_told_once_and_not_obeyed(bridge: Bridge, trust: Trust, word: str) -> None:
    bridge.middle._min_trust = Trust.CROSS_SIGNED
    for _ in range(3):
        said = await whispers(bridge, "!parvis unlink", trust=trust)
    assert len(said) == 1
    assert word in said[0]
    assert {path for _, path, _ in bridge.workspace.asked} == {"identities/lookup/"}


@pytest.mark.parametrize("more", [{"msgtype": "m.notice"}, {"replaces": EventId("$x")}, {"sender": PARVIS}])
async def test_notices_edits_and_services_are_not_obeyed(bridge: Bridge, more: dict[str, object]) -> None:
    assert await answers(bridge, "!parvis help", **more) == []


async def test_who_has_left_is_not_obeyed(bridge: Bridge) -> None:
    assert await answers(bridge, "!parvis help", sender=MatrixId("@left:culture.gouv.test")) == []


async def test_a_room_may_talk_without_being_answered_and_a_direct_chat_gets_help_once(bridge: Bridge) -> None:
    assert await answers(bridge, "bonjour") == []
    bridge.rooms.members[DIRECT] = frozenset({PARVIS, CAMILLE})
    for _ in range(2):
        said = await whispers(bridge, "bonjour", room=DIRECT)
    assert len(said) == 1
    assert "!parvis link" in said[0]


async def test_one_person_cannot_drown_the_bridge(bridge: Bridge) -> None:
    for _ in range(80):
        await bridge.middle.on_message(message("!parvis help"))
    assert len(bridge.rooms.said(ROOM)) == 40


async def test_an_encrypted_room_is_joined_and_welcomed(bridge: Bridge) -> None:
    bridge.rooms.members[ROOM] = frozenset({CAMILLE})
    await bridge.middle.on_invite(Invite(ROOM, CAMILLE, is_direct=False, encrypted=True))
    assert bridge.rooms.joined == [ROOM]
    assert "!parvis bind" in bridge.rooms.said(ROOM)[0]["body"]


async def test_a_room_without_encryption_is_refused_with_a_word_in_private(bridge: Bridge) -> None:
    await bridge.middle.on_invite(Invite(ROOM, CAMILLE, is_direct=False, encrypted=False))
    assert "chiffrement" in bridge.rooms.said(DIRECT)[0]["body"]
    assert bridge.rooms.said(ROOM) == []
    assert ROOM in bridge.rooms.left


async def test_an_invitation_that_lied_about_encryption_is_left_again(bridge: Bridge) -> None:
    bridge.rooms.unencrypted.add(ROOM)
    await bridge.middle.on_invite(Invite(ROOM, CAMILLE, is_direct=False, encrypted=True))
    assert bridge.rooms.said(ROOM) == []
    assert ROOM in bridge.rooms.left


async def test_an_invitation_that_was_taken_back_is_nothing(bridge: Bridge) -> None:
    async def gone(_room: RoomId) -> None:
        raise Permanent("M_NOT_FOUND", "HTTP 404")

    bridge.rooms.join = gone  # type: ignore[method-assign]
    await bridge.middle.on_invite(Invite(ROOM, CAMILLE, is_direct=False, encrypted=True))
    assert bridge.rooms.said(ROOM) == []


async def test_an_invitation_that_its_own_homeserver_has_not_stored_yet_is_followed_soon(bridge: Bridge) -> None:
    join, refused = bridge.rooms.join, [Permanent("M_FORBIDDEN", "HTTP 403")] * 2

    async def too_soon(room: RoomId) -> None:
        if refused:
            raise refused.pop()
        await join(room)

    bridge.rooms.join = too_soon  # type: ignore[method-assign]
    await bridge.middle.on_invite(Invite(ROOM, CAMILLE, is_direct=False, encrypted=True))
    assert bridge.rooms.joined == [ROOM]


async def test_a_departure_that_is_told_after_we_came_back_ends_nothing(bridge: Bridge) -> None:
    of = item()
    bridge.workspace.readers[of] = {CAMILLE, INES}
    await bridge.take(event(EventType.ROOM_BOUND, of, room=ROOM))
    await bridge.middle.on_left(ROOM)
    assert await bridge.bindings.rooms_of([of], datetime.now(UTC)) == {ROOM}
    del bridge.rooms.members[ROOM]
    await bridge.middle.on_left(ROOM)
    assert await bridge.bindings.rooms_of([of], datetime.now(UTC)) == frozenset()


async def test_what_cannot_be_read_gets_one_kind_word_a_day(bridge: Bridge) -> None:
    for number in range(3):
        await bridge.middle.on_unreadable(Unreadable(ROOM, EventId(f"${number}"), CAMILLE))
    assert len(bridge.rooms.said(DIRECT)) == 1


async def test_who_asks_too_much_is_told_so_once(bridge: Bridge) -> None:
    for _ in range(45):
        await bridge.middle.on_message(message("!parvis help"))
    (told,) = [said["body"] for said in bridge.rooms.said(DIRECT)]
    assert "beaucoup de choses à la fois" in told
