"""A room as a client of it has it: what was written, decrypted, and what the homeserver tells in the clear."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bots.framework.homeserver import quoted
from parvis.chat.agent import Seen
from parvis.tour.cast import Actor


@dataclass
class Said:
    """A message with its last edit applied, and the reactions to it that are there now: who, and which."""

    seen: Seen
    reactions: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Timeline:
    """What is there, in the order of the room. `unreadable` could not be decrypted."""

    said: list[Said]
    unreadable: list[str]

    def of(self, event_id: str) -> Said | None:
        """That message, if it is there."""
        return next((one for one in self.said if one.seen.event_id == event_id), None)


async def timeline(actor: Actor, room: str) -> Timeline:
    """What `actor` has of `room` now."""
    raw = await _events(actor, room)
    known = {seen.event_id: seen for seen in actor.client.messages(room)}
    said: dict[str, Said] = {}
    unreadable = []
    for event in raw:
        if "redacted_because" in event.get("unsigned", {}):
            continue
        relation = event.get("content", {}).get("m.relates_to", {})
        if event["type"] == "m.reaction" and relation.get("event_id") in said:
            said[relation["event_id"]].reactions.append((event["sender"], relation["key"]))
        elif event["type"] == "m.room.encrypted" and relation.get("rel_type") != "m.replace":
            seen = known.get(event["event_id"])
            if seen is None or seen.unreadable:
                unreadable.append(event["event_id"])
            else:
                said[seen.event_id] = Said(seen)
    return Timeline(list(said.values()), unreadable)


async def _events(actor: Actor, room: str) -> list[dict[str, Any]]:
    """All events of a room since the beginning, as the actor's own homeserver has them."""
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        path = f"/rooms/{quoted(room)}/messages?dir=f&limit=500{after}"
        answer = await actor.client.client.homeserver.get(path)
        found += answer["chunk"]
        if not answer.get("end"):
            return found
        after = f"&from={quoted(answer['end'])}"
