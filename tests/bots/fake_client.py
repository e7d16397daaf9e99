"""A client at the bot's edge: rooms of which one decides who is in them, and what was said there."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from bots.framework.errors import AudienceChanged, NotInRoom
from bots.framework.rooms import Room

BOT = "@find:b.test"
#: The direct chat with whoever is spoken to directly.
CHAT = "!chat"


def room(room_id: str, *members: str) -> Room:
    """An encrypted room in which these are joined, and the bot."""
    return Room(room_id, encrypted=True, members=dict.fromkeys((BOT, *members), "join"))


@dataclass
class FakeClient:
    """A `SafeClient` that says nothing where others could read it than those meant, and nothing twice.

    `comes_before_sending` is who comes where while messages are being sent, the last one first; `joins` is what comes
    of each try to join a room (an error, or None).
    """

    user_id: str = BOT
    rooms: dict[str, Room] = field(default_factory=dict)
    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    comes_before_sending: list[tuple[str, str]] = field(default_factory=list)
    joins: dict[str, list[Exception | None]] = field(default_factory=dict)
    joined: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    fails: Exception | None = None

    @property
    def state(self) -> Any:
        return SimpleNamespace(answered=self.answered.append)

    def is_direct(self, in_room: Room, user_id: str) -> bool:
        return set(in_room.members) == {BOT, user_id}

    async def direct(self, user_id: str) -> Room:
        return self.rooms.setdefault(CHAT, room(CHAT, user_id))

    async def room(self, room_id: str) -> Room:
        if room_id not in self.rooms:
            raise NotInRoom(room_id)
        return self.rooms[room_id]

    async def note_direct(self, room_id: str, user_id: str) -> None:
        """Nothing is kept."""

    async def join(self, room_id: str) -> Room:
        outcome = self.joins[room_id].pop(0)
        if outcome is not None:
            raise outcome
        self.joined.append(room_id)
        return self.rooms.setdefault(room_id, room(room_id))

    async def send(
        self,
        room_id: str,
        content: dict[str, Any],
        *,
        transaction: str,
        only_to: frozenset[str] | None = None,
        even_untrusted: bool = False,
    ) -> str:
        assert transaction not in {sent["transaction"] for _, sent in self.said}
        if self.fails is not None:
            raise self.fails
        if self.comes_before_sending:
            where, who = self.comes_before_sending.pop()
            self.rooms[where].members[who] = "join"
        if only_to is not None and not self.rooms[room_id].joined <= only_to | {BOT}:
            raise AudienceChanged("somebody else could read")
        self.said.append((room_id, {**content, "transaction": transaction, "even_untrusted": even_untrusted}))
        return f"$sent{len(self.said)}"

    def told(self, room_id: str) -> list[str]:
        """The texts that were said in a room."""
        return [content["body"] for where, content in self.said if where == room_id]
