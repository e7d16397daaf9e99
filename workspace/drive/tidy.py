"""What nobody needs any more leaves the store: the old trash, uploads that never came to an end, what replaced them.

The indexer's process does it every hour (`now_and_then`), and `python -m workspace tidy` at once. Rows go first, with a
note of the objects that they held (`Discarded`), then the objects: a crash between the two leaves notes, never objects
that nobody knows of. What browsers sent needs no note: under `incoming/`, whatever is old is needed by nobody.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from django.db import DatabaseError, connection
from django.utils import timezone

from workspace.drive.models import INCOMING, Discarded, FileVersion, Upload
from workspace.drive.store import Store, StoreError, StoreUnavailable
from workspace.sharing import tree
from workspace.sharing.models import Item

logger = logging.getLogger(__name__)

#: How long an item stays in the trash, and how long an upload may be under way.
TRASH_KEPT, UPLOAD_KEPT = timedelta(days=30), timedelta(days=1)
#: A publication takes minutes at the very most: after so long, a copy that none took is needed by none.
PUBLISHED_WITHIN = timedelta(hours=1)
_EVERY = timedelta(hours=1)
_AT_ONCE = 500


@dataclass(frozen=True)
class Tidied:
    """How many items of the trash, uploads and objects went."""

    items: int
    uploads: int
    objects: int


async def now_and_then(store: Store) -> None:
    """Tidy, and again every hour, until cancelled."""
    while True:
        try:
            await asyncio.to_thread(_in_a_thread, store)
        except (StoreUnavailable, DatabaseError) as error:
            # What is left is written down, and goes the next time.
            logger.warning("drive.not_tidied error=%s", type(error).__name__)
        await asyncio.sleep(_EVERY.total_seconds())


def tidy(store: Store) -> Tidied:
    """Remove all of it. To do it twice is to do it once. Raises `StoreUnavailable`."""
    now = timezone.now()
    items = _purge_trash(now - TRASH_KEPT)
    uploads = Upload.objects.filter(created_at__lt=now - UPLOAD_KEPT).delete()[0]
    return Tidied(items, uploads, _discard_due(store) + _sweep_incoming(store, now - UPLOAD_KEPT))


def discard(store: Store, keys: Collection[str]) -> None:
    """Delete these objects, for which there are notes or which are under `incoming/`, if the store lets us.

    What it does not delete now, `tidy` does: nobody's upload fails because another's object cannot be deleted.
    """
    try:
        left = store.delete(keys)
    except StoreError as error:
        logger.warning("drive.not_discarded objects=%d error=%s", len(keys), type(error).__name__)
        return
    Discarded.objects.filter(key__in=set(keys) - left).delete()


def note(keys: Iterable[str], due_at: datetime) -> None:
    """Write down that these objects are to be deleted from then on."""
    Discarded.objects.bulk_create([Discarded(key=key, due_at=due_at) for key in keys], ignore_conflicts=True)


def note_contents(items: Collection[UUID]) -> None:
    """These items are about to go for good: write down the objects that they hold."""
    note(FileVersion.objects.filter(file_id__in=items).values_list("key", flat=True), timezone.now())


def _in_a_thread(store: Store) -> None:
    try:
        gone = tidy(store)
    finally:
        connection.close()
    if gone != Tidied(0, 0, 0):
        logger.info("drive.tidied items=%d uploads=%d objects=%d", gone.items, gone.uploads, gone.objects)


def _purge_trash(before: datetime) -> int:
    count = 0
    for root in list(Item.objects.filter(trashed_at__lt=before).values_list("pk", flat=True)):
        gone = tree.purge_item(root, before)
        logger.info("drive.purged item=%s items=%d", root, gone)
        count += gone
    return count


def _discard_due(store: Store) -> int:
    """One object that cannot be deleted keeps none of the others."""
    count, last = 0, ""
    due = Discarded.objects.filter(due_at__lte=timezone.now()).order_by("key").values_list("key", flat=True)
    while keys := list(due.filter(key__gt=last)[:_AT_ONCE]):
        left = store.delete(keys)
        if left:
            logger.warning("drive.not_discarded objects=%d", len(left))
        count += Discarded.objects.filter(key__in=set(keys) - left).delete()[0]
        last = keys[-1]
    return count


def _sweep_incoming(store: Store, before: datetime) -> int:
    """What a browser sent and nobody published, or sent once more after it was published."""
    count, old = 0, store.older(INCOMING, before)
    while keys := list(islice(old, _AT_ONCE)):
        count += len(keys) - len(store.delete(keys))
    return count
