"""The search page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from contract.answers import Found
from contract.resources import Kind
from workspace.accounts.asking import signed_in
from workspace.find import service
from workspace.find.engines.base import IndexUnavailable
from workspace.find.engines.words import TooManyWords
from workspace.pages.views import page

_A_PAGE = 20


@require_safe
@page
def search(request: HttpRequest) -> HttpResponse:
    """`/search/?q=&kind=&page=`."""
    words = request.GET.get("q", "").strip()
    kind = _kind(request.GET.get("kind", ""))
    number = _number(request.GET.get("page", ""))
    found, problem = _found(request, words, kind, number) if words else (None, "")
    context = {
        "words": words,
        "kind": kind,
        "found": found,
        "problem": problem,
        "page": number,
        "next_page": number + 1 if _goes_on(found, number) else None,
        "section": "find",
    }
    return render(request, "find/search.html", context)


def _found(request: HttpRequest, words: str, kind: Kind | None, number: int) -> tuple[Found | None, str]:
    try:
        offset = (number - 1) * _A_PAGE
        return service.search(signed_in(request), words, kind=kind, limit=_A_PAGE, offset=offset), ""
    except TooManyWords:
        return None, _("This is too long to be searched. Keep the few words that matter.")
    except IndexUnavailable:
        return None, _("The search is being prepared. Try again in a moment.")


def _goes_on(found: Found | None, number: int) -> bool:
    end = number * _A_PAGE
    return found is not None and found.total > end and end + _A_PAGE <= service.MAX_WINDOW


def _kind(word: str) -> Kind | None:
    return Kind(word) if word in set(Kind) else None


def _number(word: str) -> int:
    most = service.MAX_WINDOW // _A_PAGE
    return min(max(int(word), 1), most) if word.isascii() and word.isdigit() and len(word) < 6 else 1


urlpatterns = [path("search/", search, name="page-search")]
