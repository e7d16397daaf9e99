"""The Matrix side with real homeservers: rooms, members, what it writes and what it hears."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bridge.ports import NOT_ENCRYPTED, Invite, Permanent, RoomMessage, Trust
from contract.ids import MatrixId, RoomId
from synapse_config.run import Running
from tests.bridge.matrix.harness import Bridge, Person, config, eventually

pytestmark = pytest.mark.system
Make = Callable[[str], Awaitable[Person]]


async def _room(bridge: Bridge, *people: Person) -> RoomId:
    """An encrypted room of the first of `people`, with the others and the bridge in it."""
    first, *others = people
    room = await first.create_room(bridge.side.user_id, *(other.user_id for other in others))
    for other in others:
        await other.join(room)
    await bridge.join_invited(room)
    await _members(bridge, room, {bridge.side.user_id, *(one.user_id for one in people)})
    return room


async def _members(bridge: Bridge, room: RoomId, expected: set[MatrixId]) -> None:
    async def there() -> bool:
        return await bridge.side.joined_members(room) == expected

    await eventually(there)


async def test_an_agent_of_another_homeserver_reads_a_notice_and_is_heard(bridge: Bridge, person: Make) -> None:
    camille = await person("camille")
    room = await camille.create_room(bridge.side.user_id)
    await bridge.join_invited(room)
    assert await bridge.side.is_encrypted(room)
    assert await bridge.side.joined_members(room) == {camille.user_id, bridge.side.user_id}
    assert room in await bridge.side.joined_rooms()

    await bridge.say(room, "Bonjour !")
    seen = await camille.sees("Bonjour !")
    assert seen.decrypted
    assert seen.sender == bridge.side.user_id

    await camille.send(room, "!parvis help")
    heard = await bridge.told.wait(RoomMessage, lambda message: message.room == room)
    assert (heard.sender, heard.body, heard.trust) == (camille.user_id, "!parvis help", Trust.KNOWN_DEVICE)


async def test_an_invitation_says_whether_the_room_is_encrypted(bridge: Bridge, person: Make) -> None:
    camille = await person("camille")
    encrypted = await camille.create_room(bridge.side.user_id)
    open_ = await camille.create_room(bridge.side.user_id, encrypted=False)
    direct = await camille.create_room(bridge.side.user_id, direct=True)
    for room, expected in ((encrypted, (True, False)), (open_, (False, False)), (direct, (True, True))):
        invite = await bridge.told.wait(Invite, lambda invite, room=room: invite.room == room)  # type: ignore[misc]
        assert (invite.encrypted, invite.is_direct) == expected
        assert invite.sender == camille.user_id


async def test_nothing_is_written_in_a_room_that_is_not_encrypted(bridge: Bridge, person: Make) -> None:
    camille = await person("camille")
    room = await camille.create_room(bridge.side.user_id, encrypted=False)
    await bridge.join_invited(room)
    with pytest.raises(Permanent) as refused:
        await bridge.say(room, "a title")
    assert refused.value.code == NOT_ENCRYPTED
    await camille.send(room, "in clear")
    heard = await bridge.told.wait(RoomMessage, lambda message: message.room == room)
    assert heard.trust is Trust.CLEARTEXT
    await bridge.side.leave(room, "This room is not encrypted.")
    await bridge.told.wait(tuple, lambda told: told == ("left", room))
    with pytest.raises(Permanent) as gone:
        await bridge.say(room, "a title")
    assert gone.value.code == "M_FORBIDDEN"


async def test_whoever_leaves_is_given_no_more_keys(bridge: Bridge, person: Make) -> None:
    camille, louis = await person("camille"), await person("louis")
    room = await _room(bridge, camille, louis)
    before = await bridge.side.seal(room, "m.room.message", {"msgtype": "m.notice", "body": "one"})
    again = await bridge.side.seal(room, "m.room.message", {"msgtype": "m.notice", "body": "two"})
    assert before.content["session_id"] == again.content["session_id"]
    await louis.client.room_leave(room)
    await _members(bridge, room, {bridge.side.user_id, camille.user_id})
    after = await bridge.side.seal(room, "m.room.message", {"msgtype": "m.notice", "body": "three"})
    assert after.content["session_id"] != before.content["session_id"]
    await bridge.side.send(room, "three", after)
    assert (await camille.sees("three")).decrypted
    assert (
        louis.client.olm.inbound_group_store.get(room, after.content["sender_key"], after.content["session_id"]) is None
    )


async def test_whoever_comes_can_read_what_follows(bridge: Bridge, person: Make) -> None:
    camille, louis = await person("camille"), await person("louis")
    room = await _room(bridge, camille)
    await bridge.say(room, "before")
    await camille.client.room_invite(room, louis.user_id)
    await louis.join(room)
    await bridge.told.wait(tuple, lambda told: told == ("members", room))
    await _members(bridge, room, {bridge.side.user_id, camille.user_id, louis.user_id})
    await bridge.say(room, "after")
    assert (await louis.sees("after")).decrypted


async def test_a_direct_chat_is_made_once_and_again_when_they_have_left_it(bridge: Bridge, person: Make) -> None:
    louis = await person("louis")
    room = await bridge.side.direct_room(louis.user_id)
    assert await bridge.side.direct_room(louis.user_id) == room
    await bridge.say(room, "Voici votre lien.")  # before they have accepted
    await louis.join(room)
    assert (await louis.finds(room, "Voici votre lien.")).decrypted
    assert await bridge.side.direct_room(louis.user_id) == room
    await louis.client.room_leave(room)
    await _members(bridge, room, {bridge.side.user_id})
    other = await bridge.side.direct_room(louis.user_id)
    assert other != room


async def test_a_direct_chat_that_they_made_is_the_one(bridge: Bridge, person: Make) -> None:
    louis = await person("louis")

    async def accept(invite: Invite) -> None:
        await bridge.side.join(invite.room)

    bridge.told.on_invite = accept  # type: ignore[method-assign]
    room = await louis.create_room(bridge.side.user_id, direct=True)

    async def known() -> bool:
        return bridge.side._direct.other(room) == louis.user_id

    await eventually(known)
    assert await bridge.side.direct_room(louis.user_id) == room


async def test_a_direct_chat_into_which_somebody_else_was_let_is_not_used_again(bridge: Bridge, person: Make) -> None:
    louis, camille = await person("louis"), await person("camille")
    room = await louis.create_room(bridge.side.user_id, direct=True)
    await bridge.join_invited(room)
    await bridge.side._direct.adopt(louis.user_id, room)
    assert await bridge.side.direct_room(louis.user_id) == room
    await louis.client.room_invite(room, camille.user_id)

    async def noticed() -> bool:
        return await bridge.side.direct_room(louis.user_id) != room

    await eventually(noticed)  # before she has accepted


async def test_what_people_write_while_the_bridge_is_down_is_heard_when_it_is_back(
    servers: Running, folder: Path, person: Make
) -> None:
    """Their messages come in transactions, the keys by sync: the homeserver keeps both."""
    camille, louis = await person("camille"), await person("louis")
    async with Bridge(config(servers, folder)) as bridge:
        room = await _room(bridge, camille, louis)
    await camille.send(room, "one")
    await louis.send(room, "two")
    await camille.send(room, "three")
    async with Bridge(config(servers, folder)) as bridge:
        await bridge.told.wait(RoomMessage, lambda message: message.body == "three")
        await bridge.told.wait(RoomMessage, lambda message: message.body == "two")
        heard = bridge.told.messages(room)
        assert sorted(heard) == ["one", "three", "two"]
        assert heard.index("one") < heard.index("three")
        assert {thing.trust for thing in bridge.told.told if isinstance(thing, RoomMessage)} == {Trust.KNOWN_DEVICE}


async def test_a_message_sent_again_after_every_restart_is_the_same_event(
    servers: Running, folder: Path, person: Make
) -> None:
    camille = await person("camille")
    async with Bridge(config(servers, folder)) as bridge:
        room = await _room(bridge, camille)
        sealed = await bridge.side.seal(room, "m.room.message", {"msgtype": "m.notice", "body": "once"})
        first = await bridge.side.send(room, "delivery-1", sealed)
        assert await bridge.side.send(room, "delivery-1", sealed) == first
    await servers.kill("hub")
    await servers.start("hub")
    async with Bridge(config(servers, folder)) as bridge:
        assert await bridge.side.send(room, "delivery-1", sealed) == first
        # and what is sealed after a restart is readable, under a number that was never used
        await bridge.say(room, "after")
    assert (await camille.sees("once")).event_id == first
    assert (await camille.sees("after")).decrypted
    assert [event.event_id for event in camille.seen if getattr(event, "body", "") == "once"] == [first]


async def test_members_that_changed_unseen_are_read_again_at_the_start(
    servers: Running, folder: Path, person: Make
) -> None:
    camille = await person("camille")
    async with Bridge(config(servers, folder)) as bridge:
        room = await _room(bridge, camille)
        database = bridge.side._inbox._database
        await database.execute("DELETE FROM mx_user_profile WHERE room_id=$1", room)
        await database.execute(
            "INSERT INTO mx_user_profile (room_id, user_id, membership) VALUES ($1, $2, 'join')",
            "!gone",
            bridge.side.user_id,
        )
    async with Bridge(config(servers, folder)) as bridge:
        await bridge.told.wait(tuple, lambda told: told == ("members", room))
        await bridge.told.wait(tuple, lambda told: told == ("left", "!gone"))
        assert await bridge.side.joined_members(room) == {camille.user_id, bridge.side.user_id}


async def test_a_handler_that_fails_is_told_again_and_in_order(bridge: Bridge, person: Make) -> None:
    camille = await person("camille")
    room = await _room(bridge, camille)
    bridge.told.fail = [RuntimeError("no"), RuntimeError("not yet")]
    await camille.send(room, "one")
    await camille.send(room, "two")
    await bridge.told.wait(RoomMessage, lambda message: message.body == "two")
    assert bridge.told.messages(room) == ["one", "two"]
