"""The pages of the drive: folders, files and the trash. Contents go between the browser and the store, by the API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, QuerySet, Value, When
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from contract.resources import Kind
from workspace.accounts.asking import signed_in
from workspace.drive import sealing, service
from workspace.pages.views import form, open_page, page
from workspace.sharing import doors, listing
from workspace.sharing.errors import NotThere
from workspace.sharing.models import Item
from workspace.sharing.pages import about
from workspace.sharing.roles import Role

_A_PAGE = 100
_VERSIONS = 30


@require_safe
@page
def root(request: HttpRequest) -> HttpResponse:
    """`/drive/`: what is mine or shared with me, and hangs under nothing else that is."""
    return _browse(request, listing.tops(signed_in(request)).exclude(kind=Kind.DOCUMENT), None)


@require_safe
@open_page
def item(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """`/drive/<id>/`: what a folder holds, or what is known of a file."""
    found = doors.open_item(request.user, item_id)
    if found.kind == Kind.FOLDER:
        return _browse(request, listing.children(request.user, item_id), found)
    if found.kind == Kind.FILE:
        return _file(request, item_id)
    raise NotThere


@form(lambda: reverse("page-drive"))
def new_folder(request: HttpRequest) -> HttpResponse:
    """Make a folder, in another or at the root."""
    parent = request.POST.get("parent", "")
    made = service.create_folder(
        signed_in(request),
        title=request.POST.get("title", ""),
        parent_id=UUID(parent) if _is_uuid(parent) else None,
        sealed=request.POST.get("sealed") == "yes",
    )
    messages.success(request, _("The folder “%(title)s” was created.") % {"title": made.title})
    return HttpResponseRedirect(reverse("page-drive-item", args=[made.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@page
def seal(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """`/drive/<id>/seal/`: what it means to seal this folder, or no longer, and the button that does it."""
    user = signed_in(request)
    folder = doors.open_item(user, item_id, Role.OWNER, Kind.FOLDER)
    if request.method == "POST":
        sealed = request.POST.get("sealed") == "yes"
        sealing.set_sealed(user, item_id, sealed=sealed)
        messages.success(request, _("The folder is sealed.") if sealed else _("The folder is no longer sealed."))
        return HttpResponseRedirect(reverse("page-drive-item", args=[item_id]))
    context = {"sealed": sealing.is_sealed(folder), "may_seal": sealing.may_change(folder), "section": "drive"}
    return render(request, "drive/seal.html", about(request, folder) | context)


@require_safe
@page
def trash(request: HttpRequest) -> HttpResponse:
    """`/drive/trash/`: what I own and can bring back."""
    shown = Paginator(listing.trashed(signed_in(request)).select_related("file"), _A_PAGE)
    return render(request, "drive/trash.html", {"items": shown.get_page(request.GET.get("page")), "section": "trash"})


def _browse(request: HttpRequest, items: QuerySet[Item], folder: Item | None) -> HttpResponse:
    shown = Paginator(_folders_first(items).select_related("file", "creator"), _A_PAGE)
    context: dict[str, Any] = {
        "items": shown.get_page(request.GET.get("page")),
        "folder": folder,
        "limit": settings.PARVIS.max_upload_bytes,
        "section": "drive",
        "sealed": sealing.is_sealed(folder),
        "may_edit": True,
    }
    if folder is not None:
        context |= about(request, folder) | {"may_seal": sealing.may_change(folder)}
    return render(request, "drive/browse.html", context)


def _folders_first(items: QuerySet[Item]) -> QuerySet[Item]:
    """In the order of every file manager: folders, then the rest, by title whatever its case."""
    return items.order_by(Case(When(kind=Kind.FOLDER, then=Value(0)), default=Value(1)), Lower("title"), "pk")


def _file(request: HttpRequest, item_id: UUID) -> HttpResponse:
    file = service.read(request.user, item_id)
    context = about(request, file.item) | {
        "file": file,
        "versions": Paginator(service.versions(request.user, item_id), _VERSIONS).get_page(request.GET.get("page")),
        "limit": settings.PARVIS.max_upload_bytes,
        "section": "drive",
    }
    return render(request, "drive/file.html", context)


def _is_uuid(word: str) -> bool:
    try:
        UUID(word)
    except ValueError:
        return False
    return True


urlpatterns = [
    path("drive/", root, name="page-drive"),
    path("drive/trash/", trash, name="page-trash"),
    path("drive/folders/", new_folder, name="page-folder-new"),
    path("drive/<uuid:item_id>/", item, name="page-drive-item"),
    path("drive/<uuid:item_id>/seal/", seal, name="page-drive-seal"),
]
