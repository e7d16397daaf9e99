"""The home page: what changed lately and what the rooms are bound to; and, before signing in, what this is."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from workspace.accounts.models import User
from workspace.pages.views import back
from workspace.rooms.models import Binding
from workspace.sharing import listing, questions
from workspace.sharing.models import Item, Team

_RECENT = 8
_BOUND = 50


@dataclass(frozen=True)
class RoomOfMine:
    """A room that I am in, and what it is bound to that I may read."""

    team: Team
    items: list[Item]


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """`/`."""
    if not request.user.is_authenticated:
        return render(request, "pages/landing.html")
    recent = listing.recent(request.user).select_related("file")[:_RECENT]
    return render(request, "pages/home.html", {"recent": recent, "rooms": rooms_of(request.user), "section": "home"})


@require_safe
@never_cache
def sign_in_failed(request: HttpRequest) -> HttpResponse:
    """`/sign-in/failed/`: the provider refused, or the way back from it broke."""
    return render(request, "pages/landing.html", {"failed": True})


@require_safe
@never_cache
def signed_out(request: HttpRequest) -> HttpResponse:
    """`/signed-out/`."""
    return render(request, "pages/landing.html", {"signed_out": True})


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language of the pages: the person's, where somebody is signed in, and this browser's."""
    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        return HttpResponseBadRequest()
    if request.user.is_authenticated:
        request.user.language = chosen
        request.user.save(update_fields=["language"])
    response = back(request, "/")
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        chosen,
        max_age=365 * 24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def rooms_of(user: User) -> list[RoomOfMine]:
    """The rooms that `user` is in and that are bound to something they may read."""
    bindings = list(
        Binding.objects.filter(room__team__members=user, item__trashed_at=None)
        .select_related("item", "item__file", "room__team")
        .order_by("-bound_at")[:_BOUND]
    )
    readable = questions.readable_by_all([user.pk], [binding.item_id for binding in bindings])
    rooms: dict[Team, list[Item]] = {}
    for binding in bindings:
        if binding.item_id in readable:
            rooms.setdefault(binding.room.team, []).append(binding.item)
    return [RoomOfMine(team, items) for team, items in rooms.items()]
