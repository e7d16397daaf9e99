"""`emit` writes an event in the transaction of the change that it tells of."""

from __future__ import annotations

from functools import partial

from django.db import connection, transaction

from contract.events import Event
from workspace.events import doorbell
from workspace.events.models import OutboxEvent

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
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TURN])
    OutboxEvent.objects.create(event_id=event.id, subject=event.type.nats_subject, body=event.to_json())
    transaction.on_commit(partial(doorbell.ring, doorbell.OUTBOX))
