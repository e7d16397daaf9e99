"""What can be found, for one person or for everyone in a room. For the API, the service API and the pages alike.

A person finds what they, or a team of theirs, have an access to. What a link alone lets them read they do not find:
whoever opened it to those who have the link did not publish it (docs/adr/0005). Accesses are asked of the database at
the time of the question and applied inside the engine; what comes out is held against the tree as it is now.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from django.conf import settings

from contract.answers import Found, Hit
from contract.ids import ItemId
from contract.resources import Kind, Resource, link
from workspace.accounts.models import User
from workspace.find import sources
from workspace.find.engines.base import Clause, Engine, Order, Question, simplified
from workspace.find.engines.tantivy import TantivyEngine
from workspace.sharing import questions
from workspace.sharing.models import Item

#: Hits that a page has at most, and how far down one may page: a search is narrowed, not walked.
MAX_LIMIT, MAX_WINDOW = 50, 500
#: Hits that are held against the tree: a total up to this is exact whatever the state of the index.
_CHECKED = 200


@dataclass(frozen=True)
class Audience:
    """Who else must have what is answered. `strangers`: some of them are linked to no account, and so have nothing."""

    members: tuple[User, ...] = ()
    strangers: bool = False


@cache
def engine() -> Engine:
    """The configured engine."""
    return TantivyEngine(settings.PARVIS.find_dir)


def search(
    user: User,
    words: str,
    *,
    kind: Kind | None = None,
    limit: int = 20,
    offset: int = 0,
    order: Order = Order.RELEVANCE,
) -> Found:
    """What `user` has an access to and that has `words`.

    Raises `TooManyWords` for what is too long to be a search, and `IndexUnavailable` while there is no index.
    """
    ids, total = _asked(Question(words, _clauses([user]), kind, _window(limit, offset), order))
    return Found(_hits(words, ids[offset : offset + limit]), total)


def search_for_audience(
    asker: User, audience: Audience, words: str, *, kind: Kind | None = None, limit: int = 5
) -> Found:
    """What the asker and everyone of the audience have accesses to, and apart from it what else the asker has."""
    window = _window(limit, 0)
    everyone = _clauses([asker, *audience.members], strangers=audience.strangers)
    shared, total = _asked(Question(words, everyone, kind, window))
    theirs, in_all = _asked(Question(words, _clauses([asker]), kind, window))
    # Both are in the same order: what is shared of the first of theirs is among the first of what is shared.
    seen = set(shared)
    alone = [item for item in theirs if item not in seen]
    return Found(
        _hits(words, shared[:limit]),
        total,
        asker_hits=_hits(words, alone[:limit]),
        asker_only=max(in_all - total, len(alone)),
    )


def _clauses(users: Iterable[User], *, strangers: bool = False) -> tuple[Clause, ...]:
    roots = questions.roots_of({user.pk for user in users})
    clauses = [Clause(frozenset(theirs)) for theirs in roots.values()]
    return simplified([*clauses, Clause()] if strangers else clauses)


def _window(limit: int, offset: int) -> int:
    return min(max(_CHECKED, offset + limit), MAX_WINDOW)


def _asked(question: Question) -> tuple[list[UUID], int]:
    """What every clause admits, best first, and how much there is in all. It may have moved since it was indexed."""
    answer = engine().search(question)
    alive, above = sources.alive(answer.ids), sources.ancestors(answer.ids)
    admitted = {item for item in alive if all(clause.roots & above[item] for clause in question.clauses)}
    ids = [item for item in answer.ids if item in admitted]
    return ids, answer.total - (len(answer.ids) - len(ids))


def _hits(words: str, ids: Sequence[UUID]) -> tuple[Hit, ...]:
    items = Item.objects.in_bulk(list(ids))
    excerpts = engine().excerpts(words, ids)
    return tuple(_hit(items[item], excerpts.get(item, "")) for item in ids if item in items)


def _hit(item: Item, excerpt: str) -> Hit:
    kind = Kind(item.kind)
    url = link(settings.PARVIS.url, Resource(kind, ItemId(item.pk)))
    return Hit(ItemId(item.pk), kind, item.title, excerpt, url, item.updated_at)
