"""What a search engine does for the workspace, as values: what is indexed, what is asked, what is answered.

Rights are data. A question carries clauses, one a person; an entry is found only if every clause admits it. The engine
applies them inside its own filter, so a total never counts what somebody may not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from contract.resources import Kind


class Order(StrEnum):
    """What comes first among what was found."""

    RELEVANCE = "relevance"
    RECENT = "recent"


@dataclass(frozen=True)
class Entry:
    """One item as the index holds it. `ancestors` holds the item's own id too; `body` is plain text."""

    id: UUID
    kind: Kind
    title: str
    body: str
    ancestors: tuple[UUID, ...]
    updated_at: datetime


@dataclass(frozen=True)
class Clause:
    """What one person has accesses to: what hangs under one of `roots`. Without any, nothing."""

    roots: frozenset[UUID] = frozenset()


def simplified(clauses: Iterable[Clause]) -> tuple[Clause, ...]:
    """Clauses that admit the same together, and no more of them than needed: whom one admits, a wider one does too."""
    kept: list[Clause] = []
    for clause in sorted(set(clauses), key=lambda one: len(one.roots)):
        if not any(one.roots <= clause.roots for one in kept):
            kept.append(clause)
    return tuple(kept)


@dataclass(frozen=True)
class Change:
    """One commit: the items `gone` leave, so does all that hangs `under` these, and `entries` are put or replaced.

    `entries` are taken once, one after the other: they need not be in memory together.
    """

    entries: Iterable[Entry] = ()
    gone: frozenset[UUID] = field(default_factory=frozenset)
    under: frozenset[UUID] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Question:
    """What is searched. No clause at all means nobody's rights, which finds nothing."""

    words: str
    clauses: tuple[Clause, ...]
    kind: Kind | None = None
    limit: int = 20
    order: Order = Order.RELEVANCE


@dataclass(frozen=True)
class Answer:
    """The first ids that were found, best first, and how many there are in all."""

    ids: tuple[UUID, ...]
    total: int


class EngineError(Exception):
    """The base of what an engine raises."""


class IndexUnavailable(EngineError):
    """There is no index (yet), or it cannot be read: it must be rebuilt before anything can be found."""


class WriterBusy(EngineError):
    """Another process writes this index: one does at a time."""


class Engine(Protocol):
    """A search engine. One process writes at a time; any number search meanwhile."""

    def apply(self, change: Change) -> None:
        """Do `change` and make it visible, all or nothing. Raises `IndexUnavailable` or `WriterBusy`."""
        ...

    def rebuild(self, entries: Iterable[Entry]) -> int:
        """Replace the whole index by `entries`, at once for whoever searches. Answers how many there were."""
        ...

    def ready(self) -> bool:
        """Whether there is an index that can be searched."""
        ...

    def search(self, question: Question) -> Answer:
        """What was found. Raises `IndexUnavailable`, or `TooManyWords` for what is too long to be a search."""
        ...

    def excerpts(self, words: str, ids: Sequence[UUID]) -> dict[UUID, str]:
        """For each of `ids` that the index holds, where its text has `words`: escaped HTML with `<mark>`."""
        ...
