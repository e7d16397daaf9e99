"""What a client tells whoever runs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bots.framework.message import RoomEvent
from bots.framework.state import Invitation


class Listener(Protocol):
    """What a client tells. Whatever is raised here is logged and the client goes on."""

    async def on_ready(self) -> None:
        """The first sync is handled: rooms are known."""

    async def on_event(self, event: RoomEvent) -> None:
        """An event of a room, decrypted and judged. An event may come twice only if this did not return."""

    async def on_unreadable(self, room_id: str, sender: str, event_id: str) -> None:
        """No key has come for a message; told once a session."""

    async def on_invitation(self, invitation: Invitation) -> None:
        """Somebody invites us; told again at every start until it is answered by `join` or `leave`."""

    async def on_typing(self, room_id: str, users: Sequence[str]) -> None:
        """Who is typing in a room now."""
