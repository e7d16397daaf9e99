"""Documents over HTTP: `/api/v1.0/documents/`. Whoever saves sends back the ETag that they read, as `If-Match`."""

from __future__ import annotations

import re
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contract.resources import link
from workspace.accounts.asking import signed_in
from workspace.accounts.bearer import ReadByAccounts
from workspace.api.errors import Problem
from workspace.api.pages import PagedView
from workspace.api.public import PublicView
from workspace.api.reading import Body, read
from workspace.docs import service
from workspace.docs.models import Document, DocumentVersion
from workspace.sharing import doors

_ETAG = re.compile(r'(?:W/)?"(\d{1,9})"')
_IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True, description='The ETag that was read, as `"3"`.'
)
_CONFLICT = OpenApiResponse(description="Somebody saved in between: `current` says at which version it is, and whose.")


class NewDocument(Body):
    """What makes a document."""

    title = serializers.CharField(max_length=1000)
    content = serializers.CharField(allow_blank=True, trim_whitespace=False, default="")
    parent = serializers.UUIDField(allow_null=True, default=None)  # type: ignore[assignment]  # its name in the API


class DocumentChange(Body):
    """What changes a document: a title, a text, or both."""

    title = serializers.CharField(max_length=1000, required=False)
    content = serializers.CharField(allow_blank=True, trim_whitespace=False, required=False)


class DocumentBrief(serializers.Serializer[Document | list[Document]]):
    """A document in a list."""

    id = serializers.UUIDField(source="pk")
    title = serializers.CharField(source="item.title")
    version = serializers.IntegerField()
    url = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(source="item.created_at")
    updated_at = serializers.DateTimeField(source="item.updated_at")

    def get_url(self, document: Document) -> str:
        return link(settings.PARVIS.url, document.item.resource)


class DocumentFull(DocumentBrief):
    """A document as it is now, and the asker's role on it."""

    content = serializers.CharField()
    role = serializers.SerializerMethodField()

    def get_role(self, document: Document) -> str:
        role = doors.role_on(self.context["request"].user, document.pk)
        return role.word if role else "reader"


class VersionBrief(serializers.Serializer[DocumentVersion | list[DocumentVersion]]):
    """A version in a list."""

    number = serializers.IntegerField()
    title = serializers.CharField()
    author = serializers.CharField(source="author.name", default=None)
    created_at = serializers.DateTimeField()


class VersionFull(VersionBrief):
    """A version with its text."""

    content = serializers.CharField()


class DocumentsView(PagedView):
    """The documents of the asker, and new ones."""

    @extend_schema(responses=DocumentBrief(many=True))
    def get(self, request: Request) -> Response:
        """The documents that the asker has an access to, latest first."""
        return self.page_of(service.mine(signed_in(request)), lambda page: DocumentBrief(page, many=True).data)

    @extend_schema(request=NewDocument, responses={201: DocumentFull})
    def post(self, request: Request) -> Response:
        """Make a document, in the folder `parent` or among one's own."""
        asked = read(NewDocument, request)
        document = service.create(
            signed_in(request), title=asked["title"], content=asked["content"], parent_id=asked["parent"]
        )
        return _document(request, document, 201)


class DocumentView(ReadByAccounts, PublicView):
    """One document."""

    @extend_schema(responses=DocumentFull)
    def get(self, request: Request, document_id: UUID) -> Response:
        """The document as it is now; its version is the ETag."""
        return _document(request, service.read(request.user, document_id))

    @extend_schema(request=DocumentChange, responses={200: DocumentFull, 412: _CONFLICT}, parameters=[_IF_MATCH])
    def patch(self, request: Request, document_id: UUID) -> Response:
        """Save on top of the version in `If-Match`."""
        asked = read(DocumentChange, request)
        document = service.update(
            signed_in(request),
            document_id,
            based_on=_based_on(request),
            title=asked.get("title"),
            content=asked.get("content"),
        )
        return _document(request, document)


class VersionsView(PublicView, PagedView):
    """The versions of a document."""

    @extend_schema(responses=VersionBrief(many=True))
    def get(self, request: Request, document_id: UUID) -> Response:
        """Every save, latest first."""
        saves = service.versions(request.user, document_id)
        return self.page_of(saves, lambda page: VersionBrief(page, many=True).data)


class VersionView(PublicView):
    """One version of a document."""

    @extend_schema(responses=VersionFull)
    def get(self, request: Request, document_id: UUID, number: int) -> Response:
        """What the document was after that save."""
        return Response(VersionFull(service.version(request.user, document_id, number)).data)


class RestoreView(APIView):
    """An earlier version, brought back."""

    @extend_schema(request=None, responses={200: DocumentFull, 412: _CONFLICT})
    def post(self, request: Request, document_id: UUID, number: int) -> Response:
        """Save that version's title and text as a new version. `If-Match` is heeded where it is sent."""
        based_on = _based_on(request) if request.headers.get("If-Match") else None
        document = service.restore(signed_in(request), document_id, number, based_on=based_on)
        return _document(request, document)


def _document(request: Request, document: Document, status: int = 200) -> Response:
    body = DocumentFull(document, context={"request": request}).data
    return Response(body, status=status, headers={"ETag": f'"{document.version}"'})


def _based_on(request: Request) -> int | None:
    """The version in `If-Match`; None for `*`, which is any."""
    header = request.headers.get("If-Match", "").strip()
    if not header:
        message = _("Say which version you have changed: send its ETag as If-Match.")
        raise Problem(428, "precondition_required", message)
    if header == "*":
        return None
    found = _ETAG.fullmatch(header)
    if found is None:
        raise Problem(400, "if_match_unreadable", _('If-Match is the ETag of a document, such as "3".'))
    return int(found[1])
