"""What `Range` and `If-Range` ask for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workspace.drive.ranges import Span, Unsatisfiable, asked

ETAG = '"one"'


@pytest.mark.parametrize(
    ("wanted", "span"),
    [
        ("bytes=0-9", (0, 9)),
        ("bytes=90-", (90, 99)),
        ("bytes=-10", (90, 99)),
        ("bytes=-1000", (0, 99)),
        ("bytes=0-1000", (0, 99)),
        ("BYTES= 5-5 ", (5, 5)),
    ],
)
def test_one_range_is_understood(wanted: str, span: tuple[int, int]) -> None:
    assert asked(wanted, "", 100, ETAG) == Span(*span, 100)


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=9-5",
        "bytes=0-1,5-9",
        "lines=0-9",
        "bytes=a-b",
        "bytes=٣-٤",
        "bytes=+1-2",
    ],
)
def test_what_makes_no_sense_is_the_whole(wanted: str) -> None:
    assert asked(wanted, "", 100, ETAG) is None


@pytest.mark.parametrize(
    ("wanted", "size"), [("bytes=100-", 100), ("bytes=200-300", 100), ("bytes=-0", 100), ("bytes=0-", 0)]
)
def test_what_is_not_there_is_refused(wanted: str, size: int) -> None:
    with pytest.raises(Unsatisfiable):
        asked(wanted, "", size, ETAG)


@pytest.mark.parametrize("other", ['"two"', 'W/"one"', "Tue, 24 Nov 2026 12:00:00 GMT", "one"])
def test_of_another_version_the_whole_is_sent(other: str) -> None:
    assert asked("bytes=5-", other, 100, ETAG) is None
    assert asked("bytes=500-", other, 100, ETAG) is None


@given(st.text("bytes=-0123456789,ab ", max_size=20) | st.text(max_size=20), st.integers(0, 1000))
def test_whatever_is_asked_is_within_the_file(wanted: str, size: int) -> None:
    try:
        span = asked(wanted, "", size, ETAG)
    except Unsatisfiable:
        return
    assert span is None or 0 <= span.first <= span.last < size
