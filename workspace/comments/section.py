"""What the page of a document shows of its comments, ready to be written: the threads of a page, and links to comment.

Rights are checked by the services that are asked; what is here decides only what a person is offered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from workspace.accounts.models import User
from workspace.comments import reading, service, text
from workspace.comments.authors import is_by, name_of
from workspace.comments.models import Comment, Thread
from workspace.docs.models import Document
from workspace.docs.render import PASSAGE, Passage
from workspace.sharing.roles import Role

#: Threads of one page, and the latest comments of a thread that it shows before it is asked for alone.
_A_PAGE, _LATEST = 10, 20
#: What is offered to react with. Rooms may bring others.
OFFERED = ("👍", "❤️", "🎉", "👀", "🙏")
_VARIATION = "\ufe0f"
_BLOCK = re.compile(rf'<(h[1-6]|p) id="{PASSAGE}([0-9a-f]{{20}})">(.*?)</\1>', re.DOTALL)
_SHORT = 40
#: Passages that have a link: each costs the page some hundred bytes. Others are commented on through the API.
_LINKED = 2_000


@dataclass(frozen=True)
class ReactionShown:
    """One emoji under a comment: how many, whose, and whether it is the reader's too."""

    key: str
    count: int
    names: str
    mine: bool


@dataclass(frozen=True)
class CommentShown:
    """A comment, and what its reader may do with it."""

    comment: Comment
    name: str
    html: str
    reactions: list[ReactionShown]
    more: list[str]
    mine: bool
    may_delete: bool


@dataclass(frozen=True)
class ThreadShown:
    """A thread, with its first comment and the latest; `hidden` is how many are between. `gone` is its passage."""

    thread: Thread
    gone: bool
    first: CommentShown
    latest: list[CommentShown]
    hidden: int
    may_close: bool


def context_of(request: HttpRequest, document: Document, role: Role, in_trash: bool) -> dict[str, Any]:
    """What `comments/section.html` is filled with. The caller has read `document` for who asks."""
    user, asked = request.user, request.GET
    person = user if user.is_authenticated else None
    writes = person is not None and role >= Role.COMMENTER and not in_trash
    if person is not None:
        prefetch_related_objects([person], "matrix_identities")
    passages = {one.key: one for one in reading.passages_of(document)}
    one, resolved = _uuid(asked.get("thread", "")), asked.get("resolved") == "1"
    everything = reading.threads(user, document.pk)
    wanted = everything.filter(pk=one) if one else everything if resolved else everything.filter(resolved_at=None)
    page: Page[Thread] = Paginator(wanted, _A_PAGE).get_page(asked.get("comments"))
    on = passages.get(asked.get("on", "")) if writes else None
    return {
        "document": document,
        "item": document.item,
        "user": user,
        "request": request,
        "threads": [_thread(one_of, passages, person, role if writes else Role.READER, one) for one_of in page],
        "page": page,
        "alone": one,
        "show_resolved": resolved,
        "resolved_count": everything.filter(resolved_at__isnull=False).count(),
        "writes": writes,
        "owns": person is not None and role is Role.OWNER and not in_trash,
        "takes_guests": person is not None and reading.takes_guests(person, document.pk),
        "on": on,
        "people": reading.mentionable(person, document.item) if person is not None and writes else [],
        "offered": OFFERED,
        "max_characters": text.MAX_CHARACTERS,
    }


def with_links(html: str, passages: tuple[Passage, ...]) -> str:
    """`html`, as `docs.service.rendered` made it, with a link at the end of each passage that comments on it."""
    quotes = {one.key: one.quote for one in passages[:_LINKED]}

    def linked(found: re.Match[str]) -> str:
        tag, key, inside = found.groups()
        quote = quotes.get(key)
        if quote is None:
            return found[0]
        short = quote if len(quote) <= _SHORT else f"{quote[:_SHORT].rstrip()}…"
        label = escape(_("Comment on “%(passage)s”") % {"passage": short})
        to = escape(f"?{_query(on=key)}#comment-new")
        link = f'<a class="remark" href="{to}" title="{label}"><span class="hidden-visually">{label}</span></a>'
        return f'<{tag} id="{PASSAGE}{key}">{inside} {link}</{tag}>'

    return _BLOCK.sub(linked, html)


def shown_key(key: str) -> str:
    """An emoji as it is drawn: the older ones are drawn as letters without the selector, which is not kept."""
    return key + _VARIATION if len(key) == 1 and ord(key) < 0x1F000 else key


def _thread(
    thread: Thread, passages: dict[str, Passage], person: User | None, role: Role, alone: UUID | None
) -> ThreadShown:
    rows = reading.shown(Comment.objects.filter(thread=thread))
    first, *rest = list(rows) if alone else _ends(rows)
    return ThreadShown(
        thread,
        gone=bool(thread.passage) and thread.passage not in passages,
        first=_comment(first, person, role),
        latest=[_comment(one, person, role) for one in rest],
        hidden=rest[0].number - 2 if rest else 0,
        may_close=person is not None and service.may_close(person, thread, role),
    )


def _ends(rows: Any) -> list[Comment]:
    first, latest = rows.filter(number=1), rows.filter(number__gt=1).order_by("-number")[:_LATEST]
    return [*first, *reversed(list(latest))]


def _comment(comment: Comment, person: User | None, role: Role) -> CommentShown:
    mine = person is not None and is_by(comment, person)
    there, writes = comment.deleted_at is None, role >= Role.COMMENTER
    reactions = _reactions(comment, person)
    used = {one.key for one in reactions}
    return CommentShown(
        comment,
        name_of(comment) or _("somebody"),
        text.html(comment.pk, comment.version, comment.body),
        reactions,
        more=[key for key in OFFERED if key not in used],
        mine=mine and there and writes,
        may_delete=there and writes and (mine or role is Role.OWNER),
    )


def _reactions(comment: Comment, person: User | None) -> list[ReactionShown]:
    by_key: dict[str, list[tuple[str, bool]]] = {}
    for one in comment.reactions.all():
        mine = person is not None and is_by(one, person)
        by_key.setdefault(one.key, []).append((name_of(one) or _("somebody"), mine))
    return [
        ReactionShown(shown_key(key), len(who), ", ".join(name for name, _mine in who), any(mine for _n, mine in who))
        for key, who in by_key.items()
    ]


def _query(**values: str) -> str:
    query = QueryDict(mutable=True)
    query.update(values)
    return query.urlencode()


def _uuid(word: str) -> UUID | None:
    try:
        return UUID(word)
    except ValueError:
        return None
