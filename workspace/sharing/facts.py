"""What an application adds to what a card may show of its items: `media_type` and `size` of a file.

`sharing` knows no application; each registers at start what it can tell of its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from contract.resources import Kind

#: Answers for each of these items, in a number of queries that does not depend on how many there are.
Teller = Callable[[Iterable[UUID]], Mapping[UUID, Mapping[str, Any]]]

_tellers: dict[Kind, Teller] = {}


def register(kind: Kind, teller: Teller) -> None:
    """Have `teller` tell of items of `kind`."""
    _tellers[kind] = teller


def tell(kind: Kind, items: Iterable[UUID]) -> Mapping[UUID, Mapping[str, Any]]:
    """What is known of these items, beside their titles."""
    teller = _tellers.get(kind)
    return teller(items) if teller else {}
