"""Sealed folders: Drive keeps ciphertext whose key stays in the room that it came from.

What is in one has no name and no type of its own here: both are content. Whoever still has the room's keys can have the
room's bridge bring it back there.
"""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from contract.resources import Kind
from workspace.accounts.models import User
from workspace.drive.errors import FolderNotEmpty, FolderNotSealed, FolderSealed
from workspace.drive.models import SealedFolder
from workspace.events import outbox
from workspace.sharing import doors, tree
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
    if Item.objects.filter(parent=folder).exists():
        raise FolderNotEmpty
    if sealed:
        SealedFolder.objects.create(item=folder)
    else:
        SealedFolder.objects.filter(pk=folder.pk).delete()
    return folder
