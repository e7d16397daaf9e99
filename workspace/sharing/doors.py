"""The guarded doors: every path to an item, by page, API or search, goes through `open_item`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from contract.resources import Kind
from workspace.sharing import questions
from workspace.sharing.errors import NotAllowed, NotThere
from workspace.sharing.models import Item
from workspace.sharing.roles import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from workspace.accounts.models import User


def role_on(user: User | AnonymousUser, item_id: UUID) -> Role | None:
    """What `user` may do with that item; None for nothing. Without signing in one reads what is public."""
    if not user.is_authenticated:
        return Role.READER if item_id in questions.public([item_id]) else None
    return questions.roles([user.pk], [item_id]).get((user.pk, item_id))


def open_item(user: User | AnonymousUser, item_id: UUID, role: Role = Role.READER, kind: Kind | None = None) -> Item:
    """The item, for somebody who needs `role` on it.

    Raises `NotThere` if there is none of that kind or `user` may not even read it: the two are not told apart. Raises
    `NotAllowed` if they may read it but not do what they want.
    """
    theirs = role_on(user, item_id)
    item = Item.objects.filter(pk=item_id).select_related("parent").first() if theirs else None
    if theirs is None or item is None or (kind is not None and item.kind != kind):
        raise NotThere
    if theirs < role:
        raise NotAllowed(role)
    return item
