"""What its person may be shown of the book of uses: an item that they may read now, and no other."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from workspace.accounts.models import User
from workspace.grants.models import Use
from workspace.sharing import questions
from workspace.sharing.models import Item


def readable(user: User, uses: Collection[Use]) -> dict[UUID, Item]:
    """The items of these uses that `user` may read now, by their ids."""
    ids = {one.item for one in uses if one.item}
    return Item.objects.in_bulk([item for _user, item in questions.roles([user.pk], ids)])
