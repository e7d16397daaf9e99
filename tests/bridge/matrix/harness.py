"""The Matrix side with a handler that remembers, and people who use matrix-nio."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

import nio

from bridge.matrix.config import KeyPolicy, MatrixConfig, Registration, bridge_user
from bridge.matrix.side import MatrixRoomSide
from bridge.ports import Invite, Reaction, Redaction, RoomMessage, Unreadable, Upgrade
from contract.ids import MatrixId, RoomId
from synapse_config.accounts import Session
from synapse_config.run import Running

WAIT = 40.0
T = TypeVar("T")


@dataclass
class Recorder:
    """What the middle of the bridge was told. `fail` raises what it says before the next message is taken."""

    told: list[Any] = field(default_factory=list)
    fail: list[Exception] = field(default_factory=list)
    on_told: Callable[[Any], None] = lambda _thing: None
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def _tell(self, thing: Any) -> None:
        self.on_told(thing)
        if self.fail:
            raise self.fail.pop(0)
        async with self._news:
            self.told.append(thing)
            self._news.notify_all()

    async def on_message(self, message: RoomMessage) -> None:
        await self._tell(message)

    async def on_unreadable(self, event: Unreadable) -> None:
        await self._tell(event)

    async def on_reaction(self, reaction: Reaction) -> None:
        await self._tell(reaction)

    async def on_redaction(self, redaction: Redaction) -> None:
        await self._tell(redaction)

    async def on_upgrade(self, upgrade: Upgrade) -> None:
        await self._tell(upgrade)

    async def on_arranged(self, space: RoomId) -> None:
        await self._tell(("arranged", space))

    async def on_invite(self, invite: Invite) -> None:
        await self._tell(invite)

    async def on_members_changed(self, room: RoomId) -> None:
        await self._tell(("members", room))

    async def on_left(self, room: RoomId) -> None:
        await self._tell(("left", room))

    async def wait(self, kind: type[T], which: Callable[[T], bool] = lambda _: True) -> T:
        """The first thing of this kind that `which` is true for, told already or soon."""
        found: list[T] = []

        def there() -> bool:
            found[:] = [thing for thing in self.told if isinstance(thing, kind) and which(thing)]
            return bool(found)

        async with asyncio.timeout(WAIT), self._news:
            await self._news.wait_for(there)
        return found[0]

    def messages(self, room: RoomId) -> list[str]:
        return [thing.body for thing in self.told if isinstance(thing, RoomMessage) and thing.room == room]


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until `holds`, which nothing announces."""
    async with asyncio.timeout(WAIT):
        while not await holds():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.05)


def config(servers: Running, folder: Path, policy: KeyPolicy = KeyPolicy.ALL_DEVICES, **other: Any) -> MatrixConfig:
    return MatrixConfig(
        homeserver_url=servers.client_url("hub"),
        user_id=bridge_user("parvis", servers.rendered.hub.server_name),
        registration=Registration.read(servers.rendered.registration),
        data=folder / "data",
        secrets=folder / "secrets",
        port=servers.federation.appservice.port,
        key_policy=policy,
        **other,
    )


class Bridge:
    """The Matrix side, started and running."""

    def __init__(self, settings: MatrixConfig) -> None:
        self.settings = settings
        self.told = Recorder()
        self.side = MatrixRoomSide(settings)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        try:
            await self.side.start(self.told)
        except BaseException:
            await self.side.stop()
            raise
        self._task = asyncio.create_task(self.side.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        outcome = await asyncio.gather(self._task, return_exceptions=True)
        await self.side.stop()
        assert isinstance(outcome[0], asyncio.CancelledError), outcome

    async def join_invited(self, room: RoomId) -> None:
        await self.told.wait(Invite, lambda invite: invite.room == room)
        await self.side.join(room)

    async def say(self, room: RoomId, body: str, txn_id: str | None = None, **content: Any) -> str:
        sealed = await self.side.seal(room, "m.room.message", {"msgtype": "m.notice", "body": body, **content})
        return await self.side.send(room, txn_id or f"test-{body}", sealed)


class Person:
    """Somebody with an encrypting client, whose device is signed by nobody."""

    def __init__(self, url: str, session: Session, folder: Path) -> None:
        settings = nio.AsyncClientConfig(encryption_enabled=True, store_sync_tokens=True)
        self.client = nio.AsyncClient(
            url, session.user_id, device_id=session.device_id, store_path=str(folder), config=settings
        )
        self.client.restore_login(session.user_id, session.device_id, session.access_token)
        self.client.add_event_callback(self._on_message, nio.RoomMessageText)  # type: ignore[arg-type]
        self.client.add_event_callback(self._on_message, nio.RoomMessageNotice)  # type: ignore[arg-type]
        self.client.add_event_callback(self._on_message, nio.MegolmEvent)
        self.seen: list[Any] = []

    @property
    def user_id(self) -> MatrixId:
        return MatrixId(self.client.user_id)

    async def __aenter__(self) -> Self:
        await self.sync()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()

    def _on_message(self, _room: nio.MatrixRoom, event: Any) -> None:
        if event.sender != self.client.user_id:
            self.seen.append(event)

    async def sync(self, wait_ms: int = 0) -> None:
        response = await self.client.sync(timeout=wait_ms)
        assert isinstance(response, nio.SyncResponse), response
        if self.client.should_upload_keys:
            await self.client.keys_upload()
        if self.client.should_query_keys:
            await self.client.keys_query()

    async def create_room(self, *invited: str, encrypted: bool = True, direct: bool = False) -> RoomId:
        state = [{"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}]
        response = await self.client.room_create(
            initial_state=state if encrypted else (),
            invite=invited,
            is_direct=direct,
            preset=None if encrypted else nio.RoomPreset.public_chat,
        )
        assert isinstance(response, nio.RoomCreateResponse), response
        return RoomId(response.room_id)

    async def join(self, room: RoomId) -> None:
        await self.until(lambda: room in self.client.invited_rooms)
        response = await self.client.join(room)
        assert isinstance(response, nio.JoinResponse), response
        await self.until(lambda: room in self.client.rooms)

    async def until(self, there: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT):
            while not there():
                await self.sync(wait_ms=1000)

    async def send(self, room: RoomId, body: str, **content: Any) -> str:
        await self.until(lambda: room in self.client.rooms)
        response = await self.client.room_send(
            room,
            "m.room.message",
            {"msgtype": "m.text", "body": body, **content},
            ignore_unverified_devices=True,
        )
        assert isinstance(response, nio.RoomSendResponse), response
        return str(response.event_id)

    async def sees(self, body: str) -> Any:
        """The decrypted event of that text, when it is there."""
        found: list[Any] = []

        def there() -> bool:
            found[:] = [event for event in self.seen if getattr(event, "body", None) == body]
            return bool(found)

        await self.until(there)
        return found[0]

    async def finds(self, room: RoomId, body: str) -> Any:
        """The decrypted event of that text, from before they were in the room: clients page back to it."""
        async with asyncio.timeout(WAIT):
            while True:
                await self.sync()
                page = await self.client.room_messages(room, self.client.next_batch, limit=50)
                for event in getattr(page, "chunk", ()):
                    if getattr(event, "body", None) == body:
                        return event
                await asyncio.sleep(0.2)  # its homeserver fetches it from ours, and tells nobody when

    async def sees_unreadable(self, event_id: str) -> nio.MegolmEvent:
        found: list[nio.MegolmEvent] = []

        def there() -> bool:
            found[:] = [e for e in self.seen if isinstance(e, nio.MegolmEvent) and e.event_id == event_id]
            return bool(found)

        await self.until(there)
        return found[0]
