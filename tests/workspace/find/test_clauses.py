"""Rights as clauses, before any engine sees them."""

from __future__ import annotations

from tests.workspace.find.engine_contract import OTHER_ROOT, ROOT, THEM
from workspace.find.engines.base import Clause, simplified


def test_clauses_that_a_narrower_one_implies_are_left_out() -> None:
    wide, other = Clause(frozenset({ROOT, OTHER_ROOT})), Clause(frozenset({OTHER_ROOT}))
    assert set(simplified([wide, THEM, THEM, other])) == {THEM, other}
    assert simplified([THEM, Clause()]) == (Clause(),)
    assert simplified([]) == ()
