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
from django.utils.translation import gettext as _

from contract.events import Event, EventType
from contract.ids import MatrixId, RoomId
from contract.options import Binders
from contract.resources import parse_link
from workspace.accounts import linking
from workspace.accounts.models import MatrixIdentity, User
from workspace.events import outbox
from workspace.rooms.errors import AlreadyBound, NoSuchRoom, NotABinder, NotMember, RoomTaken, TooManyBindings
from workspace.rooms.models import Binding, Room, RoomMember
from workspace.sharing import doors, questions, tree
from workspace.sharing.errors import NotThere
from workspace.sharing.models import ItemAncestor, Team, TeamMember
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
def put(service: str, room_id: RoomId, members: Collection[MatrixId], language: str | None = None) -> Room:
    """`room_id` is a room of this service, and these are its joined members, all of them.

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
    sync_team(room)
    return known_to(service).get(pk=room.pk)


@outbox.in_turn
def forget(service: str, room_id: RoomId) -> None:
    """The service has left the room: its bindings end, and nobody has anything by it any more."""
    room = Room.objects.filter(room_id=room_id, service=service).select_related("team").first()
    if room is None:
        return
    for binding in room.bindings.select_related("item"):
        _end(binding, actor=None)
    team = room.team
    room.delete()
    tree.dissolve(None, team)
    logger.info("rooms.forgotten room=%s service=%s", room_id, service)


@outbox.in_turn
def bind(service: str, room_id: RoomId, url: str, by: MatrixId) -> Binding:
    """Bind a room to what `url` opens, for the person of `by`.

    Raises `LinkError` (`not_linked`), `NoSuchRoom`, `NotMember`, `NotABinder`, `NotThere` (no link of ours, no such
    item, or not theirs to read), `AlreadyBound` and `TooManyBindings`.
    """
    room, user = room_of_member(service, room_id, by)
    may_bind(room, user)
    item_id = parse_link(settings.PARVIS.url, url)
    if item_id is None:
        raise NotThere
    item = doors.open_item(user, item_id)
    bound = set(room.bindings.values_list("item_id", flat=True))
    if item.pk in bound:
        raise AlreadyBound
    if len(bound) >= MAX_BINDINGS:
        raise TooManyBindings(MAX_BINDINGS)
    binding = Binding.objects.create(room=room, item=item, bound_by=user, bound_by_matrix_id=by)
    _announce(EventType.ROOM_BOUND, binding, user)
    logger.info("rooms.bound room=%s item=%s", room_id, item.pk)
    return binding


@outbox.in_turn
def unbind(service: str, room_id: RoomId, item: UUID, by: MatrixId) -> None:
    """End a binding, for a person who may read the item, or who bound it.

    Raises `LinkError` (`not_linked`), `NoSuchRoom`, `NotMember`, `NotThere` and `NotABinder`.
    """
    room, user = room_of_member(service, room_id, by)
    binding = room.bindings.select_related("item").filter(item=item).first()
    if binding is None:
        raise NotThere
    if binding.bound_by_id != user.pk:
        if not questions.roles([user.pk], [item], even_in_trash=True):
            raise NotThere
        may_bind(room, user)
    _end(binding, actor=user)


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
    """`room` hears of it in the place of the room that did. Must be called in a transaction."""
    _announce(EventType.ROOM_UNBOUND, binding, None)
    binding.room = room
    binding.save(update_fields=["room"])
    _announce(EventType.ROOM_BOUND, binding, None)


def hear_of(service: str, items: Collection[UUID]) -> set[UUID]:
    """Those of `items` that a room which `service` keeps is bound to, or to something above them."""
    heard = ItemAncestor.objects.filter(item__in=items, ancestor__bindings__room__service=service)
    return set(heard.values_list("item_id", flat=True))


def end_bindings(items: Collection[UUID]) -> None:
    """These items are about to go for good: no room hears of them any more."""
    for binding in Binding.objects.filter(item__in=items).select_related("item", "room"):
        _end(binding, actor=None)


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


def may_bind(room: Room, user: User) -> None:
    """Raises `NotABinder` where the room chose that only those bind it who did, and `user` did not.

    Whoever may bind may say who may: else anybody could say that they may.
    """
    if room.options.binding is Binders.BINDERS:
        binders = set(room.bindings.values_list("bound_by_id", flat=True))
        if binders and user.pk not in binders:
            raise NotABinder


def _end(binding: Binding, actor: User | None) -> None:
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
