"""A room's sessions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.olm.errors import OlmGroupSessionError
from bridge.olm.group import InboundGroupSession, OutboundGroupSession


def test_whoever_has_the_key_reads_from_there_on() -> None:
    outbound = OutboundGroupSession()
    before = outbound.encrypt("before")
    inbound = InboundGroupSession(outbound.session_key)
    assert inbound.id == outbound.id
    assert inbound.decrypt(outbound.encrypt("one")) == ("one", 1)
    assert inbound.decrypt(outbound.encrypt("two")) == ("two", 2)
    with pytest.raises(OlmGroupSessionError):
        inbound.decrypt(before)


def test_a_stored_session_goes_on_where_it_was() -> None:
    outbound = OutboundGroupSession()
    inbound = InboundGroupSession(outbound.session_key)
    outbound.encrypt("one")
    again = OutboundGroupSession.from_pickle(outbound.pickle("p"), "p")
    stored = InboundGroupSession.from_pickle(inbound.pickle("p"), "p")
    assert again.message_index == 1
    assert stored.decrypt(again.encrypt("two")) == ("two", 1)


@given(count=st.integers(0, 40), used=st.integers(0, 40))
def test_a_session_stored_ahead_never_repeats_a_number(count: int, used: int) -> None:
    """Whatever is encrypted within the reserve before a crash, what is stored is past it."""
    used = min(used, count)
    outbound = OutboundGroupSession()
    inbound = InboundGroupSession(outbound.session_key)
    reserve = outbound.pickle_ahead("p", count)
    assert outbound.message_index == 0
    seen = {inbound.decrypt(outbound.encrypt("x"))[1] for _ in range(used)}
    after_crash = OutboundGroupSession.from_pickle(reserve, "p")
    assert inbound.decrypt(after_crash.encrypt("y")) == ("y", count)
    assert count not in seen


def test_a_changed_message_is_refused() -> None:
    outbound = OutboundGroupSession()
    inbound = InboundGroupSession(outbound.session_key)
    message = outbound.encrypt("pay 10")
    middle = len(message) // 2
    changed = message[:middle] + ("A" if message[middle] != "A" else "B") + message[middle + 1 :]
    with pytest.raises(OlmGroupSessionError):
        inbound.decrypt(changed)
    assert inbound.decrypt(message) == ("pay 10", 0)


def test_a_message_of_another_session_is_refused() -> None:
    with pytest.raises(OlmGroupSessionError):
        InboundGroupSession(OutboundGroupSession().session_key).decrypt(OutboundGroupSession().encrypt("x"))


def test_an_exported_session_reads_from_its_number_on() -> None:
    outbound = OutboundGroupSession()
    inbound = InboundGroupSession(outbound.session_key)
    zero, one = outbound.encrypt("zero"), outbound.encrypt("one")
    imported = InboundGroupSession.import_session(inbound.export_session(1))
    assert imported.first_known_index == 1
    assert imported.decrypt(one) == ("one", 1)
    with pytest.raises(OlmGroupSessionError):
        imported.decrypt(zero)
    with pytest.raises(OlmGroupSessionError, match="from message 1 on"):
        imported.export_session(0)


@pytest.mark.parametrize("value", ["", "no key", "é", "A" * 500])
def test_what_is_no_key_or_message_is_an_error(value: str) -> None:
    inbound = InboundGroupSession(OutboundGroupSession().session_key)
    for attempt in (InboundGroupSession, InboundGroupSession.import_session, inbound.decrypt):
        with pytest.raises(OlmGroupSessionError):
            attempt(value)


def test_a_session_does_not_open_under_another_passphrase() -> None:
    outbound = OutboundGroupSession()
    inbound = InboundGroupSession(outbound.session_key)
    with pytest.raises(OlmGroupSessionError):
        OutboundGroupSession.from_pickle(outbound.pickle("p"), "q")
    with pytest.raises(OlmGroupSessionError):
        InboundGroupSession.from_pickle(inbound.pickle("p"), "q")
