"""What a service of ours says of its rooms, and what is done there on behalf of agents.

A room's team has the linked people among its joined members, always: whenever members join or leave and whenever a
Matrix id is linked or unlinked, the team changes in the same transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contract.events import Event, EventType
from contract.ids import MatrixId, RoomId
from contract.options import Binders
from contract.resources import parse_link
from workspace.accounts import linking
from workspace.accounts.models import MatrixIdentity, User
from workspace.events import outbox
from workspace.rooms.errors import (
    AlreadyBound,
    NoSuchRoom,
    NotABinder,
    NotAModerator,
    NotMember,
    OnlyBySpace,
    RoomTaken,
    TooManyBindings,
)
from workspace.rooms.models import Binding, Room, RoomMember, SpaceBinding
from workspace.sharing import doors, questions, tree
from workspace.sharing.errors import NotThere
from workspace.sharing.models import Item, ItemAncestor, Team, TeamMember
from workspace.sharing.roles import Role

logger = logging.getLogger(__name__)

#: Bindings that a room may have: more would only be noise in it.
MAX_BINDINGS = 100
#: Names in the name of a room.
_NAMED = 3


def known_to(service: str) -> QuerySet[Room]:
    """The rooms of a service, ready to be said."""
    return Room.objects.filter(service=service).prefetch_related("bindings__item").order_by("room_id")


@outbox.in_turn
def put(
    service: str,
    room_id: RoomId,
    members: Collection[MatrixId],
    language: str | None = None,
    moderators: Collection[MatrixId] | None = None,
) -> Room:
    """`room_id` is a room of this service, and these are its joined members, all of them.

    `moderators` are those whom the room lets change its settings; None leaves it at what was said before.
    Raises `RoomTaken` where another service has it.
    """
    room = Room.objects.select_related("team").filter(room_id=room_id).first()
    if room is None:
        room = _make(service, room_id)
    if room.service != service:
        raise RoomTaken
    if language is not None and language != room.language:
        room.language = language
        room.save(update_fields=["language"])
    _set_members(room, set(members))
    if moderators is not None:
        room.members.filter(moderator=True).exclude(matrix_id__in=moderators).update(moderator=False)
        room.members.filter(moderator=False, matrix_id__in=moderators).update(moderator=True)
    sync_team(room)
    return known_to(service).get(pk=room.pk)


@outbox.in_turn
def forget(service: str, room_id: RoomId) -> None:
    """The service has left the room: its bindings end, and nobody has anything by it any more."""
    room = Room.objects.filter(room_id=room_id, service=service).select_related("team").first()
    if room is None:
        return
    for binding in room.bindings.select_related("item"):
        end(binding, actor=None)
    team = room.team
    room.delete()
    tree.dissolve(None, team)
    logger.info("rooms.forgotten room=%s service=%s", room_id, service)


@outbox.in_turn
def bind(service: str, room_id: RoomId, url: str, by: MatrixId) -> Binding:
    """Bind a room to what `url` opens, for the person of `by`.

    Raises `LinkError` (`not_linked`), `NoSuchRoom`, `NotMember`, `NotABinder`, `NotAModerator`, `NotThere` (no link of
    ours, no such item, or not theirs to read), `AlreadyBound` and `TooManyBindings`.
    """
    room, user = room_of_member(service, room_id, by)
    may_bind(room, user, by)
    item = item_at(url, user)
    binding = room.bindings.filter(item=item).first()
    if binding is not None:
        if binding.own:
            raise AlreadyBound
        binding.own, binding.bound_by, binding.bound_by_matrix_id = True, user, by
        binding.bound_at = timezone.now()
        binding.save()
        return binding  # it heard of it already, by a space
    if room.bindings.count() >= MAX_BINDINGS:
        raise TooManyBindings(MAX_BINDINGS)
    return begin(Binding(room=room, item=item, bound_by=user, bound_by_matrix_id=by), user)


def item_at(url: str, user: User) -> Item:
    """The item that a link opens, if `user` may read it. Raises `NotThere`."""
    item_id = parse_link(settings.PARVIS.url, url)
    if item_id is None:
        raise NotThere
    return doors.open_item(user, item_id)


@outbox.in_turn
def unbind(service: str, room_id: RoomId, item: UUID, by: MatrixId) -> None:
    """End a binding, for a person who may read the item, or who bound it.

    Raises `LinkError` (`not_linked`), `NoSuchRoom`, `NotMember`, `NotThere`, `NotABinder`, `NotAModerator`, and
    `OnlyBySpace` for what the room hears of by a space alone. What it hears of by one as well, it goes on hearing of.
    """
    room, user = room_of_member(service, room_id, by)
    binding = room.bindings.select_related("item").filter(item=item).first()
    if binding is None:
        raise NotThere
    if binding.bound_by_id != user.pk or not binding.own:
        if not questions.roles([user.pk], [item], even_in_trash=True):
            raise NotThere
        may_bind(room, user, by)
    if not binding.own:
        raise OnlyBySpace
    if binding.by_space:
        binding.own = False
        binding.save()
    else:
        end(binding, actor=user)


@outbox.in_turn
def share(service: str, room_id: RoomId, owner: User, by: MatrixId, item_id: UUID, role: Role) -> None:
    """Give the members of a room the role on an item, as its owner says, who is joined as `by`.

    Raises `NoSuchRoom`, `NotMember`, `NotThere`, `NotAllowed` and, in the trash, `NotPossible`.
    """
    room, user = room_of_member(service, room_id, by)
    if user != owner:
        raise NotMember
    tree.grant(owner, doors.open_item(owner, item_id, Role.OWNER), role, team=room.team)
    logger.info("rooms.shared room=%s item=%s role=%s", room_id, item_id, role.word)


def sync_team(room: Room) -> None:
    """Make the team of `room` the people whose linked Matrix ids are joined. Must be called in a transaction."""
    joined = RoomMember.objects.filter(room=room).values("matrix_id")
    linked = MatrixIdentity.objects.filter(matrix_id__in=joined, user__is_active=True)
    wanted = set(linked.values_list("user_id", flat=True))
    there = set(TeamMember.objects.filter(team=room.team_id).values_list("user_id", flat=True))
    TeamMember.objects.filter(team=room.team_id, user__in=there - wanted).delete()
    TeamMember.objects.bulk_create(TeamMember(team_id=room.team_id, user_id=user) for user in wanted - there)
    name = _name(User.objects.filter(pk__in=wanted).order_by("full_name", "pk"), room.members.count())
    Team.objects.filter(pk=room.team_id).exclude(name=name).update(name=name)


def follow_identity(_user: User, matrix_id: MatrixId) -> None:
    """A Matrix id was linked or unlinked: the teams of the rooms that it is joined to change."""
    for room in Room.objects.filter(members__matrix_id=matrix_id):
        sync_team(room)


def rebind(binding: Binding, room: Room) -> None:
    """`room` hears of it by itself in the place of the room that did. Must be called in a transaction."""
    _announce(EventType.ROOM_UNBOUND, binding, None)
    binding.room, binding.own, binding.by_space = room, True, False
    binding.save(update_fields=["room", "own", "by_space"])
    _announce(EventType.ROOM_BOUND, binding, None)


def hear_of(service: str, items: Collection[UUID]) -> set[UUID]:
    """Those of `items` that a room which `service` keeps is bound to, or to something above them."""
    heard = ItemAncestor.objects.filter(item__in=items, ancestor__bindings__room__service=service)
    return set(heard.values_list("item_id", flat=True))


def end_bindings(items: Collection[UUID]) -> None:
    """These items are about to go for good: no room hears of them any more."""
    SpaceBinding.objects.filter(item__in=items).delete()
    for binding in Binding.objects.filter(item__in=items).select_related("item", "room"):
        end(binding, actor=None)


def _make(service: str, room_id: RoomId) -> Room:
    id_ = uuid4()
    team = Team.objects.create(slug=f"room-{id_}", name="", kind=Team.Kind.ROOM)
    logger.info("rooms.known room=%s service=%s", room_id, service)
    return Room.objects.create(pk=id_, room_id=room_id, team=team, service=service)


def _set_members(room: Room, wanted: set[MatrixId]) -> None:
    there = set(room.members.values_list("matrix_id", flat=True))
    room.members.filter(matrix_id__in=there - wanted).delete()
    RoomMember.objects.bulk_create(RoomMember(room=room, matrix_id=member) for member in sorted(wanted - there))


def room_of_member(service: str, room_id: RoomId, matrix_id: MatrixId) -> tuple[Room, User]:
    """The room, and the person of a member. Raises `LinkError` (`not_linked`), `NoSuchRoom` and `NotMember`."""
    user = linking.person(matrix_id)
    room = Room.objects.filter(room_id=room_id, service=service).first()
    if room is None:
        raise NoSuchRoom
    if not room.members.filter(matrix_id=matrix_id).exists():
        raise NotMember
    return room, user


def may_bind(room: Room, user: User, by: MatrixId) -> None:
    """Whether the person of `by` may bind `room`, as it chose: `NotABinder` is raised where only those may who did, and
    they did not; `NotAModerator` where only those may whom the room lets change its settings.

    Whoever may bind may say who may: else anybody could say that they may. Whoever bound a space bound no room.
    """
    match room.options.binding:
        case Binders.BINDERS:
            binders = set(room.bindings.filter(own=True).values_list("bound_by_id", flat=True))
            if binders and user.pk not in binders:
                raise NotABinder
        case Binders.MODERATORS:
            if not room.members.filter(matrix_id=by, moderator=True).exists():
                raise NotAModerator
        case Binders.EVERYONE:
            pass


def begin(binding: Binding, actor: User | None) -> Binding:
    """The room of `binding`, which is new, hears of its item from now on. Must be called in a transaction."""
    binding.save()
    _announce(EventType.ROOM_BOUND, binding, actor)
    logger.info("rooms.bound room=%s item=%s", binding.room.room_id, binding.item_id)
    return binding


def end(binding: Binding, actor: User | None) -> None:
    """The room hears of it no more. Must be called in a transaction."""
    binding.delete()
    _announce(EventType.ROOM_UNBOUND, binding, actor)
    logger.info("rooms.unbound room=%s item=%s", binding.room.room_id, binding.item_id)


def _announce(what: EventType, binding: Binding, actor: User | None) -> None:
    outbox.emit(
        Event.now(
            what,
            "rooms",
            binding.item.resource.name,
            actor=tree.sub_of(actor),
            path=tree.path_of(binding.item_id),
            room=binding.room.room_id,
        )
    )


def _name(people: Iterable[User], members: int) -> str:
    """What a room is called where people share with it: rooms' own names are encrypted, or nobody's business."""
    names = [user.name for user in people]
    named = ", ".join(names[:_NAMED]) or _("Room")
    others = members - min(len(names), _NAMED)
    return f"{named} +{others}"[:255] if others else named[:255]
