"""What can be done with folders and files, for the API and the pages alike. Each function takes who does it and checks.

An upload is a handshake. `declare` signs a form for one object of one size and type; the browser posts it to the
store; `publish` looks at what arrived, and only then there is a file, or a new version of one, and an event about it.
What was looked at is a copy that only the workspace can write: the form can be used again, to no effect.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from contract.resources import Kind
from workspace.accounts.models import User
from workspace.drive import media, names, sealing
from workspace.drive.errors import (
    FileTooLarge,
    FolderSealed,
    MediaTypeUnreadable,
    NotUploaded,
    UploadError,
    UploadMismatch,
    UploadMistyped,
)
from workspace.drive.models import Discarded, File, FileVersion, SealedFolder, Upload
from workspace.drive.store import UPLOAD_SECONDS, Form, NoObject, Store, StoreConfig, Stored
from workspace.drive.tidy import PUBLISHED_WITHIN, discard, note
from workspace.errors import Refusal
from workspace.events import outbox
from workspace.sharing import doors, titles, tree, who
from workspace.sharing.errors import NotThere
from workspace.sharing.models import Item
from workspace.sharing.roles import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

logger = logging.getLogger(__name__)


class Still(Protocol):
    """Raises where what arrived, of that size in bytes and that type in truth, may not be made a file after all."""

    def __call__(self, *, size: int, media_type: str) -> None:
        """See `publish`."""


@dataclass(frozen=True)
class Declared:
    """An upload that may begin: the file that it will be (or be a version of), and what the browser posts."""

    file_id: UUID
    upload_id: UUID
    form: Form


@dataclass(frozen=True)
class _Copy:
    """What one attempt to publish made of what arrived: where only the workspace writes, and what it is in truth."""

    key: str
    stored: Stored
    media_type: str


@cache
def store() -> Store:
    """The configured store."""
    parvis = settings.PARVIS
    url = urlsplit(parvis.url)
    return Store(
        StoreConfig(
            url=parvis.s3_url,
            bucket=parvis.s3_bucket,
            access_key=parvis.secret("s3_access_key"),
            secret_key=parvis.secret("s3_secret_key"),
            origin=f"{url.scheme}://{url.netloc}",
        )
    )


@outbox.in_turn
def create_folder(actor: User, *, title: str, parent_id: UUID | None = None, sealed: bool = False) -> Item:
    """A new folder of `actor`, in another that they may edit or among their own, `sealed` from the beginning on."""
    parent = _folder(actor, parent_id)
    title = _free(titles.clean(title), actor, parent)
    folder = tree.create_item(Kind.FOLDER, title, parent, actor)
    if sealed:
        SealedFolder.objects.create(item=folder)
    return folder


def declare(
    actor: User,
    *,
    filename: str,
    size: int,
    media_type: str,
    parent_id: UUID | None = None,
    seconds: int = UPLOAD_SECONDS,
    file_id: UUID | None = None,
    sealed: bool = False,
    sender: str = "",
) -> Declared:
    """Begin the upload of a new file into a folder that `actor` may edit, or among their own.

    The store takes it for so many seconds. `file_id` is what the file and this upload will be known by, where the
    caller must know it before; `sender` is the Matrix id of who sent it into a room. Of a `sealed` one nothing that is
    declared is kept but its size. Raises `FileTooLarge`, `MediaTypeUnreadable`, `FolderSealed`, `FolderNotSealed`, and
    `NotPossible` where the folder takes nothing.
    """
    parent = _folder(actor, parent_id)
    if parent is not None:
        tree.check_holds(parent)
    sealing.check(parent, sealed=sealed)
    upload_id = file_id or uuid4()
    file_id = file_id or uuid4()
    upload = Upload(
        id=upload_id,
        file_id=file_id,
        parent=parent,
        filename=sealing.name_of(file_id) if sealed else titles.clean(filename),
        sealed=sealed,
        sender=sender,
        author=actor,
    )
    return _declare(upload, size, media.UNKNOWN if sealed else media_type, seconds)


def declare_version(actor: User, file_id: UUID, *, size: int, media_type: str) -> Declared:
    """Begin the upload of a new version of a file that `actor` may edit. Raises what `declare` does."""
    item = doors.open_item(actor, file_id, Role.EDITOR, Kind.FILE)
    tree.check_alive(item)
    if File.objects.filter(pk=item.pk, sealed=True).exists():
        raise FolderSealed
    upload = Upload(file_id=item.pk, parent=None, filename=item.title, author=actor)
    return _declare(upload, size, media_type, UPLOAD_SECONDS)


def declared_type(filename: str, said: str) -> str:
    """The media type that an upload of that name is taken for. Raises `MediaTypeUnreadable`."""
    try:
        return media.declared(filename, said)
    except media.BadMediaType as error:
        raise MediaTypeUnreadable from error


def publish(actor: User, file_id: UUID, upload_id: UUID | None = None, *, still: Still | None = None) -> File:
    """Take what was uploaded: look at it, and make it the file, or its new version. To say it twice is to say it once.

    Without an `upload_id` it is the actor's latest upload for that file. `still` is asked in the transaction that makes
    the file whether it may be made: what it raises is raised, and there is no file. Raises `NotUploaded`,
    `UploadMismatch`, `UploadMistyped`, `NotPossible` where the folder or the file is in the trash, and `NotThere` where
    the actor has no such upload.
    """
    upload = _upload(actor, file_id, upload_id)
    if upload is None:
        # It was published before, and the answer got lost on its way.
        return read(actor, file_id)
    _may_still(actor, upload)
    try:
        copy = _checked(upload)
    except UploadError:
        if FileVersion.objects.filter(pk=upload.pk).exists():
            # Another attempt was quicker, and what arrived went with it.
            return read(actor, file_id)
        raise
    try:
        file = _published(actor, upload, copy, still)
    except Refusal:
        discard(store(), [copy.key])
        raise
    discard(store(), [upload.incoming_key] if file else [upload.incoming_key, copy.key])
    return file or read(actor, file_id)


def abandon(actor: User, upload_id: UUID) -> None:
    """An upload of `actor` will not be published: what arrived of it goes, now or when the store is tidied."""
    upload = Upload.objects.filter(pk=upload_id, author=actor).first()
    if upload is not None and Upload.objects.filter(pk=upload_id).delete()[0]:
        discard(store(), [upload.incoming_key])


def read(actor: User | AnonymousUser, file_id: UUID) -> File:
    """The file as it is now."""
    item = doors.open_item(actor, file_id, Role.READER, Kind.FILE)
    file = File.objects.select_related("item", "current", "current__author").filter(pk=item.pk).first()
    if file is None:
        raise NotThere
    return file


def versions(actor: User | AnonymousUser, file_id: UUID) -> QuerySet[FileVersion]:
    """Every upload that was published, latest first. Who reads by the link alone is shown the latest alone."""
    return _shown(actor, doors.open_item(actor, file_id, Role.READER, Kind.FILE)).select_related("author")


def version(actor: User | AnonymousUser, file_id: UUID, number: int | None = None) -> FileVersion:
    """What the file is now, or was as that version, with the file and its item. Its contents are `downloads`'.

    Raises `NotThere` for an earlier version where `actor` reads by the link alone.
    """
    item = doors.open_item(actor, file_id, Role.READER, Kind.FILE)
    wanted = Q(pk=F("file__current")) if number is None else Q(number=number)
    found = _shown(actor, item).filter(wanted).select_related("file__item").first()
    if found is None:
        raise NotThere
    return found


def content_for(actor: User, file_id: UUID) -> dict[str, Any]:
    """For `grants`: where a token that reads gets what the file is now, its type, and its size in bytes."""
    file = read(actor, file_id)
    where = settings.PARVIS.url.rstrip("/") + reverse("file-content", args=[file_id])
    return {"download": where, "media_type": file.media_type, "size": file.size}


def _shown(actor: User | AnonymousUser, item: Item) -> QuerySet[FileVersion]:
    """What a link opens is what there is now, and nothing of what was there before."""
    uploads = FileVersion.objects.filter(file_id=item.pk)
    return uploads if who.has_access(actor, item) else uploads.filter(pk=F("file__current"))


def _declare(upload: Upload, size: int, said: str, seconds: int) -> Declared:
    if size > settings.PARVIS.max_upload_bytes:
        raise FileTooLarge(settings.PARVIS.max_upload_bytes)
    upload.size, upload.media_type = size, declared_type(upload.filename, said)
    form = store().form(upload.incoming_key, size=size, media_type=upload.media_type, seconds=seconds)
    upload.save(force_insert=True)
    return Declared(upload.file_id, upload.pk, form)


def _upload(actor: User, file_id: UUID, upload_id: UUID | None) -> Upload | None:
    mine = Upload.objects.filter(file_id=file_id, author=actor)
    if upload_id is not None:
        mine = mine.filter(pk=upload_id)
    return mine.select_related("parent").order_by("-created_at").first()


def _may_still(actor: User, upload: Upload) -> None:
    """Rights may have gone since the upload was declared."""
    if Item.objects.filter(pk=upload.file_id).exists():
        doors.open_item(actor, upload.file_id, Role.EDITOR, Kind.FILE)
    else:
        sealing.check(_folder(actor, upload.parent_id), sealed=upload.sealed)


def _checked(upload: Upload) -> _Copy:
    """Copy what arrived out of its sender's reach, and look at it there."""
    objects, key = store(), upload.new_final_key()
    try:
        arrived = objects.head(upload.incoming_key)
        note([key], timezone.now() + PUBLISHED_WITHIN)
        objects.copy(upload.incoming_key, key, etag=arrived.etag)
    except NoObject as error:
        raise NotUploaded from error
    stored = objects.head(key)
    if (stored.size, stored.media_type) != (upload.size, upload.media_type):
        _refuse(upload, key)
        raise UploadMismatch
    head = objects.beginning(key, media.HEAD_BYTES) if stored.size else b""
    try:
        media_type = media.settled(upload.filename, upload.media_type, head)
    except media.MistypedFile as error:
        _refuse(upload, key)
        raise UploadMistyped from error
    return _Copy(key, stored, media_type)


