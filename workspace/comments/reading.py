"""The doors of comments, and what is read of them. Who may read the document may read what was said on it.

In the trash that is its owners alone, as with the document itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from contract.resources import Kind
from workspace.accounts.models import User
from workspace.comments.authors import Author
from workspace.comments.errors import GuestsNotTaken
from workspace.comments.models import Comment, CommentOptions, Thread
from workspace.docs import service as docs
from workspace.docs.models import Document
from workspace.docs.render import Passage
from workspace.sharing import doors, tree, who
from workspace.sharing.errors import NotThere
from workspace.sharing.models import Item
from workspace.sharing.roles import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

#: People that are offered to be mentioned.
MAX_OFFERED = 200


def threads(actor: User | AnonymousUser, document_id: UUID, *, resolved: bool | None = None) -> QuerySet[Thread]:
    """The threads of a document, the latest first; `resolved`: only those that are, or are not. Raises `NotThere`."""
    doors.open_item(actor, document_id, Role.READER, Kind.DOCUMENT)
    found = _threads().filter(document=document_id)
    return found if resolved is None else found.filter(resolved_at__isnull=not resolved)


def thread(actor: User | AnonymousUser, thread_id: UUID) -> Thread:
    """One thread. Raises `NotThere`."""
    found = _threads().filter(pk=thread_id).first()
    if found is None:
        raise NotThere
    doors.open_item(actor, found.document_id, Role.READER, Kind.DOCUMENT)
    return found


def comments(actor: User | AnonymousUser, thread_id: UUID) -> QuerySet[Comment]:
    """What was said in a thread, in order. Raises `NotThere`."""
    return shown(Comment.objects.filter(thread=thread(actor, thread_id)))


def comment(actor: User | AnonymousUser, comment_id: UUID) -> Comment:
    """One comment. Raises `NotThere`."""
    found = shown(Comment.objects.filter(pk=comment_id)).first()
    if found is None:
        raise NotThere
    doors.open_item(actor, found.thread.document_id, Role.READER, Kind.DOCUMENT)
    return found


def shown(rows: QuerySet[Comment]) -> QuerySet[Comment]:
    """`rows` with all that is shown of them, in a number of queries that does not depend on how many they are."""
    return rows.select_related("thread", "author").prefetch_related("reactions__author", "mentioned").order_by("number")


def passages(actor: User | AnonymousUser, document_id: UUID) -> tuple[Passage, ...]:
    """What of a document can be commented on, beside the whole of it. Raises `NotThere`."""
    return passages_of(docs.read(actor, document_id))


def passages_of(document: Document) -> tuple[Passage, ...]:
    """The same, of a document that the caller has read through `docs`."""
    return docs.rendered(document.pk, document.version, document.content).passages


def takes_guests(actor: User, document_id: UUID) -> bool:
    """Whether words of people without a linked account are taken in. Raises `NotThere`."""
    doors.open_item(actor, document_id, Role.READER, Kind.DOCUMENT)
    return _takes_guests(document_id)


def mentionable(actor: User, item: Item) -> list[User]:
    """Whom `actor` may mention, by their names: those whom they can see to have access to `item`.

    These are people with an access of their own, and the members of such teams and rooms as `actor` is in too.
    """
    accesses = [grant.access for grant in who.shown_to(actor, item)]
    teams = {access.team_id for access in accesses if access.team_id}
    people = Q(pk__in={access.user_id for access in accesses if access.user_id})
    people |= Q(teams__in=who.teams(actor).filter(pk__in=teams).order_by())
    found = User.objects.filter(people, is_active=True).exclude(pk=actor.pk).distinct()
    return list(found.order_by("full_name", "pk")[:MAX_OFFERED])


def open_to_write(author: Author, document_id: UUID) -> Item:
    """The document's item, for somebody who wants to say something on it.

    Raises `NotThere`, `NotAllowed`, `GuestsNotTaken`, or `NotPossible` in the trash.
    """
    if isinstance(author, User):
        item = doors.open_item(author, document_id, Role.COMMENTER, Kind.DOCUMENT)
    else:
        item = item_of(document_id)
        if not _takes_guests(document_id):
            raise GuestsNotTaken
    tree.check_alive(item)
    return item


def item_of(document_id: UUID) -> Item:
    """The item of a document, whoever asks: the caller checks what they may do. Raises `NotThere`."""
    item = Item.objects.filter(pk=document_id, kind=Kind.DOCUMENT).select_related("parent").first()
    if item is None:
        raise NotThere
    return item


def _threads() -> QuerySet[Thread]:
    said = Count("comments", filter=Q(comments__deleted_at=None))
    return Thread.objects.select_related("resolved_by").annotate(said=said).order_by("-created_at", "pk")


def _takes_guests(document_id: UUID) -> bool:
    return CommentOptions.objects.filter(document=document_id, from_guests=True).exists()
