"""Ids that must not be mixed up, and how those that come from outside are parsed.

`RoomId`, `EventId` and `MatrixId` are opaque strings of Matrix (room version 12 room ids have no server name: nothing
may be parsed out of one). `Sub` is the `sub` claim of OpenID Connect. `ItemId` is the workspace's own.
"""

from __future__ import annotations

import re
from typing import NewType
from uuid import UUID

from contract.errors import InvalidValue

RoomId = NewType("RoomId", str)
EventId = NewType("EventId", str)
MatrixId = NewType("MatrixId", str)
Sub = NewType("Sub", str)
ItemId = NewType("ItemId", UUID)

#: Matrix bounds user ids, room ids and event ids at 255 bytes (specification, appendices, "Identifier grammar").
MAX_MATRIX_ID_BYTES = 255
_USER_ID = re.compile(r"@[\x21-\x39\x3b-\x7e]+:[A-Za-z0-9.\-\[\]:]+")
_ROOM_ID = re.compile(r"![\x21-\x7e]+")


def matrix_id(value: str) -> MatrixId:
    """`value` as a Matrix user id (`@name:server`).

    Raises `InvalidValue` where it is longer than Matrix allows or is not of that form.
    """
    if len(value.encode()) > MAX_MATRIX_ID_BYTES or not _USER_ID.fullmatch(value):
        raise InvalidValue("matrix_id", "a Matrix id is written @name:server")
    return MatrixId(value)


def room_id(value: str) -> RoomId:
    """`value` as a Matrix room id (`!…`). Raises `InvalidValue` where it is not of that form."""
    if len(value.encode()) > MAX_MATRIX_ID_BYTES or not _ROOM_ID.fullmatch(value):
        raise InvalidValue("room_id", "a room id starts with “!”")
    return RoomId(value)


def item_id(value: str) -> ItemId:
    """`value` as the id of a workspace item (a UUID). Raises `InvalidValue` where it is none."""
    try:
        return ItemId(UUID(value))
    except ValueError as error:
        raise InvalidValue("item", "an item's id is a UUID") from error