def _refuse(upload: Upload, key: str) -> None:
    logger.warning("drive.upload_refused upload=%s file=%s", upload.pk, upload.file_id)
    Upload.objects.filter(pk=upload.pk).delete()
    discard(store(), [upload.incoming_key, key])


@outbox.in_turn
def _published(actor: User, upload: Upload, copy: _Copy, still: Still | None) -> File | None:
    """Make the copy the file, or its new version. None where another attempt at this upload was quicker."""
    if still is not None:
        still(size=copy.stored.size, media_type=copy.media_type)
    if not Upload.objects.filter(pk=upload.pk).delete()[0]:
        return None
    if not Discarded.objects.filter(key=copy.key).delete()[0]:
        raise NotUploaded  # it took so long that the copy was tidied away
    file = File.objects.select_related("item").filter(pk=upload.file_id).first()
    new = file is None
    if file is None:
        title = _free(upload.filename, actor, upload.parent)
        item = tree.create_item(Kind.FILE, title, upload.parent, actor, upload.file_id)
        sealing.check(upload.parent, sealed=upload.sealed)
        file = File.objects.create(item=item, media_type=copy.media_type, size=copy.stored.size, sealed=upload.sealed)
    last = file.versions.order_by("-number").values_list("number", flat=True).first() or 0
    file.current = FileVersion.objects.create(
        id=upload.pk,
        file=file,
        number=last + 1,
        key=copy.key,
        etag=copy.stored.etag,
        size=copy.stored.size,
        media_type=copy.media_type,
        sender=upload.sender,
        author=actor,
    )
    file.media_type, file.size = copy.media_type, copy.stored.size
    file.save()
    if not new:
        tree.touch(file.item)
    tree.announce(file.item, "created" if new else "updated", actor, version=last + 1)
    return file


def _folder(actor: User, folder_id: UUID | None) -> Item | None:
    return None if folder_id is None else doors.open_item(actor, folder_id, Role.EDITOR, Kind.FOLDER)


def _free(name: str, actor: User, parent: Item | None) -> str:
    """`name`, or what it is called where there is one of that name: a folder may hold very many of others."""
    there = Item.objects.filter(parent=parent, trashed_at__isnull=True, title__istartswith=names.beginning(name))
    if parent is None:
        there = there.filter(creator=actor)
    return names.free(name, set(there.values_list("title", flat=True)))
