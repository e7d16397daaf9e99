"""The pages that documents, folders and files have in common: sharing, renaming, moving, the trash.

The same view answers under `/docs/<id>/…` and `/drive/<id>/…`; an item is only where its kind belongs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from contract.resources import Kind
from workspace.accounts import service_accounts
from workspace.accounts.asking import signed_in
from workspace.accounts.models import User
from workspace.pages.views import form, page
from workspace.sharing import doors, listing, questions, tree, who
from workspace.sharing.errors import NotThere
from workspace.sharing.models import Access, Item
from workspace.sharing.roles import LinkReach, Role

#: Roles that the pages offer.
OFFERED = tuple(Role)
#: Accesses that the page for sharing shows at once.
_GRANTS = 50


@dataclass(frozen=True)
class Crumb:
    """One step of the way to where a page is."""

    title: str
    url: str


def url_of(item: Item) -> str:
    """The page of an item."""
    return _item_page(item.pk, Kind(item.kind).application)


def crumbs(user: User | AnonymousUser, item: Item) -> list[Crumb]:
    """The way from the root to what holds `item`, as far up as `user` may read; never a title that they may not."""
    above = listing.breadcrumb(user, item)
    in_docs = item.kind == Kind.DOCUMENT and not above
    first = Crumb(_("Documents"), reverse("page-docs")) if in_docs else Crumb(_("Files"), reverse("page-drive"))
    return [first, *(Crumb(one.title, url_of(one)) for one in above)]


def about(request: HttpRequest, item: Item) -> dict[str, Any]:
    """What the page of an item says beside its content: the way to it, who else has it, what the person may do."""
    user = request.user
    role = doors.role_on(user, item.pk) or Role.READER
    grants = who.shown_to(user, item)
    return {
        "item": item,
        "crumbs": crumbs(user, item),
        "role": role,
        "may_edit": role >= Role.EDITOR and user.is_authenticated,
        "may_share": role >= Role.OWNER and user.is_authenticated,
        "grants": sorted(grants, key=lambda grant: -grant.role),
        "has_access": bool(grants),
        "link": who.inherited_link(item) or who.own_link(item),
        "in_trash": bool(questions.in_trash([item.pk])),
    }


def opened(request: HttpRequest, application: str, item_id: UUID, role: Role = Role.READER) -> Item:
    """The item through its door, where its kind belongs to `application`."""
    item = doors.open_item(request.user, item_id, role)
    if Kind(item.kind).application != application:
        raise NotThere
    return item


def _item_page(item_id: UUID, application: str) -> str:
    return reverse("page-document" if application == "docs" else "page-drive-item", args=[item_id])


def _share_page(item_id: UUID, application: str, **_: object) -> str:
    return reverse(f"page-{application}-share", args=[item_id])


@require_safe
@page
def share(request: HttpRequest, item_id: UUID, application: str) -> HttpResponse:
    """Who has access, and for owners what changes it."""
    return _shared(request, opened(request, application, item_id, Role.OWNER))


@form(_share_page)
def share_with_person(request: HttpRequest, item_id: UUID, application: str) -> HttpResponse:
    """Give somebody, named by their e-mail address, a role. Where several have it, one is chosen among them (`person`).

    An address is no identity: somebody's account by another identity provider may have the same one.
    """
    item, role = opened(request, application, item_id, Role.OWNER), _role(request)
    email = request.POST.get("email", "").strip()
    people = service_accounts.to_share_with().filter(email__iexact=email).exclude(email="")
    if chosen := _uuid(request.POST.get("person", "")):
        people = people.filter(pk=chosen)
    match list(people.order_by("full_name", "pk")):
        case []:
            messages.error(
                request, _("Nobody here has the address “%(email)s”. They must have signed in once.") % {"email": email}
            )
        case [person]:
            tree.grant(signed_in(request), item, role, user=person)
            messages.success(request, _("%(name)s now has access.") % {"name": person.name})
        case several:
            return _shared(request, item, email=email, several=several, chosen_role=role)
    return HttpResponseRedirect(_share_page(item_id, application))


@form(_share_page)
def share_with_team(request: HttpRequest, item_id: UUID, application: str) -> HttpResponse:
    """Give a room or a team of one's own a role."""
    user, item = signed_in(request), opened(request, application, item_id, Role.OWNER)
    chosen = _uuid(request.POST.get("team", ""))
    team = who.teams(user).filter(pk=chosen).first() if chosen else None
    if team is None:
        raise ValidationError(_("Choose a room or a team that you are in."))
    tree.grant(user, item, _role(request), team=team)
    messages.success(request, _("%(name)s now has access.") % {"name": team.name})
    return HttpResponseRedirect(_share_page(item_id, application))


@form(_share_page)
def change_access(request: HttpRequest, item_id: UUID, application: str, access_id: UUID) -> HttpResponse:
    """Change a role, or take the access away (`remove`)."""
    user, item = signed_in(request), opened(request, application, item_id, Role.OWNER)
    access = Access.objects.select_related("user", "team", "item").filter(pk=access_id, item=item).first()
    if access is None:
        raise NotThere
    name = access.name
    if "remove" in request.POST:
        tree.revoke(user, access)
        messages.success(request, _("%(name)s no longer has access.") % {"name": name})
    else:
        tree.grant(user, item, _role(request), user=access.user, team=access.team)
        messages.success(request, _("The role of %(name)s was changed.") % {"name": name})
    still = doors.role_on(user, item.pk)
    return HttpResponseRedirect(_share_page(item_id, application) if still is Role.OWNER else "/")


