"""The rooms that we are in, as far as we must know them: who is there, and whether they are encrypted.

Built from raw state events, which any federated server may have written: what is malformed is passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

ENCRYPTION = "m.room.encryption"
MEGOLM = "m.megolm.v1.aes-sha2"


@dataclass
class Room:
    """One room. `members` maps joined and invited users to `join` or `invite`, `names` to their chosen names."""

    room_id: str
    encrypted: bool = False
    name: str | None = None
    history_visibility: str = "shared"
    members: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    typing: tuple[str, ...] = ()

    @property
    def joined(self) -> frozenset[str]:
        """Who is joined."""
        return frozenset(user for user, membership in self.members.items() if membership == "join")

    @property
    def readers(self) -> frozenset[str]:
        """Who may read what is written now: the joined, and the invited where the room's history lets them."""
        return self.joined if self.history_visibility == "joined" else frozenset(self.members)

    def name_of(self, user_id: str) -> str:
        """How `user_id` is shown: the chosen name, or the id's local part."""
        return self.names.get(user_id) or user_id.removeprefix("@").split(":", 1)[0]

    def title(self, own_user: str) -> str:
        """How the room is shown: its name, or the names of the others in it."""
        if self.name:
            return self.name
        others = sorted(self.name_of(user) for user in self.members if user != own_user)
        return ", ".join(others[:5]) or "(empty)"

    def apply(self, event: Mapping[str, Any]) -> None:
        """Take in one state event."""
        content = event.get("content")
        if not isinstance(content, dict) or not isinstance(event.get("state_key"), str):
            return
        match event.get("type"):
            case "m.room.member":
                self._member(event["state_key"], content)
            case "m.room.encryption":
                self.encrypted = True
            case "m.room.name":
                self.name = _text(content.get("name"))
            case "m.room.history_visibility":
                self.history_visibility = _text(content.get("history_visibility")) or "shared"

    def only_members(self, events: Iterable[Mapping[str, Any]]) -> None:
        """These membership events are all that hold now."""
        self.members.clear()
        for event in events:
            if event.get("type") == "m.room.member":
                self.apply(event)

    def _member(self, user: str, content: Mapping[str, Any]) -> None:
        membership = content.get("membership")
        if membership in ("join", "invite"):
            self.members[user] = membership
            name = _text(content.get("displayname"))
            if name:
                self.names[user] = name
        else:
            self.members.pop(user, None)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
