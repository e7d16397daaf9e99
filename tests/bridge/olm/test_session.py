"""Sessions between two devices, as mautrix drives them."""

from __future__ import annotations

import pytest

from bridge.olm.account import Account
from bridge.olm.errors import OlmSessionError
from bridge.olm.messages import OlmMessage, OlmPreKeyMessage
from bridge.olm.session import InboundSession, OutboundSession, Session


def _opened(receiver: Account) -> tuple[Account, OutboundSession]:
    """A sender, and its session with `receiver`."""
    sender = Account()
    receiver.generate_one_time_keys(1)
    (one_time_key,) = receiver.one_time_keys["curve25519"].values()
    receiver.mark_keys_as_published()
    return sender, OutboundSession(sender, receiver.identity_keys["curve25519"], one_time_key)


def test_the_first_message_is_read_from_the_stored_session() -> None:
    """mautrix opens the session, pickles it, and only then asks for the text."""
    receiver = Account()
    sender, session = _opened(receiver)
    message = session.encrypt("a room key")
    assert isinstance(message, OlmPreKeyMessage)
    opened = InboundSession(receiver, message, sender.identity_keys["curve25519"])
    stored = Session.from_pickle(opened.pickle("p"), "p")
    assert stored.matches(message)
    assert stored.decrypt(message) == "a room key"
    with pytest.raises(OlmSessionError):
        stored.decrypt(message)


def test_a_second_first_message_is_read_by_the_same_session() -> None:
    receiver = Account()
    sender, session = _opened(receiver)
    one, two = session.encrypt("one"), session.encrypt("two")
    opened = InboundSession(receiver, two, sender.identity_keys["curve25519"])
    assert opened.decrypt(one) == "one"
    assert opened.decrypt(two) == "two"


def test_after_an_answer_messages_are_ordinary_ones() -> None:
    receiver = Account()
    sender, session = _opened(receiver)
    first = session.encrypt("question")
    opened = InboundSession(receiver, first, sender.identity_keys["curve25519"])
    opened.decrypt(first)
    assert session.decrypt(opened.encrypt("answer")) == "answer"
    later = session.encrypt("thanks")
    assert isinstance(later, OlmMessage)
    assert opened.decrypt(later) == "thanks"


def test_a_session_opens_with_a_fallback_key_as_often_as_it_is_asked() -> None:
    receiver = Account()
    receiver.generate_fallback_key()
    (fallback,) = receiver.fallback_key.values()
    receiver.mark_keys_as_published()
    for number in range(3):
        sender = Account()
        message = OutboundSession(sender, receiver.identity_keys["curve25519"], fallback).encrypt(f"key {number}")
        opened = InboundSession(receiver, message, sender.identity_keys["curve25519"])
        assert opened.decrypt(message) == f"key {number}"


def test_the_fallback_key_before_the_last_still_opens() -> None:
    receiver = Account()
    receiver.generate_fallback_key()
    (fallback,) = receiver.fallback_key.values()
    receiver.mark_keys_as_published()
    receiver.generate_fallback_key()
    sender = Account()
    message = OutboundSession(sender, receiver.identity_keys["curve25519"], fallback).encrypt("late")
    assert InboundSession(receiver, message, sender.identity_keys["curve25519"]).decrypt(message) == "late"


def test_a_one_time_key_opens_one_session_only() -> None:
    receiver = Account()
    sender, session = _opened(receiver)
    message = session.encrypt("once")
    InboundSession(receiver, message, sender.identity_keys["curve25519"])
    with pytest.raises(OlmSessionError):
        InboundSession(receiver, message, sender.identity_keys["curve25519"])


def test_a_changed_message_is_refused() -> None:
    receiver = Account()
    sender, session = _opened(receiver)
    first = session.encrypt("hello")
    opened = InboundSession(receiver, first, sender.identity_keys["curve25519"])
    opened.decrypt(first)
    session.decrypt(opened.encrypt("answer"))
    message = session.encrypt("pay 10")
    last = message.ciphertext[-2]
    changed = message.ciphertext[:-2] + ("A" if last != "A" else "B") + message.ciphertext[-1]
    with pytest.raises(OlmSessionError):
        opened.decrypt(OlmMessage(changed))
    assert opened.decrypt(message) == "pay 10"


def test_a_first_message_that_names_another_sender_is_refused() -> None:
    receiver = Account()
    _, session = _opened(receiver)
    with pytest.raises(OlmSessionError):
        InboundSession(receiver, session.encrypt("mine"), Account().identity_keys["curve25519"])


@pytest.mark.parametrize("ciphertext", ["", "é", "AAAA", "!!!!", "A" * 200])
def test_what_is_no_message_is_an_error(ciphertext: str) -> None:
    receiver = Account()
    sender, session = _opened(receiver)
    first = session.encrypt("hello")
    opened = InboundSession(receiver, first, sender.identity_keys["curve25519"])
    with pytest.raises(OlmSessionError):
        opened.decrypt(OlmMessage(ciphertext))
    with pytest.raises(OlmSessionError):
        opened.matches(OlmPreKeyMessage(ciphertext))
    with pytest.raises(OlmSessionError):
        InboundSession(receiver, OlmPreKeyMessage(ciphertext), sender.identity_keys["curve25519"])


def test_what_is_no_key_is_an_error() -> None:
    account = Account()
    with pytest.raises(OlmSessionError):
        OutboundSession(account, "no key", account.identity_keys["curve25519"])


def test_a_session_does_not_open_under_another_passphrase() -> None:
    _, session = _opened(Account())
    with pytest.raises(OlmSessionError):
        Session.from_pickle(session.pickle("p"), "q")
