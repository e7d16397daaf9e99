"""One shape for every refusal of the API: `{"code": …, "message": …, "fields": {…}}`, in the asker's language."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.db import DataError, OperationalError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from workspace.errors import NotFound, Refusal

logger = logging.getLogger(__name__)

_SOON = {"Retry-After": "2"}
_OWN: dict[int, tuple[str, Callable[[], str]]] = {
    status.HTTP_401_UNAUTHORIZED: ("not_signed_in", lambda: _("Sign in first.")),
    status.HTTP_403_FORBIDDEN: ("forbidden", lambda: _("You are not allowed to do this.")),
    status.HTTP_405_METHOD_NOT_ALLOWED: ("method_not_allowed", lambda: _("This cannot be done here.")),
    status.HTTP_415_UNSUPPORTED_MEDIA_TYPE: ("unsupported_media_type", lambda: _("Send JSON.")),
}


class Problem(exceptions.APIException):
    """A refusal with a code and words of its own."""

    def __init__(self, status_code: int, code: str, message: str, **more: Any) -> None:
        super().__init__(message, code)
        self.status_code = status_code
        self.code = code
        self.message = message
        self.more = more


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. What is not known here is a bug, and answers 500 by Django."""
    set_rollback()
    return _ours(error) or _frameworks(error)


def _ours(error: Exception) -> Response | None:
    match error:
        case Problem():
            return _answer(error.status_code, error.code, error.message, **error.more)
        case Refusal():
            return _answer(error.status, error.code, error.message, **error.more)
        case Http404() | exceptions.NotFound():
            return _answer(404, NotFound.code, NotFound().message)
        case ValidationError():
            return _answer(400, error.code or "invalid", " ".join(error.messages))
    return None


def _frameworks(error: Exception) -> Response | None:
    match error:
        case OperationalError():
            # The database is away or has no time: what asks again will find it.
            logger.error("api.database_unavailable error=%s", type(error).__name__)
            return _answer(503, "unavailable", _("This cannot be done now. Try again in a moment."), headers=_SOON)
        case exceptions.ValidationError():
            fields = error.detail if isinstance(error.detail, dict) else {"non_field_errors": error.detail}
            return _answer(400, "invalid", _("Some of this is not as it should be."), fields=fields)
        case DataError():
            # Whatever was not refused on its way in, and no column can hold.
            return _answer(400, "invalid", _("Some of this is not as it should be."))
        case RequestDataTooBig():
            limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            message = _("This is larger than %(limit)d MiB, which is the most that can be sent here.")
            return _answer(413, "too_large", message % {"limit": limit >> 20}, limit=limit)
        case exceptions.ParseError():
            return _answer(400, "unreadable", _("This is not JSON."))
        case exceptions.Throttled():
            headers = {"Retry-After": str(int(error.wait or 1))}  # type: ignore[attr-defined]  # the stubs forgot it
            return _answer(429, "too_many", _("Too many at once. Try again in a moment."), headers=headers)
        case PermissionDenied():
            return _answer(403, *_words(403))
        case exceptions.APIException():
            return _answer(error.status_code, *_words(error.status_code, error))
    return None


def _words(code: int, error: exceptions.APIException | None = None) -> tuple[str, str]:
    if code in _OWN:
        name, message = _OWN[code]
        return name, message()
    return (str(error.default_code), str(error.detail)) if error else ("refused", "")


def _answer(code: int, name: str, message: str, headers: dict[str, str] | None = None, **more: Any) -> Response:
    return Response({"code": name, "message": message, **more}, status=code, headers=headers)
