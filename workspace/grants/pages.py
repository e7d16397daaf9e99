"""The pages of what one allows: the forms of the account page, and the book of uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from workspace.accounts.asking import signed_in
from workspace.accounts.models import User
from workspace.grants import book, delegations, words
from workspace.grants.models import Delegation, Use
from workspace.pages.views import form, page
from workspace.rooms.models import Room
from workspace.sharing.models import Item

#: Uses on one page.
_A_PAGE = 50


@dataclass(frozen=True)
class Line:
    """One use, with what its person may know of where it was: the item if they may read it, the room if they are in it.

    `hidden`: there was an item, and it may not be read (any more), or is gone.
    """

    use: Use
    item: Item | None
    hidden: bool
    room: str


def account(user: User) -> dict[str, Any]:
    """What the account page says of what `user` allows, and could."""
    return {
        "allowed": delegations.living(user),
        "offered": [offer for offer in delegations.offers(user) if offer.living is None],
        "until": timezone.now() + delegations.LASTS,
    }


@form(lambda: reverse("page-account"))
def give(request: HttpRequest) -> HttpResponse:
    """Allow an application one act, or what is ticked."""
    user = signed_in(request)
    for offer in delegations.chosen(request.POST.getlist("allow"), user):
        delegations.give(user, offer.service, offer.act)
        said = {"application": words.service(offer.service), "act": words.act(offer.act)}
        messages.success(request, _("%(application)s: “%(act)s” is allowed now.") % said)
    return HttpResponseRedirect(reverse("page-account"))


@form(lambda delegation_id: reverse("page-account"))
def revoke(request: HttpRequest, delegation_id: int) -> HttpResponse:
    """End what one allowed, at once."""
    delegation = get_object_or_404(Delegation, pk=delegation_id, user=request.user)
    delegations.revoke(delegation)
    said = {"application": words.service(delegation.service), "act": words.act(delegation.act)}
    messages.success(request, _("%(application)s: “%(act)s” is no longer allowed.") % said)
    return HttpResponseRedirect(reverse("page-account"))


@require_safe
@page
def uses(request: HttpRequest) -> HttpResponse:
    """`/account/uses/`: everything that applications did for one, or tried to."""
    user = signed_in(request)
    shown = Paginator(Use.objects.filter(user=user), _A_PAGE).get_page(request.GET.get("page"))
    context = {"shown": shown, "lines": _lines(user, list(shown.object_list)), "section": "account"}
    return render(request, "grants/uses.html", context)


def _lines(user: User, some: list[Use]) -> list[Line]:
    items = book.readable(user, some)
    rooms = Room.objects.filter(room_id__in={one.room for one in some}, team__members=user)
    names = dict(rooms.values_list("room_id", "team__name"))
    return [
        Line(
            use=one,
            item=items.get(one.item) if one.item else None,
            hidden=bool(one.item) and one.item not in items,
            room=names.get(one.room, one.room),
        )
        for one in some
    ]


urlpatterns = [
    path("account/delegations/give/", give, name="page-delegation-give"),
    path("account/delegations/<int:delegation_id>/revoke/", revoke, name="page-delegation-revoke"),
    path("account/uses/", uses, name="page-uses"),
]
