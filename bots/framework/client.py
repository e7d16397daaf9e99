"""`SafeClient`: one signed-in, cross-signed device that keeps up with its rooms and writes only where it is encrypted.

A client is opened, given a `Listener`, and run until it is cancelled. Its place in the sync is stored after everything
before it was handled: after any crash an event may be handed over again, never lost; events that were handled are
remembered by id.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self
from uuid import uuid4
from weakref import WeakValueDictionary

from bots.framework.directory import KeyDirectory
from bots.framework.errors import BotError, HomeserverRefused, HomeserverUnavailable, NotInRoom
from bots.framework.files import claimed, private_dir, secret_of
from bots.framework.homeserver import Homeserver, quoted
from bots.framework.identity import cross_sign, publish_device
from bots.framework.intake import Intake
from bots.framework.listener import Listener
from bots.framework.login import sign_in
from bots.framework.machine import Machine
from bots.framework.pump import Pump
from bots.framework.rooms import MEGOLM, Room
from bots.framework.sender import RoomSender
from bots.framework.state import State
from bots.framework.sync import events
from bots.framework.trust import Trust

logger = logging.getLogger(__name__)

#: Seconds between the tries to join a room that we are said not to be invited to.
_JOIN_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True)
class ClientSettings:
    """Who signs in where. `directory` holds the keys of this device (mode 700) and belongs to one process at a time.

    `secrets` is where the identity's seeds and the store's key are kept, `directory` where that is None.
    `shares_with` is the least trust of a device that may read what we write; `history_events` is how
    many events from before we joined a room are asked for. Without `shares_with_invited`, people who
    are only invited can read what we write in a direct chat, and elsewhere not.
    """

    homeserver_url: str
    user_id: str
    password: str
    directory: Path
    secrets: Path | None = None
    device_name: str = "Parvis"
    shares_with: Trust = Trust.KNOWN_DEVICE
    history_events: int = 0
    shares_with_invited: bool = True

    def __repr__(self) -> str:
        return f"ClientSettings({self.user_id} at {self.homeserver_url})"


class SafeClient:
    """One device. Make it with `open`."""

    def __init__(
        self,
        settings: ClientSettings,
        homeserver: Homeserver,
        machine: Machine,
        state: State,
        claim: IO[str],
        *,
        cross_signed: bool,
    ) -> None:
        self.settings = settings
        self.user_id = machine.user_id
        self.device_id = machine.device_id
        self.cross_signed = cross_signed
        self.rooms: dict[str, Room] = {}
        self.state = state
        self.homeserver = homeserver
        self._machine = machine
        self._claim = claim
        self.directory = KeyDirectory(homeserver, machine)
        self._sender = RoomSender(
            homeserver,
            machine,
            self.directory,
            state.pinned_master,
            shares_with=settings.shares_with,
            shares_with_invited=settings.shares_with_invited,
        )
        self._intake = Intake(machine, self.directory, state)
        self._direct_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # one while it is held
        self._direct_list = asyncio.Lock()

    @classmethod
    async def open(cls, settings: ClientSettings, *, strict_identity: bool = True) -> Self:
        """Sign in, publish the device's keys and cross-sign it.

        Raises `StoreInUse`, `LoginRefused`, `DeviceKeysDiffer`, `HomeserverUnavailable`, and with `strict_identity`
        `IdentityReplaced`; without it the device stays unsigned then (`cross_signed` is False).
        """
        directory = private_dir(settings.directory)
        secrets = private_dir(settings.secrets or settings.directory)
        claim = claimed(directory)
        homeserver = Homeserver(settings.homeserver_url)
        try:
            credentials = await sign_in(
                homeserver, settings.user_id, settings.password, directory / "credentials.json", settings.device_name
            )
            pickle_key = secret_of(secrets / "store.key")
            machine = Machine(credentials.user_id, credentials.device_id, directory, pickle_key)
            await publish_device(homeserver, machine)
            cross_signed = await _cross_sign(homeserver, machine, settings, secrets, strict=strict_identity)
        except BaseException:
            await homeserver.close()
            claim.close()
            raise
        state = State(directory / "state.db")
        return cls(settings, homeserver, machine, state, claim, cross_signed=cross_signed)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connections and the files."""
        await self.homeserver.close()
        self._machine.close()
        self.state.close()
        self._claim.close()

    async def run(self, listener: Listener) -> None:
        """Keep up with the homeserver until cancelled. Raises `LoginRefused` when we are signed out."""
        pump = Pump(self, listener, self._machine, self._intake, self._sender)
        await pump.run()

    # -- rooms

    async def room(self, room_id: str) -> Room:
        """The room as we know it, asked for where the sync has not told of it yet. Raises `NotInRoom`."""
        known = self.rooms.get(room_id)
        return known if known is not None else await self._whole_room(room_id)

    async def _whole_room(self, room_id: str) -> Room:
        """The room with all of its state now: the sync tells of a new room bit by bit."""
        try:
            answer = await self.homeserver.get(f"/rooms/{quoted(room_id)}/state")
        except HomeserverRefused as error:
            if error.status in (403, 404):
                raise NotInRoom(f"we are not in {room_id}") from error
            raise
        room = self.rooms.setdefault(room_id, Room(room_id))
        for event in answer["list"]:
            if isinstance(event, dict):
                room.apply(event)
        if room_id in self.state.encrypted_rooms():
            room.encrypted = True
        if room.encrypted:
            self.state.room_is_encrypted(room_id)
        return room

    async def read_members(self, room_id: str) -> None:
        """Ask who is in a room that we are in: only the homeserver knows.

        Where a room's history forks (and each join from another homeserver may fork it), the sync tells of memberships
        that were replaced after those that replaced them (MSC4222).
        """
        room = self.rooms.get(room_id)
        if room is None:
            return
        try:
            answer = await self.homeserver.get(f"/rooms/{quoted(room_id)}/members", {"not_membership": "leave"})
        except HomeserverRefused as error:
            if error.status not in (403, 404):
                raise
            return  # we have just left: the next sync says so
        room.only_members(events(answer.get("chunk")))

    async def join(self, room_id: str) -> Room:
        """Join the room (one that we were invited to). Raises `HomeserverRefused` where we may not.

        Who is quick is refused at first: the inviting homeserver has not stored its own invitation.
        """
        for pause in (*_JOIN_PAUSES, None):
            try:
                await self.homeserver.post(f"/join/{quoted(room_id)}", {})
                break
            except HomeserverRefused as error:
                if error.code != "M_FORBIDDEN" or pause is None:
                    raise
                await asyncio.sleep(pause)
        self.state.answered(room_id)
        return await self._whole_room(room_id)

    async def leave(self, room_id: str) -> None:
        """Leave the room, or refuse the invitation."""
        await self.homeserver.post(f"/rooms/{quoted(room_id)}/leave", {})
        self.state.answered(room_id)
        self.rooms.pop(room_id, None)

    async def invite(self, room_id: str, user_id: str) -> None:
        """Invite somebody."""
        await self.homeserver.post(f"/rooms/{quoted(room_id)}/invite", {"user_id": user_id})

    async def create_room(
        self, *, name: str | None = None, invite: Sequence[str] = (), direct: bool = False, encrypted: bool = True
    ) -> Room:
        """A new private room of ours, encrypted unless said otherwise (an unencrypted one can't be written in)."""
        private = "trusted_private_chat" if direct else "private_chat"
        body: dict[str, Any] = {
            # our homeservers encrypt what has a private preset, whatever was asked for
            "preset": private if encrypted else "public_chat",
            "visibility": "private",
            "invite": list(invite),
            "is_direct": direct,
        }
        if name:
            body["name"] = name
        if encrypted:
            body["initial_state"] = [{"type": "m.room.encryption", "state_key": "", "content": {"algorithm": MEGOLM}}]
        answer = await self.homeserver.post("/createRoom", body, patience=0)
        return await self._whole_room(str(answer["room_id"]))

    async def direct(self, user_id: str) -> Room:
        """The encrypted direct chat with `user_id`: the one that there is, else a new one."""
        async with self._direct_locks.setdefault(user_id, asyncio.Lock()):
            for room_id in reversed(_strings((await self._direct_chats()).get(user_id))):
                room = await self._room_or_none(room_id)
                if room is not None and self.is_direct(room, user_id):
                    return room
            room = await self.create_room(invite=[user_id], direct=True)
            await self.note_direct(room.room_id, user_id)
            return room

    async def note_direct(self, room_id: str, user_id: str) -> None:
        """Remember that a room is the direct chat with `user_id`."""
        async with self._direct_list:
            chats = await self._direct_chats()
            rooms = _strings(chats.get(user_id))
            if room_id not in rooms:
                await self.homeserver.put(self._direct_path, {**chats, user_id: [*rooms, room_id]})

    def is_direct(self, room: Room, user_id: str | None = None) -> bool:
        """Whether the room is encrypted and holds nobody (invited neither) but us and one other (`user_id`)."""
        others = set(room.members) - {self.user_id}
        return room.encrypted and len(others) == 1 and (user_id is None or user_id in others)

    # -- messages

    async def send(
        self,
        room_id: str,
        content: Mapping[str, Any],
        *,
        type_: str = "m.room.message",
        transaction: str | None = None,
        only_to: frozenset[str] | None = None,
        even_untrusted: bool = False,
    ) -> str:
        """Send an encrypted event and give its id. With a `transaction` of one's own it can be sent again safely.

        With `only_to`, nobody but these users (and us) can read it; with `even_untrusted`, devices too that are trusted
        less than the settings ask for: for what anybody may know. Raises `AudienceChanged` if anybody else could,
        `NotEncrypted`, `NotInRoom`, `HomeserverRefused` or `HomeserverUnavailable`.
        """
        room = await self.room(room_id)
        return await self._sender.send(
            room, type_, content, transaction or uuid4().hex, only_to=only_to, even_untrusted=even_untrusted
        )

    async def typing(self, room_id: str, *, seconds: float) -> None:
        """Show that we are busy for at most `seconds`; 0 stops it."""
        path = f"/rooms/{quoted(room_id)}/typing/{quoted(self.user_id)}"
        await self.homeserver.put(path, {"typing": seconds > 0, "timeout": int(seconds * 1000)})

    @property
    def _direct_path(self) -> str:
        return f"/user/{quoted(self.user_id)}/account_data/m.direct"

    async def _direct_chats(self) -> dict[str, Any]:
        try:
            return await self.homeserver.get(self._direct_path)
        except HomeserverRefused as error:
            if error.status == 404:
                return {}
            raise

    async def _room_or_none(self, room_id: str) -> Room | None:
        try:
            return await self.room(room_id)
        except NotInRoom:
            return None


async def _cross_sign(
    homeserver: Homeserver, machine: Machine, settings: ClientSettings, secrets: Path, *, strict: bool
) -> bool:
    try:
        await cross_sign(homeserver, machine, settings.password, secrets)
    except HomeserverUnavailable:
        raise
    except BotError as error:
        if strict:
            raise
        logger.warning("device not cross-signed: %s", error)
        return False
    return True


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
