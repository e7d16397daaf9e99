"""From a raw event to what may be believed of it: decrypted, bound to its sender, not a replay."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from bots.framework.directory import KeyDirectory
from bots.framework.errors import Forged
from bots.framework.machine import Decrypted, Machine, Sealed
from bots.framework.message import RoomEvent
from bots.framework.state import State
from bots.framework.trust import Trust, judge

logger = logging.getLogger(__name__)


class Intake:
    """Reads events with the keys of `machine`, and judges them by `directory` and the identities in `state`."""

    def __init__(self, machine: Machine, directory: KeyDirectory, state: State) -> None:
        self._machine = machine
        self._directory = directory
        self._state = state

    async def read(self, room_id: str, raw: Mapping[str, Any], *, history: bool) -> RoomEvent | None:
        """The event, or None where it must not be looked at: forged, replayed or malformed (logged by its ids).

        Raises `Undecryptable` where there is no key for it, or `KeysUnavailable` where the sender's devices cannot
        be known now: it may be read later.
        """
        event_id, sender = raw.get("event_id"), raw["sender"]
        if not isinstance(event_id, str):
            return None
        if raw["type"] != "m.room.encrypted":
            return _event(room_id, raw, raw["type"], raw["content"], Trust.CLEARTEXT, history=history)
        if not raw["content"]:  # redacted
            return None
        decrypted = self._machine.decrypt(room_id, Sealed.parse(raw["content"]))
        try:
            trust = await self._trust(sender, decrypted)
        except Forged as error:
            logger.warning("forged event dropped, room=%s event=%s sender=%s: %s", room_id, event_id, sender, error)
            return None
        if self._state.is_replay(decrypted.session_id, decrypted.index, event_id):
            logger.warning("replayed event dropped, room=%s event=%s sender=%s", room_id, event_id, sender)
            return None
        content = _with_relation(decrypted.content, raw["content"])
        sealed = content is decrypted.content
        return _event(room_id, raw, decrypted.type, content, trust, history=history, relation_sealed=sealed)

    async def _trust(self, sender: str, decrypted: Decrypted) -> Trust:
        keys = await self._directory.for_session(sender, decrypted.origin.curve25519)
        return judge(decrypted.origin, keys, self._state.pinned_master(sender, keys.master))


def _event(
    room_id: str,
    raw: Mapping[str, Any],
    type_: str,
    content: Mapping[str, Any],
    trust: Trust,
    *,
    history: bool,
    relation_sealed: bool = False,
) -> RoomEvent:
    timestamp, state_key = raw.get("origin_server_ts"), raw.get("state_key")
    return RoomEvent(
        room_id=room_id,
        event_id=raw["event_id"],
        sender=raw["sender"],
        type=type_,
        content=content,
        timestamp=timestamp if isinstance(timestamp, int) else 0,
        encrypted=raw["type"] == "m.room.encrypted",
        trust=trust,
        history=history,
        state_key=state_key if isinstance(state_key, str) else None,
        relation_sealed=relation_sealed,
    )


def _with_relation(content: Mapping[str, Any], sealed: Mapping[str, Any]) -> Mapping[str, Any]:
    """The content with its relation, which travels in the clear (a server may lie about it, not about the text)."""
    relation = sealed.get("m.relates_to")
    if "m.relates_to" in content or not isinstance(relation, dict):
        return content
    return {**content, "m.relates_to": relation}
