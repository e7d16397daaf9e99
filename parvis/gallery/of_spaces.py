"""What the bridge says of spaces, in their rooms and to who arranges them."""

from __future__ import annotations

from collections.abc import Iterator

from cards import answers, spaces
from cards.answers import BoundItem
from parvis.gallery import values as v
from parvis.gallery.sample import Sample, sample


def samples() -> Iterator[Sample]:
    """All of them."""
    for maker in (spaces.welcome, spaces.already_bound, spaces.unbound, spaces.not_bound, spaces.switched_off):
        yield sample(maker)
    yield sample(spaces.bound, v.TITLE, v.DOCUMENT, case="all may read it")
    yield sample(spaces.bound, None, v.DOCUMENT, case="not all may read it")
    yield sample(spaces.bound, v.HOSTILE, v.DOCUMENT, case="a hostile title", hostile=True)
    yield sample(spaces.which, [], case="none")
    yield sample(spaces.which, [v.ROOM, "!Zl0pQk7sJx2mYw"], case="several")
    yield sample(spaces.only_by_space, v.DOCUMENT)
    yield sample(spaces.still_by_space, v.DOCUMENT)
    yield sample(spaces.rooms_wait, 1, case="1 room")
    yield sample(spaces.rooms_wait, 7, case="7 rooms")
    inherited = BoundItem(v.TITLE, v.DOCUMENT, None, v.WHEN, by_space=True)
    both = BoundItem(v.TITLE, v.DOCUMENT, v.CAMILLE, v.WHEN, by_space=True)
    yield sample(answers.bindings, [inherited, both], case="by its space, and by itself too")
