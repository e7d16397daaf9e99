"""What can be found, for one person or for everyone in a room. For the API, the service API and the pages alike.

Rights are asked of the database at the time of the question and applied inside the engine; what comes out is put to
the access question once more. A person finds what they, or a team of theirs, have an access to, and what every
signed-in person may open (a link reach of `authenticated` or `public`): a workspace has no hidden links.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from django.conf import settings

from contract.answers import Found, Hit
from contract.ids import ItemId
from contract.resources import Kind, Resource, link
from workspace.accounts.models import User
from workspace.find import sources
from workspace.find.engines.base import Clause, Engine, Order, Question, Reach
from workspace.find.engines.tantivy import TantivyEngine
from workspace.sharing import questions
from workspace.sharing.models import Item

#: Hits that a page has at most, and how far down one may page: a search is narrowed, not walked.
MAX_LIMIT, MAX_WINDOW = 50, 500
#: Hits that are put to the access question: a total up to this is exact whatever the state of the index.
_CHECKED = 200
_OPEN_TO_PEOPLE = frozenset({Reach.AUTHENTICATED, Reach.PUBLIC})
_OPEN_TO_ANYONE = frozenset({Reach.PUBLIC})


@dataclass(frozen=True)
class Audience:
    """Who else must be able to read what is answered. `strangers`: some of them are linked to no account."""

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
    """What `user` may read and that has `words`.

    Raises `TooManyWords` for what is too long to be a search, and `IndexUnavailable` while there is no index.
    """
    question = Question(words, (_clause(user),), kind, _window(limit, offset), order)
    ids, total = _asked(question, (user,), strangers=False)
    return Found(_hits(words, ids[offset : offset + limit]), total)


def search_for_audience(
    asker: User, audience: Audience, words: str, *, kind: Kind | None = None, limit: int = 5
) -> Found:
    """What the asker and everyone of the audience may read, and apart from it what the asker alone may."""
    everyone = {user.pk: user for user in (asker, *audience.members)}
    clauses = [_clause(user) for user in everyone.values()]
    if audience.strangers:
        clauses.append(Clause(reaches=_OPEN_TO_ANYONE))
    window = _window(limit, 0)
    shared, total = _asked(
        Question(words, tuple(clauses), kind, window), tuple(everyone.values()), strangers=audience.strangers
    )
    theirs, in_all = _asked(Question(words, (_clause(asker),), kind, window), (asker,), strangers=False)
    # Both are in the same order: what is shared of the first of theirs is among the first of what is shared.
    seen = set(shared)
    alone = [item for item in theirs if item not in seen]
    return Found(
        _hits(words, shared[:limit]),
        total,
        asker_hits=_hits(words, alone[:limit]),
        asker_only=max(in_all - total, len(alone)),
    )


def _clause(user: User) -> Clause:
    return Clause(roots=frozenset(questions.roots(user.pk)), reaches=_OPEN_TO_PEOPLE)


def _window(limit: int, offset: int) -> int:
    return min(max(_CHECKED, offset + limit), MAX_WINDOW)


def _asked(question: Question, readers: Sequence[User], *, strangers: bool) -> tuple[list[UUID], int]:
    """The ids that `readers` may all read, best first, and how many there are in all."""
    answer = engine().search(question)
    allowed = sources.alive(answer.ids) & questions.readable_by_all([user.pk for user in readers], answer.ids)
    if strangers:
        allowed &= questions.public(answer.ids)
    ids = [item for item in answer.ids if item in allowed]
    return ids, answer.total - (len(answer.ids) - len(ids))


def _hits(words: str, ids: Sequence[UUID]) -> tuple[Hit, ...]:
    items = Item.objects.in_bulk(list(ids))
    excerpts = engine().excerpts(words, ids)
    return tuple(_hit(items[item], excerpts.get(item, "")) for item in ids if item in items)


def _hit(item: Item, excerpt: str) -> Hit:
    kind = Kind(item.kind)
    url = link(settings.PARVIS.url, Resource(kind, ItemId(item.pk)))
    return Hit(ItemId(item.pk), kind, item.title, excerpt, url, item.updated_at)
