"""What servers and devices say of their keys: nothing of it stops the bridge, or spoils it for others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mautrix.crypto.signature import sign_olm
from mautrix.types import RoomID

from bridge.matrix.devices import DeviceLists
from bridge.matrix.machine import INCOMPLETE_AGE
from bridge.ports import Retriable
from tests.bridge.fakes import CAMILLE, INES
from tests.bridge.matrix.keys import Device, Keys, keys_in


@pytest.fixture
async def keys(tmp_path: Path) -> AsyncIterator[Keys]:
    async with keys_in(tmp_path) as these:
        yield these


HOSTILE: list[dict[str, Any]] = [
    {"unsigned": {"device_display_name": {"a": 1}}},
    {"unsigned": {"device_display_name": None}},
    {"unsigned": "x"},
    {"keys": {"curve25519:ROGUE": {"a": 1}, "ed25519:ROGUE": 7}},
    {"signatures": {CAMILLE: {"ed25519:ROGUE": {"a": 1}}}},
    {"signatures": {CAMILLE: "x"}},
    {"signatures": []},
    {"algorithms": "\ud800"},
]


@pytest.mark.parametrize("lie", HOSTILE)
async def test_whatever_a_rogue_device_says_the_others_are_listed_and_nobody_stays_outdated(
    keys: Keys, lie: dict[str, Any]
) -> None:
    rogue, honest, other = Device(CAMILLE, "ROGUE"), Device(CAMILLE, "PHONE"), Device(INES, "LAPTOP")
    keys.homeserver.lists(rogue.listed(**lie), honest.listed(), other.listed())
    await keys.machine.read_devices([CAMILLE, INES])  # they are tracked from now on
    await keys.store.mark_outdated([CAMILLE, INES], [])
    assert await DeviceLists(keys.machine).once()
    assert await keys.store.outdated_users() == []
    assert "PHONE" in (await keys.store.get_devices(CAMILLE) or {})
    assert set(await keys.store.get_devices(INES) or {}) == {"LAPTOP"}


ROOM = RoomID("!room")


def claims(keys: Keys, one_time_keys: dict[str, Any], **failures: dict[str, Any]) -> None:
    keys.homeserver.claim = {"one_time_keys": one_time_keys, **failures}


@pytest.mark.parametrize(
    "claimed",
    [
        {},
        {"signed_curve25519:A": {}},
        {"signed_curve25519:A": "x"},
        {"signed_curve25519:A": {"key": "no key", "signatures": {}}},
        {"signed_curve25519:A": {"key": {"a": 1}, "signatures": {CAMILLE: {"ed25519:ROGUE": {}}}}},
    ],
)
async def test_a_device_whose_one_time_key_makes_no_sense_takes_the_rooms_key_from_nobody_else(
    keys: Keys, claimed: dict[str, Any]
) -> None:
    rogue, honest = Device(CAMILLE, "ROGUE"), Device(INES, "LAPTOP")
    keys.homeserver.lists(rogue.listed(), honest.listed())
    claims(keys, {CAMILLE: {"ROGUE": claimed}, INES: {"LAPTOP": honest.one_time_key()}})
    await keys.machine.share(ROOM, [CAMILLE, INES])
    assert [list(messages) for messages in keys.homeserver.sent] == [[INES]]


async def test_a_device_whose_identity_key_is_none_takes_the_rooms_key_from_nobody_else(keys: Keys) -> None:
    rogue, honest = Device(CAMILLE, "ROGUE"), Device(INES, "LAPTOP")
    listed = rogue.listed()
    listed["keys"]["curve25519:ROGUE"] = "no key"
    listed.pop("signatures")
    listed["signatures"] = {CAMILLE: {"ed25519:ROGUE": sign_olm(dict(listed), rogue.account)}}
    keys.homeserver.lists(listed, honest.listed())
    claims(keys, {CAMILLE: {"ROGUE": rogue.one_time_key()}, INES: {"LAPTOP": honest.one_time_key()}})
    await keys.machine.share(ROOM, [CAMILLE, INES])
    assert [list(messages) for messages in keys.homeserver.sent] == [[INES]]


@pytest.mark.parametrize(
    "answer",
    [Retriable("HTTP 503"), {"one_time_keys": {}, "failures": {"culture.gouv.test": {"status": 503}}}],
)
async def test_whose_server_does_not_answer_is_given_a_new_key_soon(keys: Keys, answer: Any) -> None:
    keys.homeserver.lists(Device(INES, "LAPTOP").listed())
    keys.homeserver.claim = answer
    session = await keys.machine.share(ROOM, [INES])
    assert session is not None
    assert session.max_age == INCOMPLETE_AGE


async def test_who_has_no_one_time_key_left_has_the_room_share_no_new_key_again_and_again(keys: Keys) -> None:
    keys.homeserver.lists(Device(INES, "OLD").listed())
    claims(keys, {})
    session = await keys.machine.share(ROOM, [INES])
    assert session is not None
    assert session.max_age > INCOMPLETE_AGE
