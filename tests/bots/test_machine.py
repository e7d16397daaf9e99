"""What we tell nio's machine, and what it tells us: what others send it stops nothing and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nio.responses import KeysQueryResponse

from bots.framework.devices import Device, UserKeys, parse_user_keys
from bots.framework.errors import Undecryptable
from bots.framework.machine import Machine, Sealed
from tests.bots.test_signing import ALICE, device_keys

MALLORY = "@mallory:m.test"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine("@bot:b.test", "BOT", tmp_path, "a pickle key")
    yield machine
    machine.close()


def keys_of(user: str, **unsigned: Any) -> UserKeys:
    """The user's one device, to which their homeserver added `unsigned`."""
    raw = device_keys(Ed25519PrivateKey.generate(), user=user)
    return parse_user_keys(user, {"device_keys": {user: {"DEV": raw | unsigned}}})


def known(machine: Machine, user: str) -> bool:
    return any(device.user_id == user for device in machine._olm.device_store)


@pytest.mark.parametrize(
    "unsigned",
    [
        "x",
        None,
        [],
        {"device_display_name": None},
        {"device_display_name": {"a": 1}},
        {"device_display_name": ["x"]},
        {"device_display_name": "\ud800"},
    ],
)
def test_what_nobody_signed_reaches_no_store(machine: Machine, unsigned: Any) -> None:
    for _ in range(2):
        machine.know([keys_of(MALLORY, unsigned=unsigned), keys_of(ALICE)])
    assert known(machine, MALLORY)
    assert known(machine, ALICE)


def test_somebody_whom_the_machine_chokes_on_keeps_nobody_else_from_being_known(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = machine._olm.handle_response

    def choke(answer: KeysQueryResponse) -> None:
        if MALLORY in answer.device_keys:
            raise RuntimeError("not even this one")
        handle(answer)

    monkeypatch.setattr(machine._olm, "handle_response", choke)
    mallory = keys_of(MALLORY)
    machine.know([mallory, keys_of(ALICE)])
    assert known(machine, ALICE)
    assert not machine.claimed(MALLORY, "DEV", {"signed_curve25519:AAAA": {"key": "x"}}), "no session with them"


@pytest.fixture
def alice(tmp_path: Path) -> Iterator[Machine]:
    alice = Machine(ALICE, "DEV", tmp_path / "alice", "a pickle key")
    yield alice
    alice.close()


def met(one: Machine, other: Machine) -> Device:
    """`other`'s device, after `one` has begun an Olm session with it."""
    body = other.device_keys_upload()
    keys = parse_user_keys(other.user_id, {"device_keys": {other.user_id: {other.device_id: body["device_keys"]}}})
    one.know([keys])
    [(key_id, key), *_] = body["one_time_keys"].items()
    assert one.claimed(other.user_id, other.device_id, {key_id: key})
    return keys.devices[other.device_id]


def test_a_rooms_key_that_comes_says_of_which_session_it_is(machine: Machine, alice: Machine) -> None:
    bot = met(alice, machine)
    alice.renew("!room")
    sealed = Sealed.parse(alice.encrypt("!room", "m.room.message", {"body": "bonjour"}))
    with pytest.raises(Undecryptable):
        machine.decrypt("!room", sealed)
    content = alice.room_key("!room", [bot])[machine.user_id][machine.device_id]
    assert machine.receive_to_device({"type": "m.room.encrypted", "sender": ALICE, "content": content}) == (
        sealed.session_id
    )
    assert machine.receive_to_device({"type": "m.room.encrypted", "sender": ALICE, "content": {}}) is None
    again = Sealed.parse(alice.encrypt("!room", "m.room.message", {"body": "bonsoir"}))
    assert machine.decrypt("!room", again).content == {"body": "bonsoir"}


def test_asking_for_a_session_that_never_was_leaves_nothing_behind(machine: Machine) -> None:
    for number in range(3):
        with pytest.raises(Undecryptable):
            machine.decrypt("!room", Sealed(f"key {number}", "session", "DEV", "ciphertext"))
    assert not machine._olm.inbound_group_store["!room"]
