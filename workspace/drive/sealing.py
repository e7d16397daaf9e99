"""Sealed folders: Drive keeps ciphertext whose key stays in the room that it came from.

What is in one has no name and no type of its own here: both are content. Whoever still has the room's keys can have the
room's bridge bring it back there.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.utils.translation import gettext as _

from contract.resources import Kind
from workspace.accounts.models import User
from workspace.drive.errors import FolderNotEmpty, FolderNotSealed, FolderSealed
from workspace.drive.models import File, SealedFolder
from workspace.events import outbox
from workspace.sharing import doors, questions, tree
from workspace.sharing.models import Item, ItemAncestor
from workspace.sharing.roles import Role


def is_sealed(folder: Item | None) -> bool:
    """Whether `folder` is, by itself or with something above it."""
    if folder is None:
        return False
    above = ItemAncestor.objects.filter(item=folder).values("ancestor")
    return SealedFolder.objects.filter(item__in=above).exists()


def check(folder: Item | None, *, sealed: bool) -> None:
    """Raise `FolderSealed` or `FolderNotSealed` where what is (not) sealed may not go into `folder`."""
    if is_sealed(folder) and not sealed:
        raise FolderSealed
    if sealed and not is_sealed(folder):
        raise FolderNotSealed


def watch(item: Item, under: Collection[UUID], parent: Item | None) -> None:
    """A `tree.PlaceWatcher`: nothing that can be read comes under a sealed folder, and what is sealed stays it.

    Of a file that is being made there is no `File` yet: whoever makes it asks `check`. Raises `FolderSealed`.
    """
    if is_sealed(parent):
        others = Item.objects.filter(pk__in=under).exclude(kind__in=(Kind.FOLDER, Kind.FILE))
        if others.exists() or File.objects.filter(pk__in=under, sealed=False).exists():
            raise FolderSealed
    elif item.kind == Kind.FOLDER and is_sealed(item):
        # It was by what was above it: rooms that follow it would save in the clear from now on, and nobody said so.
        SealedFolder.objects.get_or_create(item=item)


def is_empty(folder: Item) -> bool:
    """Whether nothing is in `folder`, nor in the trash from there: only then it is sealed, or no longer."""
    return not Item.objects.filter(parent=folder).exists()


def may_change(folder: Item) -> bool:
    """Whether its owner can seal it, or no longer, here: it is empty, not in the trash, and sealed by nothing above."""
    return is_empty(folder) and not is_sealed(folder.parent) and not questions.in_trash([folder.pk])


def name_of(file_id: UUID) -> str:
    """What a sealed file is called."""
    return _("Sealed file %(short)s") % {"short": file_id.hex[:8]}


@outbox.in_turn
def set_sealed(actor: User, folder_id: UUID, *, sealed: bool) -> Item:
    """Seal a folder, or no longer, as its owner. Raises `FolderNotEmpty`."""
    folder = doors.open_item(actor, folder_id, Role.OWNER, Kind.FOLDER)
    tree.check_alive(folder)
    if SealedFolder.objects.filter(pk=folder.pk).exists() == sealed:
        return folder
    if not is_empty(folder):
        raise FolderNotEmpty
    if sealed:
        SealedFolder.objects.create(item=folder)
    else:
        SealedFolder.objects.filter(pk=folder.pk).delete()
    return folder
