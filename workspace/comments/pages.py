"""The forms of the comments on a document's page, and the page on which a comment is changed or sent again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from workspace.accounts.asking import signed_in
from workspace.comments import reading, service, text
from workspace.comments.authors import is_by
from workspace.comments.errors import CommentConflict
from workspace.comments.models import Comment, Thread
from workspace.docs import service as docs
from workspace.docs.render import Passage
from workspace.errors import Refusal
from workspace.pages.views import back, form, page, words_of
from workspace.sharing.errors import NotAllowed, NotPossible, NotThere
from workspace.sharing.pages import crumbs


def _document_page(document_id: UUID, **_others: object) -> str:
    return reverse("page-document", args=[document_id])


@form(_document_page)
def start(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """A new thread. A text is never lost: what cannot be taken comes back with the reason."""
    passage = request.POST.get("passage", "")
    try:
        made = service.start(
            signed_in(request), document_id, _body(request), passage=passage, mentions=_mentions(request)
        )
    except (NotThere, NotAllowed):
        raise
    except Refusal as error:
        quoted = next((one for one in reading.passages(request.user, document_id) if one.key == passage), None)
        return _again(request, document_id, error, passage=quoted)
    return _to(made)


@form(_document_page)
def reply(request: HttpRequest, document_id: UUID, thread_id: UUID) -> HttpResponse:
    """One more comment in a thread."""
    thread = _thread(request, document_id, thread_id)
    try:
        made = service.reply(signed_in(request), thread_id, _body(request), mentions=_mentions(request))
    except (NotThere, NotAllowed):
        raise
    except Refusal as error:
        return _again(request, document_id, error, thread=thread)
    return back(request, f"{_document_page(document_id)}?thread={thread_id}#comment-{made.pk}")


@form(_document_page)
def close(request: HttpRequest, document_id: UUID, thread_id: UUID) -> HttpResponse:
    """Resolve a thread, or open it again (`reopen`)."""
    user, thread = signed_in(request), _thread(request, document_id, thread_id)
    if "reopen" in request.POST:
        service.reopen(user, thread.pk)
        messages.success(request, _("The discussion is open again."))
    else:
        service.resolve(user, thread.pk)
        messages.success(request, _("The discussion is resolved. It can be shown again with the resolved ones."))
    return back(request, f"{_document_page(document_id)}#comments")


@require_http_methods(["GET", "HEAD", "POST"])
@page
def edit(request: HttpRequest, document_id: UUID, comment_id: UUID) -> HttpResponse:
    """Change one's own words."""
    comment = _comment(request, document_id, comment_id)
    if request.method != "POST":
        if not _may_change(request, comment):
            raise NotThere
        return _written(request, document_id, comment.body, _mentioned(comment), comment=comment)
    try:
        changed = service.edit(
            signed_in(request),
            comment_id,
            _body(request),
            mentions=_mentions(request),
            based_on=_version(request),
        )
    except (NotThere, NotAllowed):
        raise
    except Refusal as error:
        return _again(request, document_id, error, comment=comment)
    return _to(changed)


@form(_document_page)
def delete(request: HttpRequest, document_id: UUID, comment_id: UUID) -> HttpResponse:
    """Take the words out of a comment."""
    comment = _comment(request, document_id, comment_id)
    service.delete(signed_in(request), comment_id)
    messages.success(request, _("The comment was deleted."))
    return back(request, f"{_document_page(document_id)}?thread={comment.thread_id}#comments")


@form(_document_page)
def react(request: HttpRequest, document_id: UUID, comment_id: UUID) -> HttpResponse:
    """Answer with an emoji (`add`), or take it back (`remove`)."""
    user, comment = signed_in(request), _comment(request, document_id, comment_id)
    if "remove" in request.POST:
        service.unreact(user, comment_id, request.POST["remove"])
    else:
        service.react(user, comment_id, request.POST.get("add", ""))
    return back(request, f"{_document_page(document_id)}?thread={comment.thread_id}#comment-{comment_id}")


