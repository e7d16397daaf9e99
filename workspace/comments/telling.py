"""What a room is told of comments: each only where every one of its audience may read the document, now.

And only by a service that keeps a room which hears of that document: the credential of a service opens nothing that
nobody has brought into one of its rooms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from contract.comments import CommentQuestion
from workspace.comments import reading
from workspace.comments.authors import name_of
from workspace.comments.models import Comment
from workspace.sharing import audience

#: Answers which of these items a room of the service of that name hears of, in one query.
Hearing = Callable[[str, Collection[UUID]], Collection[UUID]]

_hearings: list[Hearing] = []


def hear_by(hearing: Hearing) -> None:
    """Have comments told where `hearing` says that they are heard of. `rooms` says so, which stands above this."""
    _hearings.append(hearing)


def answer(
    service: str, audiences: Mapping[str, Sequence[str]], asked: Sequence[CommentQuestion]
) -> list[dict[str, Any]]:
    """For each question of `service`, `{"cannot": n, "comment": {…} or None}`; the comment only where nobody cannot.

    A comment that does not exist, or that no room of `service` hears of, is one that nobody can read; an empty audience
    is told nothing. The number of queries does not depend on how many questions there are.
    """
    rows = reading.shown(Comment.objects.filter(pk__in={question.comment for question in asked}))
    every = {row.pk: row for row in rows.select_related("thread__resolved_by", "author")}
    documents = {row.thread.document_id for row in every.values()}
    heard = {item for hearing in _hearings for item in hearing(service, documents)}
    found = {pk: row for pk, row in every.items() if row.thread.document_id in heard}
    there = [(one.audience, found[one.comment].thread.document_id) for one in asked if one.comment in found]
    lacking = dict(zip(there, audience.lacking(audiences, there), strict=True))
    return [_answer(audiences[one.audience], found.get(one.comment), one, lacking) for one in asked]


def _answer(
    members: Sequence[str],
    comment: Comment | None,
    question: CommentQuestion,
    lacking: Mapping[tuple[str, UUID], int],
) -> dict[str, Any]:
    if comment is None:
        return {"cannot": len(set(members)), "comment": None}
    cannot = lacking[question.audience, comment.thread.document_id]
    return {"cannot": cannot, "comment": facts(comment) if members and not cannot else None}


def facts(comment: Comment) -> dict[str, Any]:
    """What a room shows of it. The caller has asked who may read it, and brings a row of `reading.shown`."""
    thread = comment.thread
    return {
        "id": comment.pk,
        "document": thread.document_id,
        "thread": thread.pk,
        "number": comment.number,
        "version": comment.version,
        "author": name_of(comment) or None,
        "guest": comment.matrix_id or None,
        "text": comment.body,
        "quote": thread.quote or None,
        "created_at": comment.created_at,
        "edited_at": comment.edited_at,
        "deleted": comment.deleted_at is not None,
        "resolved": thread.resolved_at is not None,
        "resolved_by": thread.resolved_by.name if thread.resolved_by else None,
        "reactions": dict(Counter(reaction.key for reaction in comment.reactions.all())),
        "origin_room": comment.origin_room or None,
        "origin_event": comment.origin_event or None,
    }
