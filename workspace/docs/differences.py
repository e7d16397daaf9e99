"""What changed between two texts, line by line and then word by word; and two texts that changed apart, put together.

Pure, and bounded: the search for what stayed the same ends after a number of edits, not of seconds (Myers, “An O(ND)
difference algorithm”, 1986). Two texts that have too little in common are shown one after the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

#: Lines that two texts may differ in before they count as wholly different, and words that two lines may.
_MAX_LINE_EDITS = 800
_MAX_WORD_EDITS = 120
#: Unchanged lines that are shown before and after a change.
_AROUND = 3
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


class Sign(StrEnum):
    """What became of a line."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    #: Lines that did not change and are not shown.
    GAP = "gap"


@dataclass(frozen=True)
class Piece:
    """A part of a line, and whether it is what changed in it."""

    text: str
    changed: bool = False


@dataclass(frozen=True)
class Line:
    """One line as it is shown. `left_out` is how many lines a gap stands for."""

    sign: Sign
    pieces: tuple[Piece, ...] = ()
    left_out: int = 0


@dataclass(frozen=True)
class Merged:
    """Two texts put together. `conflicts` is in how many places both changed the same lines, so both are kept."""

    text: str
    conflicts: int


@dataclass(frozen=True)
class Marks:
    """The lines that say where both texts are kept: before mine, before theirs, and after."""

    mine: str
    theirs: str
    end: str


def between(old: str, new: str) -> list[Line]:
    """What was removed from `old` and added to it to have `new`, with a few lines around. No lines: nothing changed."""
    return list(_with_gaps(list(_lines(old.split("\n"), new.split("\n")))))


def merge(base: str, mine: str, theirs: str, marks: Marks) -> Merged:
    """What `mine` and `theirs` made of `base`. Where they changed the same lines differently, both stay, marked."""
    parts: list[str] = []
    conflicts = 0
    for before, ours, other in _regions(base.split("\n"), mine.split("\n"), theirs.split("\n")):
        if ours == before:
            parts += other
        elif other in (before, ours):
            parts += ours
        else:
            conflicts += 1
            parts += [marks.mine, *ours, marks.theirs, *other, marks.end]
    return Merged("\n".join(parts), conflicts)


def _regions(base: list[str], mine: list[str], theirs: list[str]) -> Iterator[tuple[list[str], list[str], list[str]]]:
    """The three texts cut at the lines that all of them have: stable lines and what stands between, in turn."""
    in_mine = dict(_stay(base, mine, _MAX_LINE_EDITS))
    in_theirs = dict(_stay(base, theirs, _MAX_LINE_EDITS))
    b = m = t = 0
    for line in range(len(base)):
        if line not in in_mine or line not in in_theirs:
            continue
        yield base[b:line], mine[m : in_mine[line]], theirs[t : in_theirs[line]]
        yield [base[line]], [base[line]], [base[line]]
        b, m, t = line + 1, in_mine[line] + 1, in_theirs[line] + 1
    yield base[b:], mine[m:], theirs[t:]


def _lines(old: list[str], new: list[str]) -> Iterator[Line]:
    at_old = at_new = 0
    for i, j in [*_stay(old, new, _MAX_LINE_EDITS), (len(old), len(new))]:
        yield from _replaced(old[at_old:i], new[at_new:j])
        if i < len(old):
            yield Line(Sign.SAME, (Piece(old[i]),))
        at_old, at_new = i + 1, j + 1


def _replaced(old: list[str], new: list[str]) -> Iterator[Line]:
    """Lines in place of others. Where there are as many, they are compared in pairs, word by word."""
    pairs = [_words_changed(a, b) for a, b in zip(old, new, strict=True)] if len(old) == len(new) else None
    for index, line in enumerate(old):
        yield Line(Sign.REMOVED, pairs[index][0] if pairs else (Piece(line),))
    for index, line in enumerate(new):
        yield Line(Sign.ADDED, pairs[index][1] if pairs else (Piece(line),))


def _words_changed(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    a, b = _WORDS.findall(old), _WORDS.findall(new)
    stay = _stay(a, b, _MAX_WORD_EDITS)
    # With next to nothing in common, marking every word would only be noise.
    if sum(len(a[i].strip()) for i, _j in stay) * 3 < len(old.strip()):
        return (Piece(old),), (Piece(new),)
    return _pieces(a, {i for i, _j in stay}), _pieces(b, {j for _i, j in stay})


def _pieces(words: list[str], stay: set[int]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for index, word in enumerate(words):
        changed = index not in stay
        if pieces and pieces[-1].changed == changed:
            pieces[-1] = Piece(pieces[-1].text + word, changed)
        else:
            pieces.append(Piece(word, changed))
    return tuple(pieces)


def _with_gaps(lines: list[Line]) -> Iterator[Line]:
    """The lines, but for those that are far from every change."""
    near: set[int] = set()
    for index, line in enumerate(lines):
        if line.sign is not Sign.SAME:
            near.update(range(index - _AROUND, index + _AROUND + 1))
    left_out = 0
    for index, line in enumerate(lines):
        if index not in near:
            left_out += 1
            continue
        if left_out:
            yield Line(Sign.GAP, left_out=left_out)
            left_out = 0
        yield line
    if left_out and near:
        yield Line(Sign.GAP, left_out=left_out)


def _stay(a: Sequence[str], b: Sequence[str], most: int) -> list[tuple[int, int]]:
    """Pairs of positions of what is the same in `a` and `b`, in order; at the ends only if too much differs."""
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    end_a, end_b = len(a), len(b)
    while end_a > start and end_b > start and a[end_a - 1] == b[end_b - 1]:
        end_a, end_b = end_a - 1, end_b - 1
    middle = _shortest(a[start:end_a], b[start:end_b], most)
    return [
        *((index, index) for index in range(start)),
        *((start + i, start + j) for i, j in middle),
        *((end_a + index, end_b + index) for index in range(len(a) - end_a)),
    ]


def _shortest(a: Sequence[str], b: Sequence[str], most: int) -> list[tuple[int, int]]:
    """Myers' greedy search: how far each diagonal reaches with 0, 1, 2… edits. Nothing if `most` edits do not do."""
    reach = {1: 0}
    steps: list[dict[int, int]] = []
    for edits in range(min(len(a) + len(b), most) + 1):
        steps.append(reach.copy())
        for diagonal in range(-edits, edits + 1, 2):
            x = _next_x(reach, diagonal, edits)
            y = x - diagonal
            while x < len(a) and y < len(b) and a[x] == b[y]:
                x, y = x + 1, y + 1
            reach[diagonal] = x
            if x >= len(a) and y >= len(b):
                return _walked(steps, len(a), len(b))
    return []


def _next_x(reach: dict[int, int], diagonal: int, edits: int) -> int:
    down = diagonal == -edits or (diagonal != edits and reach[diagonal - 1] < reach[diagonal + 1])
    return reach[diagonal + 1] if down else reach[diagonal - 1] + 1


def _walked(steps: list[dict[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    """The way back from the end, which gives the pairs that stayed."""
    pairs: list[tuple[int, int]] = []
    for edits in range(len(steps) - 1, -1, -1):
        reach, diagonal = steps[edits], x - y
        from_x = _next_x(reach, diagonal, edits) if edits else 0
        from_y = from_x - diagonal
        while x > from_x and y > from_y:
            x, y = x - 1, y - 1
            pairs.append((x, y))
        if edits:
            down = diagonal == -edits or (diagonal != edits and reach[diagonal - 1] < reach[diagonal + 1])
            x, y = (x, y - 1) if down else (x - 1, y)
    return pairs[::-1]
