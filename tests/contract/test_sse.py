"""Server-sent events, as the specification's own examples have them, however the bytes are cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.sse import MAX_DATA, MAX_LINE, Block, Parser, TooLong

STREAM = (
    "\ufeff: test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third é\r\ndata: two\r\n\r\n"
    "event: gap\rdata\r\rretry: 2000\nretry: x\nid: 7\n\nid: a\0b\ndata: y\nunknown: z\n\n"
).encode()
BLOCKS = [
    Block("message", None, "", None),
    Block("message", "first event", "1", None),
    Block("message", "second event", "", None),
    Block("message", " third é\ntwo", "", None),
    Block("gap", "", "", None),
    Block("message", None, "7", 2000),
    Block("message", "y", "7", None),
]


@given(st.lists(st.integers(0, len(STREAM)), max_size=20))
def test_blocks_are_the_same_however_they_are_cut(cuts: list[int]) -> None:
    parser, places = Parser(), [0, *sorted(cuts), len(STREAM)]
    chunks = [STREAM[start:end] for start, end in itertools.pairwise(places)]
    assert [block for chunk in chunks for block in parser.feed(chunk)] == BLOCKS


def test_what_has_not_ended_is_not_told() -> None:
    assert list(Parser().feed(b"data: x\n")) == []


@pytest.mark.parametrize("much", [b"x" * (MAX_LINE + 1), b"data: " + b"\ndata: ".join([b"x" * 60_000] * 4) + b"\n"])
def test_what_never_ends_is_given_up(much: bytes) -> None:
    assert MAX_DATA < 4 * 60_000
    with pytest.raises(TooLong):
        list(Parser().feed(much))
