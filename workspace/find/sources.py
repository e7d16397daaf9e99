"""The database as the index wants it: items that are not in the trash, with their text and ancestors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from uuid import UUID

from django.db.models import F

from contract.resources import Kind
from workspace.docs.models import Document
from workspace.docs.render import plain_text
from workspace.find.engines.base import Entry
from workspace.find.models import FileText
from workspace.sharing import questions
from workspace.sharing.models import Item, ItemAncestor

#: Items that are read together: with their texts they are in memory at once.
_AT_ONCE = 100


def everything() -> Iterator[Entry]:
    """Every item that can be found."""
    return entries(Item.objects.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=1000))


def under(trees: Iterable[UUID]) -> Iterator[UUID]:
    """These items and all that hangs under them."""
    hanging = ItemAncestor.objects.filter(ancestor_id__in=list(trees)).order_by("item_id")
    return iter(list(hanging.values_list("item_id", flat=True).distinct()))


def entries(items: Iterable[UUID]) -> Iterator[Entry]:
    """Those of `items` that can be found; what is in the trash, or gone, is left out."""
    left = iter(items)
    while some := list(islice(left, _AT_ONCE)):
        yield from _some(some)


def alive(items: Iterable[UUID]) -> set[UUID]:
    """Those of `items` that exist and are in no trash, nor under anything that is."""
    wanted = list(items)
    known = Item.objects.filter(pk__in=wanted).values_list("pk", flat=True)
    return set(known) - questions.in_trash(wanted)


def ancestors(items: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """What each of `items` hangs under, itself too."""
    found: dict[UUID, set[UUID]] = {item: set() for item in items}
    for item, ancestor in ItemAncestor.objects.filter(item_id__in=found).values_list("item_id", "ancestor_id"):
        found[item].add(ancestor)
    return found


def _some(ids: list[UUID]) -> Iterator[Entry]:
    living = alive(ids)
    above = ancestors(living)
    bodies = _bodies(living)
    for item in Item.objects.filter(pk__in=living):
        yield Entry(
            id=item.pk,
            kind=Kind(item.kind),
            title=item.title,
            body=bodies.get(item.pk, ""),
            ancestors=tuple(above[item.pk]),
            updated_at=item.updated_at,
        )


def _bodies(items: set[UUID]) -> dict[UUID, str]:
    documents = Document.objects.filter(pk__in=items).values_list("pk", "content")
    bodies = {item: plain_text(content) for item, content in documents}
    texts = FileText.objects.filter(version__file__in=items, version=F("version__file__current"))
    bodies.update(texts.values_list("version__file_id", "text"))
    return bodies
