"""The one question about rights: what may these people do with these items? One query, for one or for a thousand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, F, IntegerField, Max, Q, QuerySet, UUIDField, Value, When

from workspace.sharing.models import Access, ItemAncestor, TeamMember
from workspace.sharing.roles import LinkReach, Role

#: Who has which role on what: (user id, item id) -> role. A pair that is missing may do nothing.
Rights = dict[tuple[UUID, UUID], Role]

#: Item, person (None: by link), role (0: none), whether it is in the trash, whether it is open to everyone.
_Row = tuple[UUID, UUID | None, int, int, int]
_NOBODY = Value(None, output_field=UUIDField(null=True))


@dataclass(frozen=True)
class Standing:
    """How some people stand to some items: `granted` is who would have which role if nothing were in the trash, `open`
    what everyone could read then, signed in or not, and `trashed` what is there.
    """

    granted: Rights
    open: frozenset[UUID]
    trashed: frozenset[UUID]

    def roles(self, *, even_in_trash: bool = False) -> Rights:
        """Who has which role on what. In the trash only owners have one, unless `even_in_trash`."""
        if even_in_trash:
            return self.granted
        return {pair: role for pair, role in self.granted.items() if pair[1] not in self.trashed or role is Role.OWNER}

    def public(self, *, even_in_trash: bool = False) -> frozenset[UUID]:
        """What everyone may read. In the trash nothing, unless `even_in_trash`."""
        return self.open if even_in_trash else self.open - self.trashed


def standing(users: Iterable[UUID], items: Iterable[UUID]) -> Standing:
    """How `users` stand to `items`: by an access of theirs or of a team of theirs, on the item or on anything above it,
    or by link reach.

    One SQL query whatever the numbers. An item that does not exist is nowhere in the answer.
    """
    people, wanted = set(users), set(items)
    granted: Rights = {}
    linked: dict[UUID, Role] = {}
    open_to_all: set[UUID] = set()
    trashed: set[UUID] = set()
    for item, person, role, in_trash, is_open in _answer(people, wanted) if wanted else ():
        if person is not None:
            granted[person, item] = max(Role(role), granted.get((person, item), Role.READER))
            continue
        if role:
            linked[item] = Role(role)
        if is_open:
            open_to_all.add(item)
        if in_trash:
            trashed.add(item)
    for item, role in linked.items():
        for person in people:
            granted[person, item] = max(role, granted.get((person, item), role))
    return Standing(granted, frozenset(open_to_all), frozenset(trashed))


def roles(users: Iterable[UUID], items: Iterable[UUID], *, even_in_trash: bool = False) -> Rights:
    """What each of `users` may do with each of `items`: the best role that they have (see `standing`)."""
    people = set(users)
    return standing(people, items).roles(even_in_trash=even_in_trash) if people else {}


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


def held(user: UUID, items: Iterable[UUID]) -> frozenset[UUID]:
    """Those of `items` that `user` has by an access, and not by a link alone, in the trash or not."""
    under = ItemAncestor.objects.filter(item__in=set(items), ancestor__in=roots(user))
    return frozenset(under.values_list("item_id", flat=True))


def in_trash(items: Iterable[UUID]) -> set[UUID]:
    """Those of `items` that are in the trash, by themselves or with something above them."""
    trashed = ItemAncestor.objects.filter(item__in=set(items), ancestor__trashed_at__isnull=False)
    return set(trashed.values_list("item_id", flat=True))


def public(items: Iterable[UUID]) -> frozenset[UUID]:
    """Those of `items` that everyone may read, signed in or not."""
    return standing((), items).public()


def _answer(people: set[UUID], wanted: set[UUID]) -> QuerySet[ItemAncestor, _Row]:
    branch = ItemAncestor.objects.filter(item__in=wanted).order_by()
    by_person = (
        branch.filter(ancestor__accesses__user__in=people)
        .values("item", person=F("ancestor__accesses__user"))
        .annotate(role=Max("ancestor__accesses__role"), in_trash=Value(0), is_open=Value(0))
    )
    by_team = (
        branch.filter(ancestor__accesses__team__teammember__user__in=people)
        .values("item", person=F("ancestor__accesses__team__teammember__user"))
        .annotate(role=Max("ancestor__accesses__role"), in_trash=Value(0), is_open=Value(0))
    )
    open_role = Case(
        When(~Q(ancestor__link_reach=LinkReach.RESTRICTED), then=F("ancestor__link_role")),
        default=Value(0),
        output_field=IntegerField(),
    )
    by_link = branch.values("item", person=_NOBODY).annotate(
        role=Max(open_role),
        in_trash=Max(_one_if(ancestor__trashed_at__isnull=False)),
        is_open=Max(_one_if(ancestor__link_reach=LinkReach.PUBLIC)),
    )
    answer = by_person.union(by_team, by_link, all=True)
    return answer.values_list("item", "person", "role", "in_trash", "is_open")


def _one_if(**condition: object) -> Case:
    return Case(When(**condition, then=Value(1)), default=Value(0), output_field=IntegerField())
