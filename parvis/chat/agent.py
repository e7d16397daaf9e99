"""`Agent`: an agent's Matrix client without a screen, for the tour, the tests, and the terminal client around it.

It is the bots' safe client (cross-signed, senders bound to their sessions), with a timeline for each room in which
edits are applied.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from bots.framework.client import ClientSettings, SafeClient
from bots.framework.errors import BotError
from bots.framework.homeserver import quoted
from bots.framework.message import Relation, RoomEvent
from bots.framework.rooms import Room
from bots.framework.state import Invitation
from bots.framework.trust import Trust
from parvis.chat.attachments import opened, sealed

logger = logging.getLogger(__name__)

#: Messages that are kept of a room.
KEEP_MESSAGES = 2000
#: Events from before we joined that are asked for.
HISTORY = 50


class TimedOut(BotError):
    """What was waited for has not come."""


@dataclass(frozen=True)
class Seen:
    """One message as a client shows it, with its last edit applied. `timestamp` is in milliseconds.

    `notice`: written by a program. `unreadable`: there is no key for it, and `body` is empty.
    """

    event_id: str
    room_id: str
    sender: str
    body: str
    formatted_body: str | None
    encrypted: bool
    trust: Trust
    timestamp: int = 0
    notice: bool = False
    edited: bool = False
    thread: str | None = None
    reply_to: str | None = None
    unreadable: bool = False
    #: The `EncryptedFile` that it carries.
    file: Mapping[str, Any] | None = None


#: What a watcher is told: a message that is new, or that was edited.
Watcher = Callable[["Seen"], None]


class Agent:
    """One signed-in agent. `invitations` maps the rooms that somebody invites them to, to the invitations."""

    def __init__(self, client: SafeClient) -> None:
        self.client = client
        self.invitations: dict[str, Invitation] = {}
        self.typing: dict[str, tuple[str, ...]] = {}
        self.watchers: list[Watcher] = []
        self.on_change: Callable[[str], None] = lambda _room: None
        self._timelines: dict[str, dict[str, Seen]] = {}
        self._edits: dict[str, tuple[str, RoomEvent]] = {}
        self._news = asyncio.Condition()
        self._ready = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls,
        url: str,
        user_id: str,
        password: str,
        store_dir: Path,
        *,
        secrets: Path | None = None,
        device_name: str = "parvis chat",
        ready_within: float = 60.0,
    ) -> Self:
        """Sign in at the homeserver `url`, publish and cross-sign the device, and keep up in the background.

        `store_dir` (made with mode 700) holds the device's keys: the same directory is the same device. `secrets` holds
        the person's identity (`identity.json`, `recovery.key`): devices that share it are all cross-signed; None means
        `store_dir`. Returns when the rooms are known. Raises `BotError` (`LoginRefused`, `HomeserverUnavailable`, …).
        """
        settings = ClientSettings(
            url, user_id, password, store_dir, secrets=secrets, device_name=device_name, history_events=HISTORY
        )
        agent = cls(await SafeClient.open(settings, strict_identity=False))
        agent._running = asyncio.create_task(agent.client.run(agent), name=f"agent {user_id}")
        try:
            await agent._until(agent._ready.wait(), ready_within, "the first sync")
        except BaseException:
            await agent.close()
            raise
        return agent

    @property
    def user_id(self) -> str:
        """Who this is."""
        return self.client.user_id

    async def lost(self) -> None:
        """Until we can keep up no longer: raises why (`LoginRefused`)."""
        assert self._running is not None  # noqa: S101 - set by open
        await asyncio.shield(self._running)

    async def close(self) -> None:
        """Stop keeping up, and let go of the files."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        await self.client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # -- rooms

    async def create_room(self, name: str, invite: Sequence[str] = (), *, encrypted: bool = True) -> str:
        """A new private room, encrypted unless said otherwise; its id."""
        return (await self.client.create_room(name=name, invite=invite, encrypted=encrypted)).room_id

    async def join(self, room_id: str) -> None:
        """Join a room that we were invited to."""
        await self.client.join(room_id)
        self.invitations.pop(room_id, None)

    async def leave(self, room_id: str) -> None:
        """Leave a room, or refuse an invitation."""
        await self.client.leave(room_id)
        self.invitations.pop(room_id, None)
        self._timelines.pop(room_id, None)

    async def invite(self, room_id: str, user_id: str) -> None:
        """Invite somebody."""
        await self.client.invite(room_id, user_id)

    async def kick(self, room_id: str, user_id: str) -> None:
        """Put somebody out."""
        await self.client.homeserver.post(f"/rooms/{quoted(room_id)}/kick", {"user_id": user_id})

    async def upgrade(self, room_id: str, version: str) -> str:
        """Replace the room by one of another version; its id."""
        answer = await self.client.homeserver.post(f"/rooms/{quoted(room_id)}/upgrade", {"new_version": version})
        return str(answer["replacement_room"])

    async def direct_with(self, user_id: str) -> str:
        """The id of the encrypted direct chat with somebody, begun where there is none (they are invited then)."""
        return (await self.client.direct(user_id)).room_id

    async def members(self, room_id: str) -> dict[str, str]:
        """Who is in the room, each `join` or `invite`."""
        return dict((await self.client.room(room_id)).members)

    @property
    def rooms(self) -> list[Room]:
        """The rooms that we are in, by title."""
        return sorted(self.client.rooms.values(), key=lambda room: room.title(self.user_id).casefold())

    # -- messages

    async def send(self, room_id: str, text: str, *, reply_to: str | None = None, thread: str | None = None) -> str:
        """Write a text; its event id. Raises `NotEncrypted` where the room is not encrypted."""
        content: dict[str, Any] = {"msgtype": "m.text", "body": text}
        relation: dict[str, Any] = {}
        if thread is not None:
            relation = {"rel_type": "m.thread", "event_id": thread, "is_falling_back": reply_to is None}
        if reply_to is not None or thread is not None:
            relation["m.in_reply_to"] = {"event_id": reply_to or thread}
            content["m.relates_to"] = relation
        return await self.client.send(room_id, content)

    async def edit(self, room_id: str, event_id: str, text: str) -> str:
        """Replace the text of a message of ours."""
        new = {"msgtype": "m.text", "body": text}
        relation = {"rel_type": "m.replace", "event_id": event_id}
        return await self.client.send(
            room_id, {**new, "body": f"* {text}", "m.new_content": new, "m.relates_to": relation}
        )

    async def attach(self, room_id: str, name: str, data: bytes, media_type: str) -> str:
        """Send a file, encrypted; the event id of its message."""
        return await self.client.send(room_id, await sealed(self.client.homeserver, name, data, media_type))

    async def download(self, seen: Seen) -> bytes:
        """What is in the file that a message carries."""
        if seen.file is None:
            raise BotError(f"{seen.event_id} carries no file")
        return await opened(self.client.homeserver, seen.file)

    async def react(self, room_id: str, event_id: str, key: str) -> str:
        """React to a message, unencrypted as clients do; the reaction's event id."""
        path = f"/rooms/{quoted(room_id)}/send/m.reaction/{uuid4().hex}"
        relation = {"rel_type": "m.annotation", "event_id": event_id, "key": key}
        return str((await self.client.homeserver.put(path, {"m.relates_to": relation}))["event_id"])

    async def redact(self, room_id: str, event_id: str) -> None:
        """Take back a message or a reaction."""
        await self.client.homeserver.put(f"/rooms/{quoted(room_id)}/redact/{quoted(event_id)}/{uuid4().hex}", {})

    def messages(self, room_id: str) -> list[Seen]:
        """What was written in the room since we are in it and could read it, the oldest first, edits applied."""
        return list(self._timelines.get(room_id, {}).values())

    async def wait_message(self, room_id: str, predicate: Callable[[Seen], bool], timeout: float) -> Seen:  # noqa: ASYNC109 - part of the agreed interface
        """The first message of the room that `predicate` holds for, there already or yet to come.

        Raises `TimedOut` after `timeout` seconds, with what was seen instead.
        """

        def found() -> Seen | None:
            return next((seen for seen in self.messages(room_id) if predicate(seen)), None)

        try:
            await self.wait_until(lambda: found() is not None, timeout, "a message")
        except TimedOut as error:
            bodies = [f"{seen.sender}: {seen.body[:80]!r}" for seen in self.messages(room_id)[-5:]]
            raise TimedOut(f"{error}; the last ones in {room_id}: {bodies}") from error
        seen = found()
        assert seen is not None  # noqa: S101 - nothing ran in between
        return seen

    async def wait_invitation(self, room_id: str | None = None, timeout: float = 30.0) -> Invitation:  # noqa: ASYNC109 - see wait_message
        """The invitation to the room (to any, where None is named). Raises `TimedOut`."""

        def found() -> Invitation | None:
            return next((i for i in self.invitations.values() if room_id in (None, i.room_id)), None)

        await self.wait_until(lambda: found() is not None, timeout, "an invitation")
        invitation = found()
        assert invitation is not None  # noqa: S101 - nothing ran in between
        return invitation

    async def wait_joined(self, room_id: str, user_id: str, timeout: float = 30.0) -> None:  # noqa: ASYNC109 - see wait_message
        """Until `user_id` is joined to the room, as far as we are told. Raises `TimedOut`."""

        def joined() -> bool:
            room = self.client.rooms.get(room_id)
            return room is not None and room.members.get(user_id) == "join"

        await self.wait_until(joined, timeout, f"{user_id} to join")

    async def wait_until(self, condition: Callable[[], bool], timeout: float, what: str) -> None:  # noqa: ASYNC109 - see wait_message
        """Until `condition` holds; it is looked at after everything that the homeserver tells. Raises `TimedOut`."""

        async def watch() -> None:
            async with self._news:
                await self._news.wait_for(condition)

        await self._until(watch(), timeout, what)

    # -- told by the client

    async def on_ready(self) -> None:
        """The rooms are known."""
        self._ready.set()

    async def on_event(self, event: RoomEvent) -> None:
        """Something happened in a room."""
        if event.type == "m.room.message":
            self._message(event)
        await self._changed(event.room_id)

    async def on_unreadable(self, room_id: str, sender: str, event_id: str) -> None:
        """There is no key for a message."""
        blank = Seen(event_id, room_id, sender, "", None, encrypted=True, trust=Trust.UNKNOWN_DEVICE, unreadable=True)
        self._keep(blank)
        await self._changed(room_id)

    async def on_invitation(self, invitation: Invitation) -> None:
        """Somebody invites us."""
        self.invitations[invitation.room_id] = invitation
        await self._changed(invitation.room_id)

    async def on_typing(self, room_id: str, users: Sequence[str]) -> None:
        """Somebody types."""
        self.typing[room_id] = tuple(user for user in users if user != self.user_id)
        await self._changed(room_id)

    def _message(self, event: RoomEvent) -> None:
        edited = Relation.parse(event.content).replaces
        if edited is None:
            seen = _seen(event)
            if seen is not None:
                later = self._edits.get(event.event_id)
                self._keep(_edit(seen, later[1]) if later else seen)
            return
        self._edits[edited] = (event.event_id, event)
        original = self._timelines.get(event.room_id, {}).get(edited)
        if original is not None:
            self._keep(_edit(original, event))

    def _keep(self, seen: Seen) -> None:
        timeline = self._timelines.setdefault(seen.room_id, {})
        timeline[seen.event_id] = seen
        while len(timeline) > KEEP_MESSAGES:
            timeline.pop(next(iter(timeline)))
        for watcher in self.watchers:
            watcher(seen)

    async def _changed(self, room_id: str) -> None:
        self.on_change(room_id)
        async with self._news:
            self._news.notify_all()

    async def _until(self, waiting: Any, seconds: float, what: str) -> None:
        """Wait for `waiting`, but not longer than the client runs."""
        assert self._running is not None  # noqa: S101 - set by open
        task = asyncio.ensure_future(waiting)
        try:
            done, _ = await asyncio.wait({task, self._running}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            task.cancel()
        if self._running in done and task not in done:
            self._running.result()
        if task not in done:
            raise TimedOut(f"{self.user_id} waited {seconds:.0f} s for {what}")


def _seen(event: RoomEvent) -> Seen | None:
    body, formatted = event.content.get("body"), event.content.get("formatted_body")
    if not isinstance(body, str):
        return None
    relation = Relation.parse(event.content)
    return Seen(
        event_id=event.event_id,
        room_id=event.room_id,
        sender=event.sender,
        body=body,
        file=event.content["file"] if isinstance(event.content.get("file"), dict) else None,
        formatted_body=formatted if isinstance(formatted, str) else None,
        encrypted=event.encrypted,
        trust=event.trust,
        timestamp=event.timestamp,
        notice=event.content.get("msgtype") == "m.notice",
        thread=relation.thread,
        reply_to=relation.reply_to,
    )


def _edit(original: Seen, edit: RoomEvent) -> Seen:
    """The message with the edit applied; unchanged where the edit is not its author's or is malformed."""
    content = edit.content.get("m.new_content")
    if edit.sender != original.sender or not isinstance(content, dict) or not isinstance(content.get("body"), str):
        return original
    if original.encrypted and not edit.encrypted:
        return original
    formatted = content.get("formatted_body")
    return replace(
        original,
        body=content["body"],
        formatted_body=formatted if isinstance(formatted, str) else None,
        trust=min(original.trust, edit.trust),
        edited=True,
    )
