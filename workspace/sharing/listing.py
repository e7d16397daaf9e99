"""Which items somebody sees: those of a folder, those at the root, the trash, the recent ones."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, QuerySet

from contract.resources import Kind
from workspace.accounts.models import User
from workspace.sharing import doors, questions
from workspace.sharing.models import Access, Item, ItemAncestor
from workspace.sharing.roles import Role


def _alive() -> QuerySet[Item]:
    in_trash = ItemAncestor.objects.filter(item=OuterRef("pk"), ancestor__trashed_at__isnull=False)
    return Item.objects.exclude(Exists(in_trash)).select_related("creator")


def children(user: User | AnonymousUser, folder: UUID) -> QuerySet[Item]:
    """What is in a folder that `user` may read. Raises `NotThere`."""
    return _alive().filter(parent=doors.open_item(user, folder, kind=Kind.FOLDER)).order_by("title", "pk")


def tops(user: User, kinds: Collection[Kind] = tuple(Kind)) -> QuerySet[Item]:
    """Where `user`'s part of the tree begins: items with an access of theirs, not under another of these."""
    mine = questions.roots(user.pk)
    under = ItemAncestor.objects.filter(item=OuterRef("pk"), depth__gt=0, ancestor__in=mine)
    return _alive().filter(pk__in=mine, kind__in=kinds).exclude(Exists(under)).order_by("title", "pk")


def recent(user: User) -> QuerySet[Item]:
    """Everything that `user` has by an access, the latest change first."""
    under = ItemAncestor.objects.filter(item=OuterRef("pk"), ancestor__in=questions.roots(user.pk))
    return _alive().filter(Exists(under)).order_by("-updated_at", "pk")


def trashed(user: User) -> QuerySet[Item]:
    """What was put in the trash and `user` owns (what hung under it comes back with it)."""
    owned = Access.objects.filter(user=user, role=Role.OWNER, item__descent__item=OuterRef("pk"))
    return Item.objects.filter(Exists(owned), trashed_at__isnull=False).order_by("-trashed_at", "pk")


def roles_of(user: User, items: list[Item]) -> dict[UUID, Role]:
    """What `user` may do with each."""
    return {item: role for (_user, item), role in questions.roles([user.pk], [item.pk for item in items]).items()}


def breadcrumb(user: User | AnonymousUser, item: Item) -> list[Item]:
    """What `item` hangs under, from the top down, as far up as `user` may read."""
    if not user.is_authenticated:
        return []
    above = ItemAncestor.objects.filter(item=item, depth__gt=0).select_related("ancestor").order_by("-depth")
    folders = [row.ancestor for row in above]
    readable = questions.readable_by_all([user.pk], [folder.pk for folder in folders])
    return [folder for folder in folders if folder.pk in readable]
