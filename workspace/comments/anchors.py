"""Threads go with their passages: where the words of one are changed, to what it has become.

A passage is known by the hash of its words, so a correction makes another of it. Its successor is looked for between
the neighbours that stayed, and must resemble it; where there is none, the thread is on a passage that is gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from difflib import SequenceMatcher
from uuid import UUID

from workspace.comments.models import Thread
from workspace.docs import service as docs
from workspace.docs.render import Passage
from workspace.events import outbox

#: How much of their beginnings two passages must share (0 to 1) for one to have become the other.
_ALIKE = 0.6
#: Passages that are compared with one that is gone.
_COMPARED = 20


def follow(document_id: UUID, version: int, before: str, after: str) -> None:
    """The text of a document is `after`, its version `version`, and was `before`: move the threads that this concerns.

    Called outside the turn of the save, as it may have to read both texts, which may be long. Where another save comes
    in between, a thread that would have been moved says that its passage is gone.
    """
    anchored = set(
        Thread.objects.filter(document=document_id).exclude(passage="").order_by().values_list("passage", flat=True)
    )
    if not anchored:
        return
    was = docs.rendered(document_id, version - 1, before).passages
    now = docs.rendered(document_id, version, after).passages
    moves = list(successors(was, now, anchored))
    if moves:
        _move(document_id, moves)


def successors(
    was: Sequence[Passage], now: Sequence[Passage], wanted: Collection[str]
) -> Iterator[tuple[str, Passage]]:
    """Of the passages `wanted` (their keys) of `was` that are not in `now`: the key, and what each has become there."""
    there = {one.key: place for place, one in enumerate(now)}
    before = {one.key for one in was}
    for place, one in enumerate(was):
        if one.key not in wanted or one.key in there:
            continue
        start = next((there[other.key] + 1 for other in reversed(was[:place]) if other.key in there), 0)
        end = next((there[other.key] for other in was[place + 1 :] if other.key in there), len(now))
        fresh = [other for other in now[start:end] if other.key not in before][:_COMPARED]
        alike = [(_likeness(one, other), other) for other in fresh]
        best = max(alike, key=lambda pair: pair[0], default=None)
        if best is not None and best[0] >= _ALIKE:
            yield one.key, best[1]


def _likeness(one: Passage, other: Passage) -> float:
    return SequenceMatcher(None, one.quote, other.quote, autojunk=False).ratio()


@outbox.in_turn
def _move(document_id: UUID, moves: Sequence[tuple[str, Passage]]) -> None:
    for key, to in moves:
        Thread.objects.filter(document=document_id, passage=key).update(passage=to.key, quote=to.quote)
