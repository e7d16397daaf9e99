"""What is in an item, for whoever may read it. Each application registers at start how it reads its kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from contract.resources import Kind
from workspace.accounts.models import User

#: Answers what `contract.grants.ItemContent` has beyond the item itself. Raises `NotThere`.
Reader = Callable[[User, UUID], dict[str, Any]]

_readers: dict[Kind, Reader] = {}


def register(kind: Kind, reader: Reader) -> None:
    """Have `reader` read items of `kind`."""
    _readers[kind] = reader


def read(user: User, kind: Kind, item: UUID) -> dict[str, Any]:
    """What `user` may read in `item`; of a kind that holds nothing itself, nothing."""
    reader = _readers.get(kind)
    return reader(user, item) if reader else {}
