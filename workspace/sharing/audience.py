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

from contract.answers import Question
from contract.resources import Kind
from workspace.accounts import linking
from workspace.accounts.models import User
from workspace.sharing import facts, questions
from workspace.sharing.models import Item
from workspace.sharing.questions import Rights


@dataclass(frozen=True)
class _Known:
    """What was read to answer a batch."""

    people: Mapping[str, User]
    rights: Rights
    public: set[UUID]
    items: Mapping[UUID, Item]
    told: Mapping[UUID, Mapping[str, Any]]
    actors: Mapping[str, str]


def answer(audiences: Mapping[str, Sequence[str]], asked: Sequence[Question]) -> list[dict[str, Any]]:
    """For each question `{"cannot": n, "facts": {…} or None}`; facts only where nobody cannot.

    An unlinked Matrix id cannot, public items aside. An empty audience may not read anything. An item that does not
    exist is one that nobody can read. That an item went into the trash may be told to those who could read it before.
    """
    known = _read({mxid for members in audiences.values() for mxid in members}, asked)
    return [_answer(audiences[question.audience], question, known) for question in asked]


def _read(members: set[str], asked: Sequence[Question]) -> _Known:
    people = linking.people(members)
    items = {item.pk: item for item in Item.objects.filter(pk__in={question.item for question in asked})}
    wanted = set(items) | {item.parent_id for item in items.values() if item.parent_id}
    by_kind: dict[Kind, list[UUID]] = defaultdict(list)
    for item in items.values():
        by_kind[Kind(item.kind)].append(item.pk)
    told: dict[UUID, Mapping[str, Any]] = {}
    for kind, ids in by_kind.items():
        told.update(facts.tell(kind, ids))
    parents = {parent.pk: parent for parent in Item.objects.filter(pk__in=wanted - set(items))}
    subs = {question.actor for question in asked if question.actor}
    return _Known(
        people=people,
        rights=questions.roles({user.pk for user in people.values()}, wanted, even_in_trash=True),
        public=questions.public(wanted, even_in_trash=True),
        items=items | parents,
        told=told,
        actors={str(user.sub): user.name for user in User.objects.filter(sub__in=subs)},
    )


def _answer(members: Sequence[str], question: Question, known: _Known) -> dict[str, Any]:
    cannot = _how_many_cannot(members, question.item, known)
    item = known.items.get(question.item)
    if cannot or not members or item is None:
        return {"cannot": cannot, "facts": None}
    folder = known.items.get(item.parent_id) if item.parent_id else None
    return {
        "cannot": 0,
        "facts": {
            "kind": item.kind,
            "title": item.title,
            "actor": known.actors.get(question.actor or ""),
            "folder": folder.title if folder and not _how_many_cannot(members, folder.pk, known) else None,
            "trashed": item.trashed_at is not None,
            **known.told.get(item.pk, {}),
        },
    }


def _how_many_cannot(members: Sequence[str], item: UUID, known: _Known) -> int:
    if item in known.public:
        return 0
    people = (known.people.get(mxid) for mxid in set(members))
    return sum(person is None or (person.pk, item) not in known.rights for person in people)
