"""Rights as clauses, before any engine sees them."""

from __future__ import annotations

from tests.workspace.find.engine_contract import OTHER_ROOT, ROOT, THEM
from workspace.find.engines.base import Clause, Reach, simplified


def test_clauses_that_a_narrower_one_implies_are_left_out() -> None:
    wide = Clause(roots=frozenset({ROOT, OTHER_ROOT}), reaches=frozenset({Reach.PUBLIC}))
    other = Clause(roots=frozenset({OTHER_ROOT}), reaches=frozenset({Reach.AUTHENTICATED}))
    assert set(simplified([wide, THEM, THEM, other])) == {THEM, other}
    assert simplified([THEM, Clause()]) == (Clause(),)
    assert simplified([]) == ()
