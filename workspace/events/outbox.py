"""`emit` writes an event in the transaction of the change that it tells of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial, wraps
from typing import ParamSpec, TypeVar

from django.db import connection, transaction

from contract.events import Event
from workspace.events import doorbell
from workspace.events.models import OutboxEvent

#: How long what was published stays in the outbox: for who resumes a stream, and who must look into something.
KEPT = timedelta(days=7)

P = ParamSpec("P")
T = TypeVar("T")

#: PostgreSQL gives out a sequence's numbers before the commit: writers of the outbox take turns under this lock, so
#: that the order of numbers is the order of commits. SQLite has one writer anyway.
_TURN = 0x50415256


class NotInTransaction(RuntimeError):
    """An event was emitted outside a transaction: it could say what never happened."""


def emit(event: Event) -> None:
    """Publish `event` once the current transaction has committed, and not at all otherwise.

    Raises `NotInTransaction` outside `transaction.atomic()`.
    """
    if not connection.in_atomic_block:
        raise NotInTransaction(event.type)
    _take_turn()
    OutboxEvent.objects.create(event_id=event.id, subject=event.type.nats_subject, body=event.to_json())
    transaction.on_commit(partial(doorbell.ring, doorbell.OUTBOX))


def in_turn(function: Callable[P, T]) -> Callable[P, T]:
    """`function` in a transaction, one at a time with all others that emit: what it reads nobody changes until its end.

    What changes the tree or who has access is decorated so. It is the lock of `emit`, taken at the start instead of at
    the end, so that the two cannot wait for each other.
    """

    @wraps(function)
    def alone(*args: P.args, **kwargs: P.kwargs) -> T:
        with transaction.atomic():
            _take_turn()
            return function(*args, **kwargs)

    return alone


def _take_turn() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TURN])
