"""The secret storage is the specification's."""

from __future__ import annotations

import os

import pytest

from bots.framework.secretstorage import (
    BadRecoveryKey,
    decode_recovery_key,
    describe_key,
    encode_recovery_key,
    is_described,
    seal,
    unseal,
)

KEY = bytes(range(32))


def test_a_recovery_key_is_read_back_with_or_without_its_spaces() -> None:
    text = encode_recovery_key(KEY)
    assert text.startswith("E")
    assert decode_recovery_key(text) == KEY
    assert decode_recovery_key(f" {text.replace(' ', '')}\n") == KEY


@pytest.mark.parametrize(
    "text", ["", "EsT0", "0OIl", encode_recovery_key(KEY)[:-1], encode_recovery_key(KEY)[:-1] + "2"]
)
def test_what_is_no_recovery_key_is_refused(text: str) -> None:
    with pytest.raises(BadRecoveryKey):
        decode_recovery_key(text)


def test_a_secret_opens_by_its_key_and_name_only() -> None:
    sealed = seal(KEY, "m.cross_signing.master", b"seed")
    assert unseal(KEY, "m.cross_signing.master", sealed) == b"seed"
    for key, name, change in (
        (os.urandom(32), "m.cross_signing.master", {}),
        (KEY, "m.cross_signing.user_signing", {}),
        (KEY, "m.cross_signing.master", {"ciphertext": seal(KEY, "m.cross_signing.master", b"also")["ciphertext"]}),
        (KEY, "m.cross_signing.master", {"iv": "!"}),
        (KEY, "m.cross_signing.master", {"mac": None}),
    ):
        with pytest.raises(BadRecoveryKey):
            unseal(key, name, {**sealed, **change})


def test_a_key_is_recognised_by_its_description() -> None:
    description = describe_key(KEY)
    assert is_described(KEY, description)
    assert not is_described(os.urandom(32), description)
    assert not is_described(KEY, {})
    assert not is_described(KEY, {"iv": 3, "mac": "x"})
