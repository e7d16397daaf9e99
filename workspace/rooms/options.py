"""What rooms and people choose, by way of the service that they speak to."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from contract.ids import MatrixId, RoomId
from contract.options import Mentions
from contract.options import PersonOptions as Chosen
from workspace.accounts import linking
from workspace.accounts.models import User
from workspace.events import outbox
from workspace.rooms import service as rooms
from workspace.rooms import spaces
from workspace.rooms.models import PersonOptions, Room

logger = logging.getLogger(__name__)


@outbox.in_turn
def choose(service: str, room_id: RoomId, by: MatrixId, changes: Mapping[str, str | bool]) -> Room:
    """Change options of a room (`contract.options.RoomOptions`, and `language`), for the person of `by`.

    Raises `LinkError` (`not_linked`), `NoSuchRoom`, `NotMember`, and `NotABinder` or `NotAModerator` where only those
    may say how it hears of things who bound the room, or may change its settings.
    """
    room, user = rooms.room_of_member(service, room_id, by)
    rooms.may_bind(room, user, by)
    if changes:
        for name, value in changes.items():
            setattr(room, name, value)
        room.save(update_fields=[*changes])
        if "spaces" in changes:
            spaces.follow(room)
        logger.info("rooms.options room=%s by=%s what=%s", room_id, user.pk, ",".join(sorted(changes)))
    return rooms.known_to(service).get(pk=room.pk)


@outbox.in_turn
def of_matrix_id(matrix_id: MatrixId, changes: Mapping[str, str]) -> Chosen:
    """What the person of a Matrix id chose, after these changes. Raises `LinkError` (`not_linked`)."""
    user = linking.person(matrix_id)
    if "language" in changes:
        user.language = changes["language"]
        user.save(update_fields=["language"])
    if "mentions" in changes:
        PersonOptions.objects.update_or_create(user=user, defaults={"mentions": changes["mentions"]})
    return of_person(user)


def of_person(user: User) -> Chosen:
    """What a person chose."""
    chosen = PersonOptions.objects.filter(user=user).first()
    return Chosen(user.language or None, Mentions(chosen.mentions) if chosen else Mentions.ROOM)
