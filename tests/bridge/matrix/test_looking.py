"""A message is looked at again by its id, as often as anybody asks, and nothing else is taken for it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from mautrix.crypto import InboundGroupSession
from mautrix.types import IdentityKey, RoomID, SessionID, SigningKey

from bridge.files.crypto import Sealing
from bridge.matrix.looking import Looker
from bridge.olm.group import OutboundGroupSession
from bridge.ports import Permanent, Retriable, RoomError, Trust
from contract.ids import EventId
from tests.bridge.fakes import CAMILLE, PARVIS, ROOM
from tests.bridge.matrix.keys import Device, Keys, keys_in

EVENT = EventId("$event")


@pytest.fixture
async def keys(tmp_path: Path) -> AsyncIterator[Keys]:
    async with keys_in(tmp_path) as these:
        yield these


class Events:
    """A homeserver that has events."""

    def __init__(self, *events: Mapping[str, Any] | RoomError) -> None:
        self.events = list(events)
        self.asked: list[str] = []
        self.user_id = PARVIS

    async def request(self, _method: str, path: str, **_: object) -> Mapping[str, Any]:
        self.asked.append(path)
        answer = self.events[min(len(self.asked), len(self.events)) - 1]
        if isinstance(answer, RoomError):
            raise answer
        return answer


def attached() -> dict[str, Any]:
    sealing = Sealing()
    sealing.update(b"content")
    return {"msgtype": "m.file", "body": "a.pdf", "file": sealing.at("mxc://culture.gouv.test/x").to_json()}


def written(type_: str, content: Mapping[str, Any], **other: Any) -> dict[str, Any]:
    fields = {"event_id": EVENT, "sender": CAMILLE, "origin_server_ts": 5, "room_id": ROOM}
    return {**fields, "type": type_, "content": content, **other}


async def encrypted(keys: Keys, content: Mapping[str, Any], **other: Any) -> dict[str, Any]:
    """Written by a device of Camille's that the bridge knows."""
    phone, outbound = Device(CAMILLE, "PHONE"), OutboundGroupSession()
    keys.homeserver.lists(phone.listed())
    identity = IdentityKey(phone.account.identity_key)
    inbound = InboundGroupSession(outbound.session_key, SigningKey(phone.account.signing_key), identity, RoomID(ROOM))
    await keys.store.put_group_session(RoomID(ROOM), identity, SessionID(outbound.id), inbound)
    ciphertext = outbound.encrypt(json.dumps({"type": "m.room.message", "content": content, "room_id": ROOM}))
    sealed = {"algorithm": "m.megolm.v1.aes-sha2", "session_id": outbound.id, "ciphertext": ciphertext}
    return written("m.room.encrypted", sealed, **other)


def looker(keys: Keys, homeserver: Events) -> Looker:
    untyped: Any = homeserver
    return Looker(untyped, keys.machine)


async def test_an_encrypted_message_is_opened_as_often_as_it_is_looked_at(keys: Keys) -> None:
    homeserver = Events(await encrypted(keys, attached()))
    for _ in range(3):
        message = await looker(keys, homeserver).message(ROOM, EVENT)
        assert message is not None
        assert (message.sender, message.trust) == (CAMILLE, Trust.KNOWN_DEVICE)
        assert message.attachment is not None
        assert message.attachment.encrypted is not None
    assert homeserver.asked[0] == "/_matrix/client/v3/rooms/%21room/event/%24event"


async def test_the_same_ciphertext_under_another_event_is_a_replay(keys: Keys) -> None:
    event = await encrypted(keys, attached())
    homeserver = Events(event, {**event, "event_id": "$other"})
    assert await looker(keys, homeserver).message(ROOM, EVENT) is not None
    assert await looker(keys, homeserver).message(ROOM, EventId("$other")) is None


async def test_a_message_that_is_not_encrypted_is_so_much_worth(keys: Keys) -> None:
    message = await looker(keys, Events(written("m.room.message", attached()))).message(ROOM, EVENT)
    assert message is not None
    assert message.trust is Trust.CLEARTEXT


@pytest.mark.parametrize(
    "event",
    [
        written("m.room.message", {}),  # redacted
        written("m.room.topic", {"topic": "x"}),
        written("m.room.message", attached(), sender=PARVIS),
        written("m.room.message", attached(), room_id="!other"),
        written("m.room.message", attached(), event_id="$other"),
        written("m.room.message", attached(), sender="nobody"),
        written("m.room.message", "x"),  # type: ignore[arg-type]
        written("m.room.encrypted", {"algorithm": "m.megolm.v1.aes-sha2", "session_id": "x", "ciphertext": "y"}),
        written("m.room.encrypted", {"algorithm": "m.olm.v1"}),
        {},
        Permanent("M_NOT_FOUND", "HTTP 404"),
        Permanent("M_FORBIDDEN", "HTTP 403"),
    ],
)
async def test_what_cannot_be_read_is_none(keys: Keys, event: Any) -> None:
    assert await looker(keys, Events(event)).message(ROOM, EVENT) is None


@pytest.mark.parametrize("error", [Retriable("HTTP 503"), Permanent("M_UNRECOGNIZED", "HTTP 404")])
async def test_a_homeserver_that_is_away_says_nothing_of_the_message(keys: Keys, error: RoomError) -> None:
    with pytest.raises(type(error)):
        await looker(keys, Events(error)).message(ROOM, EVENT)
