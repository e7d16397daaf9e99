"""How rooms are arranged in spaces (specification, "Spaces") and who may change what in them, as their state says.

State is written by whoever a room lets: its form is checked here, once, and what makes no sense says nothing.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.matrix.homeserver import Homeserver, path
from bridge.matrix.rooms import GONE, Rooms
from bridge.ports import SPACE_CHILD, SPACE_PARENT, Permanent, Retriable
from contract.errors import InvalidValue
from contract.ids import MatrixId, RoomId, matrix_id, room_id

log = logging.getLogger(__name__)

_SPACE = "m.space"
#: The level that state needs where a room's power levels name none (specification, "m.room.power_levels").
_STATE_DEFAULT = 50
#: From this room version on, who made the room may do everything and is not in its power levels (MSC4289).
_CREATORS_ABOVE_ALL = 12


@dataclass(frozen=True)
class Origin:
    """What a room's creation says of it, for good."""

    is_space: bool
    creators: frozenset[str]
    above_all: bool

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Origin:
        """`event` is `m.room.create`, whole: since room version 11 only its sender says who made the room."""
        content = _object(event.get("content"))
        more, version = content.get("additional_creators"), content.get("room_version")
        above_all = isinstance(version, str) and version.isdecimal() and int(version[:9]) >= _CREATORS_ABOVE_ALL
        others = more if isinstance(more, list) and above_all else []
        creators = frozenset(one for one in (event.get("sender"), *others) if isinstance(one, str))
        return cls(content.get("type") == _SPACE, creators, above_all)


class Arrangement:
    """Reads it from the homeserver. What a room's creation says is asked once."""

    def __init__(self, homeserver: Homeserver, rooms: Rooms) -> None:
        self._homeserver = homeserver
        self._rooms = rooms
        self._origins: dict[RoomId, Origin] = {}

    async def is_space(self, room: RoomId) -> bool:
        """As `RoomSide.is_space`."""
        return (await self._origin(room)).is_space

    async def children(self, space: RoomId) -> dict[RoomId, MatrixId]:
        """As `RoomSide.children`."""
        try:
            return named(await self._homeserver.listing(path("rooms", space, "state")))
        except Permanent as error:
            if error.code not in GONE:
                raise
            # Much follows from it: what rooms have by the space ends. So it is asked twice.
            if space in await self._rooms.joined():
                raise Retriable(f"we are in {space}, and may not see its state") from error
            return {}

    async def names_parent(self, room: RoomId, space: RoomId) -> bool:
        """As `RoomSide.names_parent`."""
        content = await self._state(room, SPACE_PARENT, space)
        return content is not None and _has_via(content)

    async def allowed(self, room: RoomId, state_type: str | None) -> frozenset[MatrixId]:
        """As `RoomSide.allowed`."""
        members = await self._rooms.members(room)
        if not members:
            return frozenset()
        levels = await self._state(room, "m.room.power_levels", "")
        return may_send(levels, await self._origin(room), members, state_type)

    async def _origin(self, room: RoomId) -> Origin:
        known = self._origins.get(room)
        if known is None:
            where = path("rooms", room, "state", "m.room.create", "")
            known = Origin.of(await self._homeserver.request("GET", where, query={"format": "event"}))
            self._origins[room] = known
        return known

    async def _state(self, room: RoomId, state_type: str, key: str) -> dict[str, Any] | None:
        try:
            return await self._homeserver.request("GET", path("rooms", room, "state", state_type, key))
        except Permanent as error:
            if error.code not in GONE:
                raise
            return None


def named(state: Iterable[object]) -> dict[RoomId, MatrixId]:
    """Whom a space's state names as its children, with who did; `state` is its events as a homeserver lists them."""
    found: dict[RoomId, MatrixId] = {}
    for event in state:
        if not isinstance(event, dict) or event.get("type") != SPACE_CHILD or not _has_via(event.get("content")):
            continue
        try:
            found[room_id(str(event.get("state_key")))] = matrix_id(str(event.get("sender")))
        except (InvalidValue, UnicodeEncodeError):
            log.info("a space names what is no room: left out")
    return found


def may_send(
    levels: Mapping[str, Any] | None, origin: Origin, members: frozenset[MatrixId], state_type: str | None
) -> frozenset[MatrixId]:
    """Those of `members` whose power suffices for state of that type, None being one that the room names nowhere.

    Without power levels only who made the room has any.
    """
    if levels is None:
        return members & origin.creators
    needed = _number(_object(levels.get("events")).get(state_type), None) if state_type is not None else None
    if needed is None:
        needed = _number(levels.get("state_default"), _STATE_DEFAULT)
    users, rest = _object(levels.get("users")), _number(levels.get("users_default"), 0)

    def power(member: MatrixId) -> float:
        if origin.above_all and member in origin.creators:
            return math.inf
        return _number(users.get(member), rest) or 0

    return frozenset(member for member in members if power(member) >= (needed or 0))


def _has_via(content: object) -> bool:
    """Without a server to join by there is no such child or parent, says the specification."""
    via = _object(content).get("via")
    return isinstance(via, list) and any(isinstance(one, str) and one for one in via)


def _number(value: object, otherwise: int | None) -> int | None:
    """A level. Before room version 10 it may be a text."""
    if isinstance(value, str) and len(value) <= 20:
        try:
            value = int(value)
        except ValueError:
            return otherwise
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
