"""A service saves a file for somebody, by a scenario token: `/api/v1.0/saves/`.

The token names the folder, and bounds size, type and time; the form that is signed for the store says the same, for one
object. It goes through the same handshake as a person's own upload (`drive.service`). If the person revokes between the
start and the finish, the finish is refused, in the transaction that would have made the file, and nothing is kept.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contract.grants import Act
from contract.resources import link
from workspace.accounts.api import MatrixIdField
from workspace.api.reading import read
from workspace.drive import media, service
from workspace.drive.api import DeclaredShape, NewVersion
from workspace.drive.models import File
from workspace.drive.store import UPLOAD_SECONDS
from workspace.grants import using
from workspace.grants.authentication import ScenarioView, presented
from workspace.grants.errors import Misuse
from workspace.sharing import titles


class NewSave(NewVersion):
    """The file that will be uploaded into the token's folder."""

    filename = serializers.CharField(max_length=1000)
    sealed = serializers.BooleanField(default=False, help_text="It is ciphertext: name and type are not kept.")
    sender = MatrixIdField(required=False, default="", help_text="Who sent it into the room.")


class SavedShape(serializers.Serializer[File]):
    """A file as it was saved, under the name that was free."""

    id = serializers.UUIDField(source="pk")
    title = serializers.CharField(source="item.title")
    media_type = serializers.CharField()
    size = serializers.IntegerField()
    url = serializers.SerializerMethodField()

    def get_url(self, file: File) -> str:
        """Where a person opens it."""
        return link(settings.PARVIS.url, file.item.resource)


class SavesView(ScenarioView):
    """Files that a service begins to save."""

    @extend_schema(operation_id="saves_start", request=NewSave, responses={201: DeclaredShape})
    def post(self, request: Request) -> Response:
        """Begin the upload of a file into the token's folder. It takes one use."""
        asked = read(NewSave, request)
        token = presented(request).token
        # One id for the upload and its file: to finish the one can never be to ask about another file.
        filename, upload = titles.clean(asked["filename"]), uuid4()
        sealed = asked["sealed"]
        media_type = media.UNKNOWN if sealed else service.declared_type(filename, asked["media_type"])
        user = using.use(
            request, Act.SAVE, item=token.target, size=asked["size"], media_type=media_type, reference=upload
        )
        declared = service.declare(
            user,
            filename=filename,
            size=asked["size"],
            media_type=media_type,
            parent_id=token.target,
            seconds=min(UPLOAD_SECONDS, max(1, int((token.expires_at - timezone.now()).total_seconds()))),
            file_id=upload,
            sealed=sealed,
            sender=asked["sender"],
        )
        form = {"id": str(declared.upload_id), "url": declared.form.url, "fields": declared.form.fields}
        return Response({"id": str(declared.file_id), "upload": form}, status=201)


class FinishView(ScenarioView):
    """The end of one."""

    @extend_schema(operation_id="saves_finish", request=None, responses=SavedShape)
    def post(self, request: Request, upload: UUID) -> Response:
        """Look at what arrived, and make it the file, if the person still allows it. Said twice, it is done once."""
        held = presented(request)
        try:
            with using.finishing(request, Act.SAVE, upload) as begun:
                file = service.publish(begun.user, upload, upload, still=begun.still)
        except Misuse as refused:
            if refused.code != "other_target":  # what this token did not begin is not its to end
                service.abandon(held.token.delegation.user, upload)
            raise
        return Response(SavedShape(file).data)
