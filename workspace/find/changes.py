"""What an event means for the index. Pure: an event says which items to look at again, never what they hold.

The index is always made from the database as it is now, so events may come twice, late or in any order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from contract.errors import InvalidValue
from contract.events import Event, EventType

#: After these, what hangs under the item has other ancestors, or is there no more (or again).
_WHOLE_TREES = frozenset(
    {
        EventType.ITEM_MOVED,
        EventType.DOCUMENT_TRASHED,
        EventType.FOLDER_TRASHED,
        EventType.FILE_TRASHED,
        EventType.DOCUMENT_RESTORED,
        EventType.FOLDER_RESTORED,
        EventType.FILE_RESTORED,
    }
)
_ITEMS = frozenset(
    {
        EventType.DOCUMENT_CREATED,
        EventType.DOCUMENT_UPDATED,
        EventType.FOLDER_CREATED,
        EventType.FOLDER_UPDATED,
        EventType.FILE_UPLOADED,
        EventType.FILE_UPDATED,
    }
)


@dataclass(frozen=True)
class Touched:
    """Items to look at again: these alone, and these with all that hangs under them."""

    items: frozenset[UUID] = frozenset()
    trees: frozenset[UUID] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.items or self.trees)


def touched(events: Iterable[Event]) -> Touched:
    """What a batch of events touched. An event about no item touches none, nor does one about rights: the index has
    none of those.
    """
    items: set[UUID] = set()
    trees: set[UUID] = set()
    for event in events:
        if event.type not in _ITEMS | _WHOLE_TREES:
            continue
        try:
            item = event.resource.id
        except InvalidValue:
            continue
        (trees if event.type in _WHOLE_TREES else items).add(item)
    return Touched(frozenset(items - trees), frozenset(trees))
