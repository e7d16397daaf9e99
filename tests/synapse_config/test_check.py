"""A report says what was tried and seen, whatever a member answers."""

import httpx
import pytest

from synapse_config.check.report import Check, NotSeen, Recorder, Report, Silent


async def raises(error: Exception) -> str:
    raise error


async def sees() -> str:
    return "it is well"


async def test_what_is_seen_is_kept() -> None:
    recorder = Recorder(Silent())
    assert await recorder.run("name", "tried", "advice", sees())
    assert recorder.checks == [Check("name", True, "tried", "it is well", "")]


@pytest.mark.parametrize(
    ("error", "seen"),
    [
        (NotSeen("it answered 500"), "it answered 500"),
        (httpx.ConnectError("no way"), "no way"),
        (ConnectionResetError(), "ConnectionResetError"),
        (KeyError("server"), "not of the agreed form"),
        (TimeoutError(), "nothing within"),
    ],
)
async def test_a_failure_is_a_check_with_its_advice(error: Exception, seen: str) -> None:
    recorder = Recorder(Silent())
    assert not await recorder.run("name", "tried", "do this", raises(error))
    (check,) = recorder.checks
    assert seen in check.seen
    assert check.advice == "do this"


def test_a_report_is_well_when_something_was_tried_and_all_of_it_is() -> None:
    good, bad = Check("a", True, "t", "s"), Check("b", False, "t", "s", "d")
    assert Report((good,)).ok
    assert not Report((good, bad)).ok
    assert not Report(()).ok
    assert Report((bad,)).as_json()["checks"][0]["advice"] == "d"
