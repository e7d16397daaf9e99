"""What an answer of the homeserver means."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.matrix.homeserver import _read, refusal
from bridge.ports import Permanent, RateLimited, Retriable, RoomError


@pytest.mark.parametrize("status", [400, 403, 404, 405])
def test_what_the_homeserver_refuses_it_refuses_for_good(status: int) -> None:
    error = refusal(status, {"errcode": "M_FORBIDDEN", "error": "words of somebody"})
    assert isinstance(error, Permanent)
    assert error.code == "M_FORBIDDEN"
    assert "somebody" not in str(error)


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413])
@pytest.mark.parametrize("content", [{}, {"errcode": 7}, {"errcode": None}, {"errcode": ""}, {"detail": "not found"}])
def test_a_refusal_that_is_not_matrix_is_of_something_before_the_homeserver_and_passes(
    status: int, content: dict[str, Any]
) -> None:
    assert isinstance(refusal(status, content), Retriable)


@pytest.mark.parametrize("answer", [b"<html>", b"", b"[]", b"[" * 100_000])
@pytest.mark.parametrize("status", [200, 403, 404])
def test_an_answer_that_is_no_json_passes(status: int, answer: bytes) -> None:
    with pytest.raises(RoomError) as raised:
        _read(dict, status, {}, answer)
    assert isinstance(raised.value, Retriable)


def test_a_rate_limit_says_how_long() -> None:
    error = refusal(429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1500})
    assert isinstance(error, RateLimited)
    assert error.retry_after == 1.5
