"""What one person may ask for does not depend on what others ask."""

import pytest

from contract import allowance as module
from contract.allowance import Allowance
from contract.ids import MatrixId

ALICE, MALLORY = MatrixId("@alice:a.test"), MatrixId("@mallory:m.test")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def asked(allowance: Allowance, user: MatrixId, times: int) -> int:
    """How many of so many things in a row `user` may have."""
    return sum(allowance.take(user) for _ in range(times))


def test_somebody_who_asks_too_much_keeps_nobody_else_from_asking(clock: Clock) -> None:
    allowance = Allowance(clock)
    assert asked(allowance, MALLORY, 1000) == 40
    assert asked(allowance, ALICE, 5) == 5


def test_who_has_waited_may_ask_again(clock: Clock) -> None:
    allowance = Allowance(clock)
    asked(allowance, ALICE, 1000)
    clock.now += 10
    assert asked(allowance, ALICE, 1000) == 5
    clock.now += 3600
    assert asked(allowance, ALICE, 1000) == 40


def test_only_so_many_people_are_remembered(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", 3)
    allowance = Allowance(clock)
    for number in range(10):
        allowance.take(MatrixId(f"@{number}:a.test"))
    assert list(allowance._left) == ["@7:a.test", "@8:a.test", "@9:a.test"]
