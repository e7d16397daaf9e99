"""The one question about rights: what may these people do with these items? One query, for one or for a thousand."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db.models import Case, Exists, F, IntegerField, Max, OuterRef, Q, QuerySet, UUIDField, Value, When

from workspace.sharing.models import Access, ItemAncestor, TeamMember
from workspace.sharing.roles import LinkReach, Role

#: Who has which role on what: (user id, item id) -> role. A pair that is missing may do nothing.
Rights = dict[tuple[UUID, UUID], Role]

_NOBODY = Value(None, output_field=UUIDField(null=True))


def roles(users: Iterable[UUID], items: Iterable[UUID], *, even_in_trash: bool = False) -> Rights:
    """What each of `users` may do with each of `items`: the best role by an access of theirs or of a team of theirs, on
    the item or on anything above it, or by link reach. In the trash only owners have one, unless `even_in_trash`.

    One SQL query whatever the numbers. An item that does not exist is in no pair.
    """
    people, wanted = set(users), set(items)
    if not people or not wanted:
        return {}
    granted: Rights = {}
    linked: dict[UUID, Role] = {}
    trashed: set[UUID] = set()
    for item, person, role, in_trash in _answer(people, wanted):
        if person is not None:
            granted[person, item] = max(Role(role), granted.get((person, item), Role.READER))
        elif role:
            linked[item] = Role(role)
        if person is None and in_trash:
            trashed.add(item)
    for item, role in linked.items():
        for person in people:
            granted[person, item] = max(role, granted.get((person, item), role))
    if even_in_trash:
        return granted
    return {pair: role for pair, role in granted.items() if pair[1] not in trashed or role is Role.OWNER}


def readable_by_all(users: Iterable[UUID], items: Iterable[UUID]) -> set[UUID]:
    """Those of `items` that every one of `users` may read. Nobody reads nothing: without users it is empty."""
    people, wanted = set(users), set(items)
    rights = roles(people, wanted)
    return {item for item in wanted if people and all((person, item) in rights for person in people)}


def roots(user: UUID) -> set[UUID]:
    """The items on which `user` has an access, by themselves or by a team: they may read what hangs under these."""
    return roots_of([user])[user]


def roots_of(users: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """The same of each of `users`, in one query."""
    found: dict[UUID, set[UUID]] = {user: set() for user in users}
    by_themselves = Access.objects.filter(user__in=found).order_by().values_list("user_id", "item_id")
    in_teams = TeamMember.objects.filter(user__in=found, team__accesses__isnull=False)
    by_teams = in_teams.order_by().values_list("user_id", "team__accesses__item_id")
    for user, item in by_themselves.union(by_teams, all=True):
        found[user].add(item)
    return found


def in_trash(items: Iterable[UUID]) -> set[UUID]:
    """Those of `items` that are in the trash, by themselves or with something above them."""
    trashed = ItemAncestor.objects.filter(item__in=set(items), ancestor__trashed_at__isnull=False)
    return set(trashed.values_list("item_id", flat=True))


def public(items: Collection[UUID], *, even_in_trash: bool = False) -> set[UUID]:
    """Those of `items` that everyone may read, signed in or not."""
    open_items = ItemAncestor.objects.filter(item__in=items, ancestor__link_reach=LinkReach.PUBLIC)
    if not even_in_trash:
        trashed = ItemAncestor.objects.filter(item=OuterRef("item"), ancestor__trashed_at__isnull=False)
        open_items = open_items.exclude(Exists(trashed))
    return set(open_items.values_list("item_id", flat=True))


def _answer(people: set[UUID], wanted: set[UUID]) -> QuerySet[ItemAncestor, tuple[UUID, UUID | None, int, int]]:
    branch = ItemAncestor.objects.filter(item__in=wanted).order_by()
    by_person = (
        branch.filter(ancestor__accesses__user__in=people)
        .values("item", person=F("ancestor__accesses__user"))
        .annotate(role=Max("ancestor__accesses__role"), in_trash=Value(0))
    )
    by_team = (
        branch.filter(ancestor__accesses__team__teammember__user__in=people)
        .values("item", person=F("ancestor__accesses__team__teammember__user"))
        .annotate(role=Max("ancestor__accesses__role"), in_trash=Value(0))
    )
    open_role = Case(
        When(~Q(ancestor__link_reach=LinkReach.RESTRICTED), then=F("ancestor__link_role")),
        default=Value(0),
        output_field=IntegerField(),
    )
    trash = Case(When(ancestor__trashed_at__isnull=False, then=Value(1)), default=Value(0), output_field=IntegerField())
    by_link = branch.values("item", person=_NOBODY).annotate(role=Max(open_role), in_trash=Max(trash))
    answer = by_person.union(by_team, by_link, all=True)
    return answer.values_list("item", "person", "role", "in_trash")
