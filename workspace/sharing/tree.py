"""Every change of the tree and of accesses, each with its event, both or neither.

The caller has opened the items through `doors` with the role that the change needs; what is checked here are the rules
of the tree itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from contract.events import Event, EventType
from contract.ids import ItemId, Sub
from contract.resources import Kind
from workspace.accounts import service_accounts
from workspace.events import outbox
from workspace.sharing import questions, titles
from workspace.sharing.errors import NotPossible
from workspace.sharing.models import Access, Item, ItemAncestor, Team
from workspace.sharing.roles import LinkReach, Role

if TYPE_CHECKING:
    from workspace.accounts.models import User

#: Deeper than anybody files, and a bound on what a move rewrites.
MAX_DEPTH = 20

_SAID = {
    Kind.DOCUMENT: {
        "created": EventType.DOCUMENT_CREATED,
        "updated": EventType.DOCUMENT_UPDATED,
        "shared": EventType.DOCUMENT_SHARED,
        "trashed": EventType.DOCUMENT_TRASHED,
        "restored": EventType.DOCUMENT_RESTORED,
    },
    Kind.FOLDER: {
        "created": EventType.FOLDER_CREATED,
        "updated": EventType.FOLDER_UPDATED,
        "shared": EventType.FOLDER_SHARED,
        "trashed": EventType.FOLDER_TRASHED,
        "restored": EventType.FOLDER_RESTORED,
    },
    Kind.FILE: {
        "updated": EventType.FILE_UPDATED,
        "shared": EventType.FILE_SHARED,
        "trashed": EventType.FILE_TRASHED,
        "restored": EventType.FILE_RESTORED,
        "created": EventType.FILE_UPLOADED,
    },
}

_renamers: dict[Kind, Callable[[User, UUID, str], object]] = {}
_purge_watchers: list[Callable[[Collection[UUID]], None]] = []

#: What is told that an item, with all that is under it (the ids, itself among them), comes under a folder, or to the
#: root. It raises a `Refusal` where that may not be.
PlaceWatcher = Callable[[Item, Collection[UUID], Item | None], None]
_place_watchers: list[PlaceWatcher] = []


def path_of(item_id: UUID) -> tuple[ItemId, ...]:
    """The ids from the root down to the item, the item last."""
    ids = ItemAncestor.objects.filter(item=item_id).order_by("-depth").values_list("ancestor_id", flat=True)
    return tuple(ItemId(id_) for id_ in ids)


def announce(item: Item, what: str, actor: User | None, **extra: str | int | bool) -> None:
    """Emit that `what` (`created`, `updated`, `shared`, `trashed`, `restored`) happened to `item`."""
    kind = Kind(item.kind)
    outbox.emit(
        Event.now(
            _SAID[kind][what],
            kind.application,
            item.resource.name,
            actor=sub_of(actor),
            path=path_of(item.pk),
            extra=extra or None,
        )
    )


@outbox.in_turn
def create_item(kind: Kind, title: str, parent: Item | None, creator: User, id: UUID | None = None) -> Item:  # noqa: A002
    """A new item, under `id` where its application gave one before; its creator owns it if it is at the root.

    A folder is announced here; a document or a file by its application, once its content is there.
    """
    if parent is not None:
        check_holds(parent)
    item = Item.objects.create(
        pk=id or uuid.uuid4(), kind=kind, title=titles.clean(title), parent=parent, creator=creator
    )
    above = ItemAncestor.objects.filter(item=parent).values_list("ancestor_id", "depth") if parent else []
    ItemAncestor.objects.bulk_create(
        [ItemAncestor(item=item, ancestor=item, depth=0)]
        + [ItemAncestor(item=item, ancestor_id=ancestor, depth=depth + 1) for ancestor, depth in above]
    )
    _comes(item, [item.pk], parent)
    if parent is None:
        Access.objects.create(item=item, user=creator, role=Role.OWNER, granted_by=creator)
    if kind is Kind.FOLDER:
        announce(item, "created", creator)
    return item


@outbox.in_turn
def rename_item(actor: User, item: Item, title: str) -> None:
    """Give `item` another title. Where titles are part of what an application keeps, that does it, as it saves."""
    renamer = _renamers.get(Kind(item.kind))
    if renamer is not None:
        renamer(actor, item.pk, title)
        item.refresh_from_db(fields=["title", "updated_at"])
        return
    touch(item, title)
    announce(item, "updated", actor, change="title")


def rename_by(kind: Kind, renamer: Callable[[User, UUID, str], object]) -> None:
    """Have `renamer` give items of `kind` their titles."""
    _renamers[kind] = renamer


def touch(item: Item, title: str | None = None) -> None:
    """Say that `item` changed now, and its title where there is another one. Whoever calls announces it.

    Everything that changes what somebody would read goes through here. Raises `NotPossible` in the trash.
    """
    check_alive(item)
    if title is not None:
        item.title = titles.clean(title)
    item.updated_at = timezone.now()
    item.save(update_fields=["title", "updated_at"])


@outbox.in_turn
def move_item(actor: User, item: Item, parent: Item | None) -> None:
    """Hang `item`, with all that is under it, under `parent` (None: at the root).

    Raises `NotPossible`, and what a `PlaceWatcher` does. What is in the trash by itself is restored first; what is
    there with a folder can be taken out of that.
    """
    if Item.objects.filter(pk=item.pk, trashed_at__isnull=False).exists():
        raise _in_trash()
    if parent is not None:
        check_holds(parent)
        if ItemAncestor.objects.filter(item=parent, ancestor=item).exists():
            raise NotPossible("cycle", _("A folder cannot be moved into itself."))
    branch = list(ItemAncestor.objects.filter(ancestor=item).values_list("item_id", "depth"))
    above = list(ItemAncestor.objects.filter(item=parent).values_list("ancestor_id", "depth")) if parent else []
    if above and branch and max(d for _i, d in branch) + max(d for _a, d in above) + 1 >= MAX_DEPTH:
        raise _too_deep()
    under = [item_id for item_id, _depth in branch]
    _comes(item, under, parent)
    ItemAncestor.objects.filter(item__in=under).exclude(ancestor__in=under).delete()
    ItemAncestor.objects.bulk_create(
        ItemAncestor(item_id=below, ancestor_id=ancestor, depth=down + up + 1)
        for below, down in branch
        for ancestor, up in above
    )
    item.parent = parent
    item.save(update_fields=["parent"])
    if parent is None and not item.accesses.filter(role=Role.OWNER).exists():
        Access.objects.update_or_create(item=item, user=actor, defaults={"role": Role.OWNER, "granted_by": actor})
    outbox.emit(
        Event.now(EventType.ITEM_MOVED, "sharing", item.resource.name, actor=sub_of(actor), path=path_of(item.pk))
    )


@outbox.in_turn
def trash_item(actor: User, item: Item) -> None:
    """Put `item`, with all that is under it, in the trash. In the trash already: nothing happens."""
    if not Item.objects.filter(pk=item.pk, trashed_at=None).update(trashed_at=timezone.now()):
        return
    item.refresh_from_db(fields=["trashed_at"])
    announce(item, "trashed", actor)


@outbox.in_turn
def restore_item(actor: User, item: Item) -> None:
    """Take `item` out of the trash; to the root, if what held it is in the trash or gone.

    Raises what a `PlaceWatcher` does.
    """
    if not Item.objects.filter(pk=item.pk, trashed_at__isnull=False).update(trashed_at=None):
        return
    item.refresh_from_db()
    if ItemAncestor.objects.filter(item=item, ancestor__trashed_at__isnull=False).exists():
        move_item(actor, item, None)
    else:
        _comes(item, list(ItemAncestor.objects.filter(ancestor=item).values_list("item_id", flat=True)), item.parent)
    announce(item, "restored", actor)


@outbox.in_turn
def purge_item(root: UUID, trashed_before: datetime) -> int:
    """Delete for good what went into the trash before then, with all that is under it. Answers how many items went."""
    if not Item.objects.filter(pk=root, trashed_at__lt=trashed_before).exists():
        return 0  # it was restored in the meantime, or went with what held it
    under = list(ItemAncestor.objects.filter(ancestor_id=root).values_list("item_id", flat=True))
    for watcher in _purge_watchers:
        watcher(under)
    Item.objects.filter(pk__in=under).delete()
    return len(under)


def watch_purges(watcher: Callable[[Collection[UUID]], None]) -> None:
    """Have `watcher` called in each transaction that deletes items for good, before they go, with their ids."""
    _purge_watchers.append(watcher)


def watch_places(watcher: PlaceWatcher) -> None:
    """Have `watcher` called in each transaction that makes, moves or restores something, before it is there."""
    _place_watchers.append(watcher)


def _comes(item: Item, under: Collection[UUID], parent: Item | None) -> None:
    for watcher in _place_watchers:
        watcher(item, under, parent)


@outbox.in_turn
def grant(actor: User | None, item: Item, role: Role, *, user: User | None = None, team: Team | None = None) -> Access:
    """Give `user` or `team` the role on `item`, or change it.

    Raises `NotPossible` in the trash, where only owners read and so only another one can be made, and if no owner would
    remain.
    """
    if role is not Role.OWNER:
        check_alive(item)
    if team is not None and role is Role.OWNER:
        raise NotPossible("team_owner", _("A team or a room cannot own something: it may become empty."))
    if user is not None and role is Role.OWNER and service_accounts.is_one(user):
        raise NotPossible("service_owner", _("A service account cannot own something: nobody answers for it."))
    existing = item.accesses.filter(user=user, team=team).first()
    if existing and existing.role == Role.OWNER and role != Role.OWNER:
        _check_owner_remains(existing)
    access, _created = Access.objects.update_or_create(
        item=item, user=user, team=team, defaults={"role": role, "granted_by": actor}
    )
    if existing is None or role > existing.role:
        announce(item, "shared", actor)
    _access_changed(item, actor, "access")
    return access


@outbox.in_turn
def revoke(actor: User | None, access: Access) -> None:
    """Take an access away. Raises `NotPossible` if no owner would remain."""
    if access.role == Role.OWNER:
        _check_owner_remains(access)
    item = access.item
    access.delete()
    _access_changed(item, actor, "access")


@outbox.in_turn
def dissolve(actor: User | None, team: Team) -> None:
    """Nobody has anything by `team` any more, and it is gone."""
    for access in Access.objects.filter(team=team).select_related("item"):
        revoke(actor, access)
    team.delete()


@outbox.in_turn
def set_link(actor: User, item: Item, reach: LinkReach, role: Role) -> None:
    """Say who has which role by the link alone. Raises `NotPossible` in the trash, and if it would make owners."""
    check_alive(item)
    if role is Role.OWNER or (reach is LinkReach.PUBLIC and role is not Role.READER):
        raise NotPossible("link_role", _("A link cannot give this much. Give people or rooms an access instead."))
    before = Item.objects.get(pk=item.pk)
    more = reach.width > LinkReach(before.link_reach).width or role > before.link_role
    item.link_reach, item.link_role = reach, role
    item.save(update_fields=["link_reach", "link_role"])
    if more and reach is not LinkReach.RESTRICTED:
        announce(item, "shared", actor)
    _access_changed(item, actor, "link")


def _access_changed(item: Item, actor: User | None, change: str) -> None:
    """`change` is `access` or `link`."""
    outbox.emit(
        Event.now(
            EventType.ACCESS_CHANGED,
            "sharing",
            item.resource.name,
            actor=sub_of(actor),
            path=path_of(item.pk),
            extra={"change": change},
        )
    )


def check_alive(item: Item) -> None:
    """Raise `NotPossible` where `item` is in the trash, by itself or with something above it.

    Nothing changes there: whoever could read it before is told what went into the trash, and not what became of it.
    """
    if questions.in_trash([item.pk]):
        raise _in_trash()


def check_holds(parent: Item) -> None:
    """Raise `NotPossible` where nothing can be put into `parent`: it is no folder, in the trash, or too deep."""
    if parent.kind != Kind.FOLDER:
        raise NotPossible("not_a_folder", _("Only a folder can hold something."))
    above = ItemAncestor.objects.filter(item=parent)
    if above.filter(ancestor__trashed_at__isnull=False).exists():
        raise NotPossible("in_trash", _("This folder is in the trash. Restore it first."))
    if above.count() >= MAX_DEPTH:
        raise _too_deep()


def sub_of(actor: User | None) -> Sub | None:
    """An operator has no `sub`: to the world it was the system."""
    return Sub(actor.sub) if actor and actor.sub else None


def _check_owner_remains(access: Access) -> None:
    above = ItemAncestor.objects.filter(item=access.item).values("ancestor")
    others = Access.objects.filter(item__in=above, role=Role.OWNER, user__is_active=True).exclude(pk=access.pk)
    if not others.exists():
        raise NotPossible("last_owner", _("Someone must own this. Make somebody else an owner first."))


def _in_trash() -> NotPossible:
    return NotPossible("in_trash", _("This is in the trash. Restore it first."))


def _too_deep() -> NotPossible:
    return NotPossible("too_deep", _("Folders go at most %(max)d levels deep.") % {"max": MAX_DEPTH})
