"""Who has an item, said in order, for the pages and the API alike."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from workspace.accounts.models import User
from workspace.sharing import listing, questions
from workspace.sharing.models import Access, Item, ItemAncestor, Team
from workspace.sharing.roles import LinkReach, Role


@dataclass(frozen=True)
class Grant:
    """One access that counts for an item. `above` is the item that it was given on, where that is not this one."""

    access: Access
    above: Item | None

    @property
    def role(self) -> Role:
        """What it lets them do."""
        return Role(self.access.role)

    @property
    def name(self) -> str:
        """Whose it is."""
        return self.access.name


@dataclass(frozen=True)
class Link:
    """What the link alone gives; `above` is the item that says so, where that is not this one."""

    reach: LinkReach
    role: Role
    above: Item | None


def grants(item: Item) -> list[Grant]:
    """Every access that counts for `item`: its own first, then those from above; the highest roles first."""
    depths = dict(ItemAncestor.objects.filter(item=item).values_list("ancestor_id", "depth"))
    given = Access.objects.filter(item__in=depths).select_related("user", "team", "item")
    ordered = sorted(given, key=lambda access: (depths[access.item_id], -access.role, str(access.pk)))
    return [Grant(access, access.item if depths[access.item_id] else None) for access in ordered]


def shown_to(user: User | AnonymousUser, item: Item) -> list[Grant]:
    """Of `grants`, what `user` is told: nothing without an access of their own, and nothing of what they may not read.

    Who has an access is told at least of that one.
    """
    if not has_access(user, item):
        return []
    readable = {folder.pk for folder in listing.breadcrumb(user, item)}
    return [grant for grant in grants(item) if grant.above is None or grant.above.pk in readable]


def inherited_link(item: Item) -> Link | None:
    """The widest link among what `item` hangs under, if any of it has one."""
    above = Item.objects.filter(descent__item=item, descent__depth__gt=0).exclude(link_reach=LinkReach.RESTRICTED)
    widest = max(above, key=lambda one: (one.link_reach == LinkReach.PUBLIC, one.link_role), default=None)
    return Link(LinkReach(widest.link_reach), Role(widest.link_role), widest) if widest else None


def own_link(item: Item) -> Link:
    """What the item's own link gives."""
    return Link(LinkReach(item.link_reach), Role(item.link_role), None)


def has_access(user: User | AnonymousUser, item: Item) -> bool:
    """Whether `user` has `item` by an access, and not by its link alone.

    Only then may they see who else has it, and what it was before: a link shows what it is now.
    """
    if not user.is_authenticated:
        return False
    return bool(questions.roots(user.pk) & set(item.ancestry.values_list("ancestor_id", flat=True)))


def teams(user: User) -> QuerySet[Team]:
    """The teams and rooms that `user` is in, and so may share with."""
    return Team.objects.filter(members=user).order_by("kind", "name", "pk")
