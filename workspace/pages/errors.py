"""The pages for what went wrong: plain words, what to do now, and nothing of what is inside."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext

_API = "/api/"


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400, or 413 for what is larger than any request may be."""
    if isinstance(exception, RequestDataTooBig):
        return _too_large(request)
    return _answer(request, HTTPStatus.BAD_REQUEST, "bad_request", gettext("This request cannot be understood."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: it may be read, but not this."""
    return _answer(request, HTTPStatus.FORBIDDEN, "not_allowed", gettext("You may not do this here."))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: it is not there, or must not be known to be."""
    return _answer(request, HTTPStatus.NOT_FOUND, "not_found", gettext("There is nothing here, or it is not for you."))


def broken(request: HttpRequest) -> HttpResponse:
    """500. Rendered without a request: whatever broke may be what the frame of a page would ask."""
    if request.path.startswith(_API):
        return _json(HTTPStatus.INTERNAL_SERVER_ERROR, "broken", gettext("Something broke on our side. Try again."))
    return HttpResponse(render_to_string("500.html"), status=HTTPStatus.INTERNAL_SERVER_ERROR)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that did not come from a page of ours, or from one that was open for too long."""
    if request.path.startswith(_API):
        return _json(HTTPStatus.FORBIDDEN, "csrf_failed", gettext("The page is too old. Load it again."))
    return render(request, "403_form.html", status=HTTPStatus.FORBIDDEN)


def _too_large(request: HttpRequest) -> HttpResponse:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE >> 20
    message = gettext("This is larger than %(limit)d MiB, which is the most that can be sent here.") % {"limit": limit}
    return _answer(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", message)


def _answer(request: HttpRequest, status: HTTPStatus, code: str, message: str) -> HttpResponse:
    if request.path.startswith(_API):
        return _json(status, code, message)
    return render(request, f"{status.value}.html", {"message": message}, status=status)


def _json(status: HTTPStatus, code: str, message: str) -> JsonResponse:
    return JsonResponse({"code": code, "message": message}, status=status)
