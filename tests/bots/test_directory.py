"""Whose device is whose: asked for when needed, and again when it may have changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bots.framework import directory as directory_module
from bots.framework.crosssigning import Identity
from bots.framework.devices import UserKeys
from bots.framework.directory import KeyDirectory
from bots.framework.errors import KeysUnavailable
from bots.framework.homeserver import Homeserver
from bots.framework.machine import Machine
from tests.bots.test_signing import ALICE, CURVE, answer, device_keys


class FakeHomeserver:
    """Gives one prepared answer after the other, the last one for ever."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[list[str]] = []

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        assert path == "/keys/query"
        self.asked.append(list(body["device_keys"]))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class FakeMachine:
    def know(self, users: Iterable[UserKeys]) -> None:
        """Takes them in."""


def directory_of(*answers: dict[str, Any]) -> tuple[KeyDirectory, FakeHomeserver]:
    homeserver = FakeHomeserver(*answers)
    return KeyDirectory(cast("Homeserver", homeserver), cast("Machine", FakeMachine())), homeserver


@pytest.fixture
def said() -> dict[str, Any]:
    return answer(Identity.new(ALICE), device_keys(Ed25519PrivateKey.generate()))


async def test_keys_are_asked_for_once_until_they_change(said: dict[str, Any]) -> None:
    directory, homeserver = directory_of(said)
    for _ in range(3):
        assert (await directory.of(ALICE)).by_curve(CURVE) is not None
    assert len(homeserver.asked) == 1
    directory.changed([ALICE, "@nobody:we.know"])
    await directory.of(ALICE)
    assert homeserver.asked == [[ALICE], [ALICE]]


async def test_a_session_of_an_unknown_device_is_asked_about_once(said: dict[str, Any]) -> None:
    directory, homeserver = directory_of(said)
    for _ in range(5):
        await directory.for_session(ALICE, "B" * 43)
    assert len(homeserver.asked) == 2


async def test_somebody_who_makes_up_sessions_is_asked_about_so_often_and_no_more(
    said: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory_module, "_STRANGE_SESSION_PAUSE", 0)
    directory, homeserver = directory_of(said)
    refused = 0
    for number in range(1000):
        try:
            await directory.for_session(ALICE, f"strange {number}")
        except KeysUnavailable:  # it may be theirs: to be read later
            refused += 1
    assert refused > 900
    assert len(homeserver.asked) < 50
    assert len(directory._strange) <= 1, "what was asked long ago is forgotten"


async def test_somebody_whose_homeserver_is_away_is_not_known(said: dict[str, Any]) -> None:
    away = {"device_keys": {}, "failures": {"a.test": {"status": 503}}}
    directory, _ = directory_of(away)
    with pytest.raises(KeysUnavailable):
        await directory.of(ALICE)


async def test_somebody_known_stays_known_while_their_homeserver_is_away(said: dict[str, Any]) -> None:
    away = {"device_keys": {}, "failures": {"a.test": {"status": 503}}}
    directory, homeserver = directory_of(said, away)
    await directory.of(ALICE)
    directory.changed([ALICE])
    assert (await directory.of(ALICE)).by_curve(CURVE) is not None
    await directory.of(ALICE)
    assert len(homeserver.asked) == 3


async def test_an_answer_that_left_an_identity_out_is_asked_for_again(
    said: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory_module, "_COMPLETING_PAUSE", 0)
    directory, homeserver = directory_of({"device_keys": said["device_keys"]}, said)
    assert (await directory.of(ALICE)).devices["DEV"].cross_signed
    assert len(homeserver.asked) == 2


async def test_an_identity_that_is_left_out_for_ever_is_not_waited_for_for_ever(
    said: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory_module, "_COMPLETING_PAUSE", 0)
    directory, homeserver = directory_of({"device_keys": said["device_keys"]})
    assert not (await directory.of(ALICE)).devices["DEV"].cross_signed
    await directory.of(ALICE)
    assert len(homeserver.asked) == directory_module._COMPLETING_TRIES
