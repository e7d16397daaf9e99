"""What comes to the bridge's device: whatever it is, the keys of others arrive."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mautrix.types import RoomID, SessionID

from bridge.matrix.publishing import Publisher
from bridge.matrix.pump import KeyPump
from bridge.olm.group import OutboundGroupSession
from tests.bridge.fakes import CAMILLE, INES
from tests.bridge.matrix.keys import Device, Keys, keys_in


@pytest.fixture
async def keys(tmp_path: Path) -> AsyncIterator[Keys]:
    async with keys_in(tmp_path) as these:
        yield these


def pump(keys: Keys) -> KeyPump:
    async def on_keys(_sessions: set[str]) -> None:
        """Nobody waits."""

    homeserver: Any = keys.homeserver
    return KeyPump(homeserver, keys.machine, Publisher(homeserver, keys.machine), on_keys, lambda: None)


def room_key(**hostile: object) -> tuple[str, dict[str, Any]]:
    session = OutboundGroupSession()
    return session.id, {
        "algorithm": "m.megolm.v1.aes-sha2",
        "room_id": "!room",
        "session_id": session.id,
        "session_key": session.session_key,
        **hostile,
    }


@pytest.mark.parametrize(
    "hostile",
    [
        {"room_id": {"a": 1}},
        {"room_id": None},
        {"room_id": "\ud800"},
        {"session_id": ["x"]},
        {"session_key": 7},
        {"algorithm": {}},
        {"org.matrix.msc3061.shared_history": "\ud800", "com.beeper.max_age_ms": "soon"},
    ],
)
async def test_whatever_somebody_sends_the_keys_of_others_are_kept_and_it_does_not_come_again(
    keys: Keys, hostile: dict[str, Any]
) -> None:
    rogue, honest = Device(CAMILLE, "ROGUE"), Device(INES, "LAPTOP")
    _, bad = room_key(**hostile)
    session, good = room_key()
    events = [rogue.writes(keys.machine, "m.room_key", bad), honest.writes(keys.machine, "m.room_key", good)]
    keys.homeserver.sync = [{"to_device": {"events": events}}]
    await pump(keys).once()
    assert await keys.store.has_group_session(RoomID("!room"), SessionID(session))
    assert await keys.store.get_next_batch()


async def test_a_request_for_keys_is_not_answered_and_stops_nothing(keys: Keys) -> None:
    request = {"action": "request", "requesting_device_id": "ROGUE", "request_id": "1"}
    event = {"type": "m.room_key_request", "sender": CAMILLE, "content": request}
    keys.homeserver.lists(Device(CAMILLE, "ROGUE").listed())
    await keys.machine.read_devices([CAMILLE])
    keys.homeserver.sync = [{"to_device": {"events": [event]}}]
    await pump(keys).once()
    assert keys.homeserver.sent == []


async def test_nobodys_server_is_asked_because_of_messages_of_no_device(keys: Keys) -> None:
    stranger = Device(CAMILLE, "STRANGER")
    event = stranger.writes(keys.machine, "m.dummy", {})
    event["content"]["ciphertext"] = {key: {"type": 1, "body": "AAAA"} for key in event["content"]["ciphertext"]}
    keys.homeserver.sync = [{"to_device": {"events": [event]}}]
    await pump(keys).once()
    assert "keys/query" not in keys.homeserver.asked
