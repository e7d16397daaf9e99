"""Folders and files over HTTP: `/api/v1.0/folders/`, `/api/v1.0/files/`.

A file is uploaded in three steps: declare it here, post the form that comes back to the store (with the file as the
last field, `file`), then say here that it is `uploaded`. Only the last makes the file.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contract.resources import link
from workspace.accounts.asking import signed_in
from workspace.accounts.bearer import ReadByAccounts
from workspace.api.pages import PagedView
from workspace.api.public import PublicView
from workspace.api.reading import Body, read
from workspace.drive import sealing, service
from workspace.drive.models import File, FileVersion
from workspace.sharing import doors
from workspace.sharing.models import Item


class NewFolder(Body):
    """What makes a folder."""

    title = serializers.CharField(max_length=1000)
    parent = serializers.UUIDField(allow_null=True, default=None)  # type: ignore[assignment]  # its name in the API
    sealed = serializers.BooleanField(default=False, help_text="It takes only what rooms seal.")


class Sealing(Body):
    """Whether a folder is sealed."""

    sealed = serializers.BooleanField()


class FolderShape(serializers.Serializer[Item]):
    """A folder."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    url = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    sealed = serializers.SerializerMethodField()

    def get_sealed(self, item: Item) -> bool:
        return sealing.is_sealed(item)

    def get_url(self, item: Item) -> str:
        return link(settings.PARVIS.url, item.resource)


class NewVersion(Body):
    """What will be uploaded: its size in bytes, and its type (without one, the name says it)."""

    size = serializers.IntegerField(min_value=0)
    media_type = serializers.CharField(max_length=255, allow_blank=True, default="")


class NewFile(NewVersion):
    """What makes a file."""

    filename = serializers.CharField(max_length=1000)
    parent = serializers.UUIDField(allow_null=True, default=None)  # type: ignore[assignment]  # its name in the API


class DeclaredShape(serializers.Serializer[Any]):
    """An upload that may begin. `id` is the file's."""

    id = serializers.UUIDField()
    upload = serializers.DictField(help_text="`id` of the upload, `url`, and `fields` to post before the file.")


class UploadedShape(Body):
    """Which upload came to its end; without one, the asker's latest of this file."""

    upload = serializers.UUIDField(required=False)


class FileShape(serializers.Serializer[File]):
    """A file as it is now."""

    id = serializers.UUIDField(source="pk")
    title = serializers.CharField(source="item.title")
    media_type = serializers.CharField()
    size = serializers.IntegerField()
    version = serializers.IntegerField(source="current.number")
    author = serializers.CharField(source="current.author.name", default=None)
    sender = serializers.CharField(source="current.sender", help_text="Who sent it into a room, if it was saved there.")
    sealed = serializers.BooleanField(help_text="It is ciphertext, whose key is in the room that it came from.")
    role = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(source="item.created_at")
    updated_at = serializers.DateTimeField(source="item.updated_at")

    def get_role(self, file: File) -> str:
        role = doors.role_on(self.context["request"].user, file.pk)
        return role.word if role else "reader"

    def get_url(self, file: File) -> str:
        return link(settings.PARVIS.url, file.item.resource)


class FileVersionShape(serializers.Serializer[FileVersion | list[FileVersion]]):
    """A version of a file."""

    number = serializers.IntegerField()
    size = serializers.IntegerField()
    media_type = serializers.CharField()
    author = serializers.CharField(source="author.name", default=None)
    created_at = serializers.DateTimeField()


class FoldersView(APIView):
    """New folders."""

    @extend_schema(request=NewFolder, responses={201: FolderShape})
    def post(self, request: Request) -> Response:
        """Make a folder, in the folder `parent` or among one's own."""
        asked = read(NewFolder, request)
        folder = service.create_folder(
            signed_in(request), title=asked["title"], parent_id=asked["parent"], sealed=asked["sealed"]
        )
        return Response(FolderShape(folder).data, status=201)


class SealedView(APIView):
    """Whether a folder is sealed."""

    @extend_schema(request=Sealing, responses=FolderShape)
    def put(self, request: Request, folder_id: UUID) -> Response:
        """Seal a folder of one's own, or no longer, while it is empty."""
        folder = sealing.set_sealed(signed_in(request), folder_id, sealed=read(Sealing, request)["sealed"])
        return Response(FolderShape(folder).data)


class FilesView(APIView):
    """New files."""

    @extend_schema(request=NewFile, responses={201: DeclaredShape})
    def post(self, request: Request) -> Response:
        """Begin an upload, into the folder `parent` or among one's own."""
        asked = read(NewFile, request)
        declared = service.declare(
            signed_in(request),
            filename=asked["filename"],
            size=asked["size"],
            media_type=asked["media_type"],
            parent_id=asked["parent"],
        )
        return _declared(declared)


class FileView(ReadByAccounts, PublicView):
    """One file."""

    @extend_schema(responses=FileShape)
    def get(self, request: Request, file_id: UUID) -> Response:
        """The file as it is now."""
        return _file(request, service.read(request.user, file_id))


class UploadedView(APIView):
    """The end of an upload."""

    @extend_schema(request=UploadedShape, responses=FileShape)
    def post(self, request: Request, file_id: UUID) -> Response:
        """Look at what arrived, and make it the file or its new version. Said twice, it is done once."""
        asked = read(UploadedShape, request)
        file = service.publish(signed_in(request), file_id, asked.get("upload"))
        return _file(request, file)


class FileVersionsView(PublicView, PagedView):
    """The versions of a file."""

    @extend_schema(responses=FileVersionShape(many=True))
    def get(self, request: Request, file_id: UUID) -> Response:
        """Every upload that was published, latest first."""
        uploads = service.versions(request.user, file_id)
        return self.page_of(uploads, lambda page: FileVersionShape(page, many=True).data)

    @extend_schema(request=NewVersion, responses={201: DeclaredShape})
    def post(self, request: Request, file_id: UUID) -> Response:
        """Begin the upload of a new version."""
        asked = read(NewVersion, request)
        declared = service.declare_version(
            signed_in(request), file_id, size=asked["size"], media_type=asked["media_type"]
        )
        return _declared(declared)


def _file(request: Request, file: File) -> Response:
    return Response(FileShape(file, context={"request": request}).data)


def _declared(declared: service.Declared) -> Response:
    upload = {"id": str(declared.upload_id), "url": declared.form.url, "fields": declared.form.fields}
    return Response({"id": str(declared.file_id), "upload": upload}, status=201)
