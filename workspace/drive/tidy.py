"""What nobody needs any more leaves the store: the old trash, uploads that never came to an end, what replaced them.

`python -m workspace tidy` does it; run it once a day. Rows go first, with a note of the objects that they held
(`Discarded`), then the objects: a crash between the two leaves notes, never objects that nobody knows of.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from workspace.drive.models import Discarded, FileVersion, Upload
from workspace.drive.store import Store
from workspace.sharing.models import Item, ItemAncestor

logger = logging.getLogger(__name__)

#: How long an item stays in the trash, and how long an upload may be under way.
TRASH_KEPT, UPLOAD_KEPT = timedelta(days=30), timedelta(days=1)
_AT_ONCE = 500


@dataclass(frozen=True)
class Tidied:
    """How many items of the trash, uploads and objects went."""

    items: int
    uploads: int
    objects: int


def tidy(store: Store) -> Tidied:
    """Remove all of it. To do it twice is to do it once."""
    now = timezone.now()
    items = _purge_trash(now - TRASH_KEPT)
    uploads = _drop_uploads(now - UPLOAD_KEPT)
    return Tidied(items, uploads, discard(store))


def discard(store: Store) -> int:
    """Delete the objects that were noted as needed no more."""
    count = 0
    while keys := list(Discarded.objects.values_list("key", flat=True)[:_AT_ONCE]):
        store.delete(keys)
        Discarded.objects.filter(key__in=keys).delete()
        count += len(keys)
    return count


def _purge_trash(before: datetime) -> int:
    count = 0
    for root in Item.objects.filter(trashed_at__lt=before).values_list("pk", flat=True):
        with transaction.atomic():
            below = list(ItemAncestor.objects.filter(ancestor_id=root).values_list("item_id", flat=True))
            _note(FileVersion.objects.filter(file_id__in=below).values_list("key", flat=True))
            Item.objects.filter(pk__in=below).delete()
        logger.info("drive.purged item=%s items=%d", root, len(below))
        count += len(below)
    return count


def _drop_uploads(before: datetime) -> int:
    count = 0
    for upload in Upload.objects.filter(created_at__lt=before):
        with transaction.atomic():
            # What was copied but never published has no version: nothing else knows of it.
            _note([upload.incoming_key, upload.final_key])
            count += upload.delete()[0]
    return count


def _note(keys: Iterable[str]) -> None:
    Discarded.objects.bulk_create([Discarded(key=key) for key in keys], ignore_conflicts=True)
