"""The audience question: may every one of these Matrix ids read this item, and if so, what may a card show of it?

The bridge asks it before each card, for all waiting rooms at once. The number of queries does not depend on how many
rooms, members or items there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from contract.answers import Question
from contract.resources import Kind
from workspace.accounts import linking
from workspace.accounts.models import User
from workspace.sharing import facts, questions
from workspace.sharing.models import Item
from workspace.sharing.questions import Rights


@dataclass(frozen=True)
class _Readers:
    """Who may read what: `rights` by who they are, and what is `public`. `people` are by their Matrix ids."""

    people: Mapping[str, User]
    rights: Rights
    public: frozenset[UUID]

    def lacking(self, members: Sequence[str], item: UUID) -> int:
        """How many of `members` cannot read `item`."""
        if item in self.public:
            return 0
        people = (self.people.get(mxid) for mxid in set(members))
        return sum(person is None or (person.pk, item) not in self.rights for person in people)


@dataclass(frozen=True)
class _Known:
    """What was read to answer a batch. `before` is who could read what is in the trash, until it came there."""

    now: _Readers
    before: _Readers
    items: Mapping[UUID, Item]
    trashed: frozenset[UUID]
    told: Mapping[UUID, Mapping[str, Any]]
    actors: Mapping[str, str]
    asker: UUID | None = None
    held: frozenset[UUID] = frozenset()

    def hidden(self, item: UUID, readers: _Readers) -> bool:
        """Whether whoever asks must not be told of `item`."""
        return self.asker is not None and (item not in self.held or (self.asker, item) not in readers.rights)


def answer(
    audiences: Mapping[str, Sequence[str]], asked: Sequence[Question], asker: User | None = None
) -> list[dict[str, Any]]:
    """For each question `{"cannot": n, "facts": {…} or None}`; facts only where nobody cannot.

    An unlinked Matrix id cannot, public items aside. An empty audience may not read anything. An item that does not
    exist is one that nobody can read. In the trash only owners can; but that an item went there (`trashing`) may be
    told to those who could read it until then: there, its title cannot change, nor can anybody be let in.

    An `asker` (a service account) is told only of what it has an access to and may itself be told; all else is to it as
    what does not exist. By a link alone it could ask who of everybody has the thing, which a link does not show.
    """
    known = _read({mxid for members in audiences.values() for mxid in members}, asked, asker)
    return [_answer(audiences[question.audience], question, known) for question in asked]


def lacking(audiences: Mapping[str, Sequence[str]], asked: Sequence[tuple[str, UUID]]) -> list[int]:
    """For each (audience, item), how many of that audience cannot read that item, by the same rules."""
    people = linking.people({mxid for members in audiences.values() for mxid in members})
    standing = questions.standing({user.pk for user in people.values()}, {item for _audience, item in asked})
    readers = _Readers(people, standing.roles(), standing.public())
    return [readers.lacking(audiences[audience], item) for audience, item in asked]


def _read(members: set[str], asked: Sequence[Question], asker: User | None) -> _Known:
    people = linking.people(members)
    items = {item.pk: item for item in _with_parents({question.item for question in asked})}
    by_kind: dict[Kind, list[UUID]] = defaultdict(list)
    for item in items.values():
        by_kind[Kind(item.kind)].append(item.pk)
    told: dict[UUID, Mapping[str, Any]] = {}
    for kind, ids in by_kind.items():
        told.update(facts.tell(kind, ids))
    parents = {item.parent_id for item in items.values() if item.parent_id}
    persons = {user.pk for user in people.values()} | ({asker.pk} if asker else set())
    standing = questions.standing(persons, items.keys() | parents)
    subs = {question.actor for question in asked if question.actor}
    return _Known(
        now=_Readers(people, standing.roles(), standing.public()),
        before=_Readers(people, standing.roles(even_in_trash=True), standing.public(even_in_trash=True)),
        items=items,
        trashed=standing.trashed,
        told=told,
        actors={str(user.sub): user.name for user in User.objects.filter(sub__in=subs)},
        asker=asker.pk if asker else None,
        held=questions.held(asker.pk, items.keys() | parents) if asker else frozenset(),
    )


def _with_parents(ids: set[UUID]) -> QuerySet[Item]:
    return Item.objects.filter(pk__in=ids).select_related("parent")


def _answer(members: Sequence[str], question: Question, known: _Known) -> dict[str, Any]:
    readers = known.before if question.trashing else known.now
    if known.hidden(question.item, readers):
        return {"cannot": len(set(members)), "facts": None}
    cannot = readers.lacking(members, question.item)
    item = known.items.get(question.item)
    if cannot or not members or item is None:
        return {"cannot": cannot, "facts": None}
    folder = item.parent
    if folder and (readers.lacking(members, folder.pk) or known.hidden(folder.pk, readers)):
        folder = None
    return {
        "cannot": 0,
        "facts": {
            "kind": item.kind,
            "title": item.title,
            "actor": known.actors.get(question.actor or ""),
            "folder": folder.title if folder else None,
            "trashed": item.pk in known.trashed,
            **known.told.get(item.pk, {}),
        },
    }
