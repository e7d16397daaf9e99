"""Accounts: keys, pickles, fallback keys."""

from __future__ import annotations

import pytest

from bridge.olm.account import Account
from bridge.olm.errors import OlmAccountError, OlmVerifyError
from bridge.olm.signing import PkSigning, ed25519_verify


def test_a_stored_account_is_the_same_account() -> None:
    account = Account()
    account.generate_one_time_keys(3)
    again = Account.from_pickle(account.pickle("a passphrase"), "a passphrase")
    assert again.identity_keys == account.identity_keys
    assert again.one_time_keys == account.one_time_keys


@pytest.mark.parametrize("pickle", [b"", b"nonsense", b"\xff\xfe"])
def test_a_broken_account_is_an_error(pickle: bytes) -> None:
    with pytest.raises(OlmAccountError):
        Account.from_pickle(pickle, "a passphrase")


def test_an_account_does_not_open_under_another_passphrase() -> None:
    pickle = Account().pickle("a passphrase")
    with pytest.raises(OlmAccountError):
        Account.from_pickle(pickle, "another")


def test_a_pickle_holds_nothing_that_can_be_read() -> None:
    account = Account()
    assert account.identity_keys["curve25519"].encode() not in account.pickle("a passphrase")


def test_published_keys_are_not_offered_again() -> None:
    account = Account()
    account.generate_one_time_keys(2)
    account.generate_fallback_key()
    assert len(account.one_time_keys["curve25519"]) == 2
    assert len(account.fallback_key) == 1
    account.mark_keys_as_published()
    assert account.one_time_keys == {"curve25519": {}}
    assert account.fallback_key == {}


def test_a_new_fallback_key_is_another_one() -> None:
    account = Account()
    account.generate_fallback_key()
    first = account.fallback_key
    account.mark_keys_as_published()
    account.generate_fallback_key()
    assert account.fallback_key
    assert account.fallback_key != first


def test_a_signature_is_of_one_key_and_one_message() -> None:
    account, other = Account(), Account()
    signature = account.sign("words")
    ed25519_verify(account.identity_keys["ed25519"], "words", signature)
    for key, message in ((account.identity_keys["ed25519"], "other words"), (other.identity_keys["ed25519"], "words")):
        with pytest.raises(OlmVerifyError):
            ed25519_verify(key, message, signature)


def test_an_identity_key_comes_from_its_seed_and_signs() -> None:
    seed = bytes(range(32))
    signing = PkSigning(seed)
    assert signing.public_key == PkSigning(seed).public_key
    ed25519_verify(signing.public_key, "words", signing.sign("words"))
    with pytest.raises(OlmVerifyError):
        ed25519_verify(signing.public_key, "words", "not a signature")


def test_a_seed_of_the_wrong_length_is_an_error() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        PkSigning(b"short")
