"""What is in files, over HTTP. The workspace sends it itself, so that a download ends with the right to it.

What people upload comes from the origin of the pages, where it must never be more than bytes: see `_headers` and
`_check_place`.
"""

from __future__ import annotations

import logging
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contract.grants import Act
from workspace.accounts import askers
from workspace.accounts.bearer import ReadByAccounts
from workspace.api.errors import Problem
from workspace.api.public import PublicView
from workspace.drive import media, names, ranges, service
from workspace.drive.errors import FileLost, NoSuchBytes, NotForPages, NotThatVersion
from workspace.drive.models import FileVersion
from workspace.drive.opened import Download, seats
from workspace.drive.ranges import Span
from workspace.drive.rights import OfAsker, OfToken, Right
from workspace.drive.store import NoObject
from workspace.grants import using
from workspace.grants.authentication import ScenarioView

logger = logging.getLogger(__name__)

#: Bytes that are read before anything is answered: what is not there can still be said in words.
BEGINNING = 1 << 18
#: What browsers say that they want a file for (`Sec-Fetch-Dest`) where they save it or a script reads it. Everything
#: else (`script`, `style`, `iframe`, `worker`…) would make it a part of a page.
_PLACES = frozenset({"", "document", "empty"})
_OF_OURS = frozenset({"", "none", "same-origin"})
_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'"
_PARAMETERS = [
    OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="One range of bytes (RFC 9110, 14.2)."),
    OpenApiParameter("If-Range", str, OpenApiParameter.HEADER, description="The `ETag` of what one has a part of."),
]
_ANSWERS = {
    (200, "application/octet-stream"): OpenApiTypes.BINARY,
    (206, "application/octet-stream"): OpenApiTypes.BINARY,
    304: OpenApiResponse(description="One has it (`If-None-Match`)."),
}
_LIKE_ALL = (
    "As an attachment under its name, whatever it is. The connection breaks off, before all of `Content-Length` has "
    "come, when the right to it is lost."
)


class _Bytes(APIView):
    """A view that answers bytes, or refuses in JSON whatever is accepted."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        """See `APIView.perform_content_negotiation`."""
        return JSONRenderer(), "application/json"


class DownloadView(_Bytes, ReadByAccounts, PublicView):
    """What is in a file."""

    @extend_schema(
        operation_id="files_download",
        description=_LIKE_ALL,
        parameters=[
            OpenApiParameter("version", int, description="Its number; without one, the current one."),
            *_PARAMETERS,
        ],
        responses=_ANSWERS,
    )
    def get(self, request: Request, file_id: UUID) -> HttpResponseBase:
        """What it is now, or was as that version, for whoever may read it."""
        _check_place(request)
        number = request.query_params.get("version", "")
        if number and not (number.isascii() and number.isdigit() and len(number) < 10):
            raise Problem(400, "invalid", _("A version is a number."))
        version = service.version(request.user, file_id, int(number) if number else None)
        asker = askers.of(request)
        return _answer(request, version, OfAsker(asker, request.user, version), asker.user)


class ContentView(_Bytes, ScenarioView):
    """What is in a file, by a READ token that names it."""

    http_method_names = ("get", "options")  # a HEAD would take a use

    @extend_schema(operation_id="files_content", description=_LIKE_ALL, parameters=_PARAMETERS, responses=_ANSWERS)
    def get(self, request: Request, file_id: UUID) -> HttpResponseBase:
        """What it is now. Each download takes one use, and ends with the token."""
        _check_place(request)
        use = using.ongoing(request, Act.READ, file_id)
        version = service.version(use.user, file_id)
        return _answer(request, version, OfToken(use, version), use.user.pk)


def _answer(request: Request, version: FileVersion, right: Right, account: UUID | None) -> HttpResponseBase:
    """The answer to whoever may read `version`; `account` is on whose behalf."""
    headers, asks = _headers(version), request.headers
    conditional = get_conditional_response(
        request._request,  # noqa: SLF001  # Django's own takes Django's own
        etag=headers["ETag"],
    )
    if conditional is not None and conditional.status_code == 412:
        raise NotThatVersion
    if conditional is not None:
        return HttpResponse(status=304, headers={"ETag": headers["ETag"], "Cache-Control": headers["Cache-Control"]})
    part = None
    if request.method == "GET":
        try:
            part = ranges.asked(asks.get("Range", ""), asks.get("If-Range", ""), version.size, headers["ETag"])
        except ranges.Unsatisfiable:
            return _no_such_bytes(version.size)
    span = part or Span(0, version.size - 1, version.size)
    headers["Content-Length"] = str(span.length)
    if part is not None:
        headers["Content-Range"] = part.content_range
    try:
        if request.method == "HEAD" or not version.size:
            service.store().head(version.key)
            return HttpResponse(headers=headers)
        return _download(version, span, right, account, headers, 200 if part is None else 206)
    except NoObject as error:
        logger.error("drive.file_lost file=%s version=%d error=%s", version.file_id, version.number, error)
        raise FileLost from error


def _download(
    version: FileVersion, span: Span, right: Right, account: UUID | None, headers: dict[str, str], status: int
) -> Download:
    seat = seats.take(account)
    try:
        beginning = service.store().part(version.key, span.first, min(span.length, BEGINNING))
        return Download(version.key, span, beginning, right, seat, headers, status)
    except BaseException:
        seat.give_back()
        raise


def _no_such_bytes(size: int) -> Response:
    """It says how many there are (RFC 9110, section 15.5.17)."""
    refused = NoSuchBytes()
    body = {"code": refused.code, "message": refused.message, "size": size}
    return Response(body, status=refused.status, headers={"Content-Range": f"bytes */{size}"})


def _headers(version: FileVersion) -> dict[str, str]:
    """What every answer about `version` says. A browser saves it and never shows it, takes its type at its word, and
    were it shown for all that, it would be in a sandbox: without scripts, and of no origin.
    """
    return {
        "Content-Type": media.sent_as(version.media_type),
        "Content-Disposition": names.attachment(version.file.item.title),
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Accept-Ranges": "bytes",
        "ETag": f'"{version.pk.hex}"',
        "Cache-Control": "private, no-store",
        "X-Accel-Buffering": "no",
    }


def _check_place(request: Request) -> None:
    """Refuse what would make a file a part of a page, of ours or of another site's (Fetch Metadata, W3C).

    A link from elsewhere that somebody follows is let in: it opens a download. Raises `NotForPages`.
    """
    place, site = request.headers.get("Sec-Fetch-Dest", ""), request.headers.get("Sec-Fetch-Site", "")
    if place not in _PLACES or (site not in _OF_OURS and place != "document"):
        raise NotForPages
