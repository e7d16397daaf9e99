"""The pages of documents: the list, reading, writing, and what a document was before."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contract.resources import Kind
from workspace.accounts.asking import signed_in
from workspace.docs import differences, service
from workspace.docs.errors import VersionConflict
from workspace.docs.models import Document, DocumentVersion
from workspace.docs.render import render as render_markdown
from workspace.errors import Refusal, TooMany
from workspace.pages.views import form, open_page, page, words_of
from workspace.sharing import doors
from workspace.sharing.errors import NotThere
from workspace.sharing.models import Item
from workspace.sharing.pages import about, crumbs
from workspace.sharing.roles import Role

_A_PAGE = 30
#: Of one person: a preview is not kept, and may take a second or two of the processor.
PREVIEWS_A_MINUTE = 30
#: How many of the latest versions are offered to compare with; another is a number in the address.
_COMPARED = 100


@dataclass(frozen=True)
class Written:
    """What a person sent from the editor. `version` is the one that they wrote on (0: a new document)."""

    title: str
    content: str
    version: int

    @classmethod
    def of(cls, request: HttpRequest) -> Written:
        """What the form holds."""
        version = request.POST.get("version", "")
        number = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0
        content = request.POST.get("content", "").replace("\r\n", "\n")
        return cls(request.POST.get("title", ""), content, number)


@require_safe
@page
def documents(request: HttpRequest) -> HttpResponse:
    """`/docs/`: the documents that are mine or shared with me, latest first."""
    shown = Paginator(service.mine(signed_in(request)).select_related("item__creator"), _A_PAGE)
    return render(request, "docs/list.html", {"documents": shown.get_page(request.GET.get("page")), "section": "docs"})


@require_safe
@open_page
def document(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """`/docs/<id>/`: read it."""
    found = service.read(request.user, document_id)
    rendered = service.rendered(found.pk, found.version, found.content)
    context = about(request, found.item) | {
        "document": found,
        "rendered": rendered,
        "last": service.last_save(found),
        "section": "docs",
    }
    return render(request, "docs/document.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def new(request: HttpRequest) -> HttpResponse:
    """`/docs/new/?parent=`: write a new document."""
    parent = _folder(request)
    if request.method != "POST":
        return _editor(request, None, Written("", "", 0), parent=parent)
    written = Written.of(request)
    if "preview" in request.POST:
        return _editor(request, None, written, parent=parent, preview=True)
    try:
        made = service.create(
            signed_in(request),
            title=written.title,
            content=written.content,
            parent_id=parent.pk if parent else None,
        )
    except (Refusal, ValidationError) as error:
        return _editor(request, None, written, parent=parent, problem=error)
    messages.success(request, _("The document was created."), extra_tags="saved")
    return HttpResponseRedirect(reverse("page-document", args=[made.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@page
def edit(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """`/docs/<id>/edit/`: write. A text is never lost: what cannot be saved comes back with the reason.

    What is larger than any request may be is still in the browser, and its page says so (`pages.errors`).
    """
    doors.open_item(request.user, document_id, Role.EDITOR, Kind.DOCUMENT)
    found = service.read(request.user, document_id)
    if request.method != "POST":
        return _editor(request, found, Written(found.item.title, found.content, found.version))
    written = Written.of(request)
    if "preview" in request.POST:
        return _editor(request, found, written, preview=True)
    try:
        service.update(
            signed_in(request), document_id, based_on=written.version, title=written.title, content=written.content
        )
    except VersionConflict:
        return _conflict(request, document_id, written)
    except (Refusal, ValidationError) as error:
        return _editor(request, found, written, problem=error)
    messages.success(request, _("The document was saved."), extra_tags="saved")
    return HttpResponseRedirect(reverse("page-document", args=[document_id]))


@require_POST
@page
def preview(request: HttpRequest) -> HttpResponse:
    """How a text will look, for the editor: safe HTML without a page around it."""
    try:
        return HttpResponse(_previewed(request, request.POST.get("content", "")))
    except Refusal as error:
        return HttpResponse(error.message, status=error.status, content_type="text/plain; charset=utf-8")


@require_safe
@page
def versions(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """`/docs/<id>/versions/`: every save, latest first."""
    found = service.read(request.user, document_id)
    shown = Paginator(service.versions(request.user, document_id), _A_PAGE)
    context = about(request, found.item) | {
        "document": found,
        "versions": shown.get_page(request.GET.get("page")),
        "section": "docs",
    }
    return render(request, "docs/versions.html", context)


@require_safe
@page
def version(request: HttpRequest, document_id: UUID, number: int) -> HttpResponse:
    """`/docs/<id>/versions/<n>/?against=`: what it was after that save, and what that save changed."""
    shown = service.version(request.user, document_id, number)
    found = service.read(request.user, document_id)
    against = _against(request, found, number)
    context = about(request, found.item) | {
        "document": found,
        "version": shown,
        "against": against,
        "others": [one for one in service.versions(request.user, document_id)[:_COMPARED] if one.number != number],
        "lines": differences.between(against.content if against else "", shown.content),
        "title_before": against.title if against and against.title != shown.title else "",
        "rendered": service.rendered(found.pk, shown.number, shown.content),
        "section": "docs",
    }
    return render(request, "docs/version.html", context)


@form(lambda document_id, number: reverse("page-document-version", args=[document_id, number]))
def restore(request: HttpRequest, document_id: UUID, number: int) -> HttpResponse:
    """Bring an earlier version back, as a new one on top."""
    try:
        based_on = Written.of(request).version or None
        service.restore(signed_in(request), document_id, number, based_on=based_on)
    except VersionConflict:
        messages.error(request, _("Somebody saved the document in the meantime. Look at it again first."))
        return HttpResponseRedirect(reverse("page-document-versions", args=[document_id]))
    messages.success(request, _("Version %(number)d is the current one again. Nothing was lost.") % {"number": number})
    return HttpResponseRedirect(reverse("page-document", args=[document_id]))


def _against(request: HttpRequest, found: Document, number: int) -> DocumentVersion | None:
    asked = request.GET.get("against", "")
    if asked.isascii() and asked.isdigit() and 0 < len(asked) < 10:
        return service.version(request.user, found.pk, int(asked)) if int(asked) else None
    return _base(request, found.pk, number - 1)


def _folder(request: HttpRequest) -> Item | None:
    word = request.POST.get("parent", "") or request.GET.get("parent", "")
    try:
        folder_id = UUID(word)
    except ValueError:
        return None
    return doors.open_item(request.user, folder_id, Role.EDITOR, Kind.FOLDER)


def _editor(
    request: HttpRequest,
    found: Document | None,
    written: Written,
    *,
    parent: Item | None = None,
    preview: bool = False,
    problem: Refusal | ValidationError | None = None,
) -> HttpResponse:
    html = None
    if preview:
        try:
            html = _previewed(request, written.content)
        except Refusal as error:
            problem = error
    context = {
        "document": found,
        "written": written,
        "parent": parent,
        "crumbs": crumbs(request.user, found.item) if found else [],
        "preview": html,
        "problem": words_of(problem) if problem else "",
        "section": "docs",
    }
    return render(request, "docs/edit.html", context, status=400 if problem else 200)


def _previewed(request: HttpRequest, content: str) -> str:
    """The HTML of a text that was not saved. Raises `TooMany`, and what a save of it would."""
    text = service.clean(content)
    key = f"docs.previews.{signed_in(request).pk}.{timezone.now():%H%M}"
    cache.add(key, 0, timeout=120)
    if cache.incr(key) > PREVIEWS_A_MINUTE:
        raise TooMany
    return render_markdown(text).html


def _conflict(request: HttpRequest, document_id: UUID, written: Written) -> HttpResponse:
    """The editor once more, with both texts put together, and each of them to look at."""
    found = service.read(request.user, document_id)
    theirs = service.last_save(found)
    base = _base(request, document_id, written.version)
    author = theirs.author.name if theirs.author else _("somebody")
    marks = differences.Marks(
        mine=_("⚠ ───── your text ─────"),
        theirs=_("⚠ ───── the text of %(name)s ─────") % {"name": author},
        end=_("⚠ ───── end ─────"),
    )
    merged = differences.merge(base.content if base else "", written.content, theirs.content, marks)
    mine_renamed = base is None or written.title != base.title
    context = {
        "document": found,
        "written": Written(written.title if mine_renamed else theirs.title, merged.text, theirs.number),
        "crumbs": crumbs(request.user, found.item),
        "conflict": True,
        "author": author,
        "theirs": theirs,
        "mine": written,
        "conflicts": merged.conflicts,
        "conflicts_words": ngettext(
            "In one place you both changed the same lines: both are there, between lines that start with ⚠.",
            "In %(count)d places you both changed the same lines: both are there, between lines that start with ⚠.",
            merged.conflicts,
        )
        % {"count": merged.conflicts},
        "lines": differences.between(base.content if base else "", theirs.content),
        "section": "docs",
    }
    return render(request, "docs/edit.html", context, status=409)


def _base(request: HttpRequest, document_id: UUID, number: int) -> DocumentVersion | None:
    """That version, or None where there is none that the person may look at."""
    try:
        return service.version(request.user, document_id, number)
    except NotThere:
        return None


urlpatterns = [
    path("docs/", documents, name="page-docs"),
    path("docs/new/", new, name="page-document-new"),
    path("docs/preview/", preview, name="page-document-preview"),
    path("docs/<uuid:document_id>/", document, name="page-document"),
    path("docs/<uuid:document_id>/edit/", edit, name="page-document-edit"),
    path("docs/<uuid:document_id>/versions/", versions, name="page-document-versions"),
    path("docs/<uuid:document_id>/versions/<int:number>/", version, name="page-document-version"),
    path("docs/<uuid:document_id>/versions/<int:number>/restore/", restore, name="page-document-restore"),
]