@form(_share_page)
def change_link(request: HttpRequest, item_id: UUID, application: str) -> HttpResponse:
    """Say whom the link alone lets in."""
    item = opened(request, application, item_id, Role.OWNER)
    reach, role = request.POST.get("reach", ""), _role(request)
    if reach not in set(LinkReach):
        raise ValidationError(_("Choose one of the reaches."))
    tree.set_link(signed_in(request), item, LinkReach(reach), role)
    messages.success(request, _("The link was changed."))
    return HttpResponseRedirect(_share_page(item_id, application))


@form(_item_page)
def rename(request: HttpRequest, item_id: UUID, application: str) -> HttpResponse:
    """Give a folder or a file another name."""
    item = opened(request, application, item_id, Role.EDITOR)
    tree.rename_item(signed_in(request), item, request.POST.get("title", ""))
    messages.success(request, _("The name was changed."))
    return HttpResponseRedirect(url_of(item))


@require_http_methods(["GET", "HEAD", "POST"])
@page
def move(request: HttpRequest, item_id: UUID, application: str) -> HttpResponse:
    """Choose the folder that shall hold it, by walking through the folders."""
    user, item = signed_in(request), opened(request, application, item_id, Role.OWNER)
    at = _uuid(request.POST.get("parent", "") or request.GET.get("parent", ""))
    folder = doors.open_item(user, at, Role.EDITOR, Kind.FOLDER) if at else None
    if request.method == "POST":
        tree.move_item(user, item, folder)
        messages.success(request, _("“%(title)s” was moved.") % {"title": item.title})
        return HttpResponseRedirect(url_of(item))
    inside = listing.children(user, folder.pk) if folder else listing.tops(user)
    context = {
        "item": item,
        "section": application,
        "folder": folder,
        "crumbs": [*crumbs(user, folder), Crumb(folder.title, "")] if folder else [],
        "folders": inside.filter(kind=Kind.FOLDER).exclude(pk=item.pk),
        "is_there": item.parent_id == (folder.pk if folder else None),
    }
    return render(request, "sharing/move.html", context)


@form(_item_page)
def trash(request: HttpRequest, item_id: UUID, application: str) -> HttpResponse:
    """Put it in the trash; the next page says how to bring it back."""
    user, item = signed_in(request), opened(request, application, item_id, Role.OWNER)
    holder = item.parent
    tree.trash_item(user, item)
    messages.success(request, _("“%(title)s” is in the trash.") % {"title": item.title})
    if holder is not None and doors.role_on(user, holder.pk):
        return HttpResponseRedirect(url_of(holder))
    return HttpResponseRedirect(reverse("page-docs" if application == "docs" else "page-drive"))


@form(_item_page)
def restore(request: HttpRequest, item_id: UUID, application: str) -> HttpResponse:
    """Bring it back from the trash."""
    item = opened(request, application, item_id, Role.OWNER)
    tree.restore_item(signed_in(request), item)
    messages.success(request, _("“%(title)s” is back.") % {"title": item.title})
    return HttpResponseRedirect(url_of(item))


def _shared(request: HttpRequest, item: Item, **more: Any) -> HttpResponse:
    given = {grant.access.team_id for grant in who.grants(item) if grant.above is None}
    context = about(request, item)
    context |= {
        "section": Kind(item.kind).application,
        "grants": Paginator(context["grants"], _GRANTS).get_page(request.GET.get("page")),
        "roles": [role for role in OFFERED if role is not Role.OWNER],
        "all_roles": OFFERED,
        "teams": [team for team in who.teams(signed_in(request)) if team.pk not in given],
        "reaches": list(LinkReach),
        "inherited": who.inherited_link(item),
    }
    return render(request, "sharing/share.html", context | more)


def _role(request: HttpRequest) -> Role:
    offered = {role.word: role for role in Role}
    role = offered.get(request.POST.get("role", ""))
    if role is None:
        raise ValidationError(_("Choose a role."))
    return role


def _uuid(word: str) -> UUID | None:
    try:
        return UUID(word)
    except ValueError:
        return None


def _paths(application: str) -> list[Any]:
    views = {
        "share/": (share, "share"),
        "share/person/": (share_with_person, "share-person"),
        "share/team/": (share_with_team, "share-team"),
        "share/link/": (change_link, "share-link"),
        "share/<uuid:access_id>/": (change_access, "share-access"),
        "rename/": (rename, "rename"),
        "move/": (move, "move"),
        "trash/": (trash, "trash-item"),
        "restore/": (restore, "restore"),
    }
    return [
        path(
            f"{application}/<uuid:item_id>/{end}", view, {"application": application}, name=f"page-{application}-{name}"
        )
        for end, (view, name) in views.items()
    ]


urlpatterns = [*_paths("docs"), *_paths("drive")]
