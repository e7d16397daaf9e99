"""Looks at one message again, by its id: what a reaction or a reply is about."""

from __future__ import annotations

import logging

from bridge.matrix import events
from bridge.matrix.homeserver import Homeserver, path
from bridge.matrix.machine import Machine
from bridge.matrix.messages import to_message
from bridge.matrix.opening import KeyMissing, Opener, Unopenable
from bridge.matrix.rooms import GONE
from bridge.ports import Permanent, RoomMessage, Trust
from contract.errors import InvalidValue
from contract.ids import EventId, RoomId

log = logging.getLogger(__name__)


class Looker:
    """Reads events from the homeserver. What it opens twice is the same event: it counts as no replay."""

    def __init__(self, homeserver: Homeserver, machine: Machine) -> None:
        self._homeserver = homeserver
        self._opener = Opener(machine)

    async def message(self, room: RoomId, event_id: EventId) -> RoomMessage | None:
        """As `RoomSide.message`. Raises `RoomError`."""
        try:
            raw = await self._homeserver.request("GET", path("rooms", room, "event", event_id))
        except Permanent as error:
            if error.code not in GONE:
                raise
            return None
        try:
            # Who answers is asked about one room: an event of another is not taken for one of it.
            event = events.parse({**raw, "room_id": raw.get("room_id", room)}, self._homeserver.user_id)
        except InvalidValue:
            return None
        if not isinstance(event, events.Written) or (event.room, event.event_id) != (room, event_id):
            return None
        if event.type != events.ENCRYPTED:
            return to_message(event, event.type, event.content, Trust.CLEARTEXT)
        try:
            opened = await self._opener.open(event)
        except (KeyMissing, Unopenable) as error:
            log.info("event %s in %s cannot be read again: %s", event_id, room, type(error).__name__)
            return None
        return to_message(event, opened.type, opened.content, opened.trust)
