"""How a page is made: who may see it, and what becomes of what the services refuse.

Views call the same services and doors as the API and check no right of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from workspace.errors import Refusal
from workspace.pages import errors
from workspace.pages.context import sign_in
from workspace.sharing.errors import NotAllowed, NotThere

View = Callable[..., HttpResponse]


def page(view: View) -> View:
    """A page for people who are signed in; others sign in first and come back."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return HttpResponseRedirect(sign_in(request))
        return _answer(view, request, request.path, *args, **kwargs)

    return never_cache(guarded)


def form(shown_at: Callable[..., str]) -> Callable[[View], View]:
    """What takes a form that another page shows, from people who are signed in.

    `shown_at` is given what the view is, and answers where that page is: there one is told why it cannot be done.
    """

    def guard(view: View) -> View:
        @require_POST
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return HttpResponseRedirect(sign_in(request))
            return _answer(view, request, shown_at(*args, **kwargs), *args, **kwargs)

        return never_cache(guarded)

    return guard


def open_page(view: View) -> View:
    """A page that may be public: what is not there for somebody who is not signed in may be once they are."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _answer(view, request, request.path, *args, **kwargs)

    return never_cache(guarded)


def back(request: HttpRequest, otherwise: str) -> HttpResponseRedirect:
    """To the page of ours that a form names in `next`, or else there."""
    to = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(to if ours else otherwise)


def words_of(error: ValidationError | Refusal) -> str:
    """What an error says to a person."""
    return error.message if isinstance(error, Refusal) else " ".join(error.messages)


def _answer(view: View, request: HttpRequest, shown_at: str, *args: Any, **kwargs: Any) -> HttpResponse:
    try:
        return view(request, *args, **kwargs)
    except NotThere:
        if not request.user.is_authenticated:
            return HttpResponseRedirect(sign_in(request))
        return errors.not_found(request)
    except NotAllowed as error:
        return errors.forbidden(request, error)
    except DataError as error:
        # Whatever was not refused on its way in, and no column can hold (PostgreSQL takes no NUL).
        return errors.bad_request(request, error)
    except (Refusal, ValidationError) as error:
        if request.method != "POST":
            raise
        # A form that cannot be done changes nothing: the person is where they were, and is told why.
        messages.error(request, words_of(error))
        return back(request, shown_at)
