"""nio's machine is told of nothing that it would choke on, and where it does, of everybody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nio.responses import KeysQueryResponse

from bots.framework.devices import UserKeys, parse_user_keys
from bots.framework.machine import Machine
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