@form(_document_page)
def options(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Whether words of people without a linked account are taken in."""
    allowed = request.POST.get("from_guests") == "1"
    service.take_guests(signed_in(request), document_id, allowed)
    messages.success(
        request,
        _("Words of people without a linked account are taken in from now on, and marked so.")
        if allowed
        else _("Words of people without a linked account stay in their rooms from now on."),
    )
    return back(request, f"{_document_page(document_id)}#comments")


def _thread(request: HttpRequest, document_id: UUID, thread_id: UUID) -> Thread:
    """The thread, where it is on that document."""
    thread = reading.thread(request.user, thread_id)
    if thread.document_id != document_id:
        raise NotThere
    return thread


def _comment(request: HttpRequest, document_id: UUID, comment_id: UUID) -> Comment:
    comment = reading.comment(request.user, comment_id)
    if comment.thread.document_id != document_id:
        raise NotThere
    return comment


def _may_change(request: HttpRequest, comment: Comment) -> bool:
    """Whether a form to change it is of use; the change itself is checked by `service`."""
    try:
        reading.open_to_write(signed_in(request), comment.thread.document_id)
    except NotPossible:
        return False
    return comment.deleted_at is None and is_by(comment, signed_in(request))


def _to(comment: Comment) -> HttpResponse:
    """To a comment that was just written: its thread alone may be on another page than the first."""
    where = f"{_document_page(comment.thread.document_id)}?thread={comment.thread_id}#comment-{comment.pk}"
    return HttpResponseRedirect(where)


def _body(request: HttpRequest) -> str:
    return request.POST.get("body", "")


def _version(request: HttpRequest) -> int | None:
    word = request.POST.get("version", "")
    return int(word) if word.isascii() and word.isdigit() and len(word) < 10 else None


def _version_shown(request: HttpRequest, comment: Comment | None, problem: Refusal | None) -> int | None:
    """The version that the form is sent on top of. Who was told of another one sends theirs on top of that."""
    if isinstance(problem, CommentConflict):
        return problem.version
    return _version(request) or (comment.version if comment else None)


def _mentions(request: HttpRequest) -> set[UUID]:
    """Whom the form has ticked; what is no id was never offered."""
    found = set()
    for word in request.POST.getlist("mention")[: 2 * service.MAX_MENTIONS]:
        try:
            found.add(UUID(word))
        except ValueError:
            continue
    return found


def _mentioned(comment: Comment) -> set[UUID]:
    return {user.pk for user in comment.mentioned.all()}


def _again(request: HttpRequest, document_id: UUID, problem: Refusal, **about: Any) -> HttpResponse:
    return _written(request, document_id, _body(request), _mentions(request), problem=problem, **about)


def _written(
    request: HttpRequest,
    document_id: UUID,
    body: str,
    mentioned: set[UUID],
    *,
    passage: Passage | None = None,
    thread: Thread | None = None,
    comment: Comment | None = None,
    problem: Refusal | None = None,
) -> HttpResponse:
    """The page on which one comment is written: a changed one (`comment`), a reply (`thread`) or a new one."""
    user, document = signed_in(request), docs.read(request.user, document_id)
    kept = list(comment.mentioned.all()) if comment else []
    offered = reading.mentionable(user, document.item)
    context = {
        "document": document,
        "crumbs": crumbs(user, document.item),
        "body": body,
        "people": offered + [one for one in kept if one not in offered],
        "mentioned": mentioned,
        "passage": passage,
        "thread": thread or (comment.thread if comment else None),
        "comment": comment,
        "version": _version_shown(request, comment, problem),
        "problem": words_of(problem) if problem else "",
        "max_characters": text.MAX_CHARACTERS,
        "section": "docs",
    }
    return render(request, "comments/write.html", context, status=problem.status if problem else 200)


urlpatterns = [
    path("docs/<uuid:document_id>/comments/", start, name="page-comment-start"),
    path("docs/<uuid:document_id>/comments/options/", options, name="page-comment-options"),
    path("docs/<uuid:document_id>/comments/<uuid:comment_id>/edit/", edit, name="page-comment-edit"),
    path("docs/<uuid:document_id>/comments/<uuid:comment_id>/delete/", delete, name="page-comment-delete"),
    path("docs/<uuid:document_id>/comments/<uuid:comment_id>/react/", react, name="page-comment-react"),
    path("docs/<uuid:document_id>/threads/<uuid:thread_id>/reply/", reply, name="page-thread-reply"),
    path("docs/<uuid:document_id>/threads/<uuid:thread_id>/close/", close, name="page-thread-close"),
]
