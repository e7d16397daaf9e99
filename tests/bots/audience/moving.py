"""The edges of a bot while the world changes, around the sender that the bots have.

The workspace is that of the bridge's property, and so are the marks; who holds which key is kept here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any, cast
from uuid import UUID

from bots.framework.devices import Device, UserKeys
from bots.framework.errors import HomeserverUnavailable, NotInRoom
from bots.framework.rooms import Room
from bots.framework.sender import RoomSender
from bots.framework.trust import Trust
from contract.ids import MatrixId
from tests.bots.fake_client import FakeClient
from tests.bridge.audience.moving import Chance
from tests.bridge.audience.oracle import Leak, attempt, marks_in
from tests.bridge.fakes import FIND, SERVICES


class Holders:
    """The machine of a bot, as far as its sender knows it: whoever was given a room's key can read what it encrypts.

    `told` counts what was encrypted that carries marks, by the room.
    """

    user_id = str(FIND)
    curve25519 = "ours"

    def __init__(self, rooms: Mapping[str, Room], chance: Chance) -> None:
        self._rooms = rooms
        self._chance = chance
        self._of: dict[str, set[str]] = {}
        self.told: Counter[str] = Counter()

    def usable(self, room: str) -> bool:
        return room in self._of

    def renew(self, room: str) -> None:
        self._of[room] = set()

    def abandon(self, room: str) -> None:
        self._of.pop(room, None)

    def lacks_session(self, _device: Device) -> bool:
        return False

    def room_key(self, room: str, devices: Collection[Device]) -> dict[str, Any]:
        self._of[room] |= {device.user_id for device in devices}
        return {}

    def encrypt(self, room: str, _type: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """Raises `Leak` where one of those who have the key, or are there, may not read what is named: where the last
        answer to this very attempt, about all of these at least, was not that they may.
        """
        agents = frozenset(map(MatrixId, self._of[room] | self._rooms[room].joined)) - SERVICES
        named = {of for _, of in marks_in(content)}
        yes = attempt().yes
        if not all(any(of == one and agents <= members for members, one in yes) for of in named):
            raise Leak(f"step {self._chance.step}: {room} with {sorted(agents)} was told {content}")
        self.told[room.partition("-")[0]] += bool(named)
        return {"clear": content}


class MovingDirectory:
    """Everybody has one device."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance

    async def refresh(self, users: Collection[str]) -> dict[str, UserKeys]:
        await self._chance.pause()
        devices = {user: Device(user, "DEV", f"curve {user}", f"ed {user}", True, {}) for user in users}
        return {user: UserKeys(user, {"DEV": device}) for user, device in devices.items()}


class MovingHomeserver:
    """Takes what is sent, or is away."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance

    async def put(self, path: str, _body: Mapping[str, Any]) -> dict[str, Any]:
        await self._chance.pause()
        if self._chance.random.random() < 0.03:
            raise HomeserverUnavailable(path)
        return {"event_id": f"${self._chance.step}"}


class MovingClient(FakeClient):
    """A client with the real sender; each has a direct chat, and another where somebody came into the last one."""

    def __init__(self, chance: Chance) -> None:
        super().__init__(user_id=FIND)
        self._chance = chance
        self.holders = Holders(self.rooms, chance)
        self.sender = RoomSender(
            cast("Any", MovingHomeserver(chance)),
            cast("Any", self.holders),
            cast("Any", MovingDirectory(chance)),
            lambda _user, now: now,
            shares_with=Trust.KNOWN_DEVICE,
            shares_with_invited=False,
        )
        self.chats: dict[str, str] = {}

    def is_direct(self, in_room: Room, user_id: str) -> bool:
        return set(in_room.members) == {FIND, user_id}

    async def room(self, room_id: str) -> Room:
        await self._chance.pause()
        if room_id not in self.rooms:
            raise NotInRoom(room_id)
        return self.rooms[room_id]

    async def direct(self, user_id: str) -> Room:
        await self._chance.pause()
        known = self.rooms.get(self.chats.get(user_id, ""))
        if known is None or not self.is_direct(known, user_id):
            name = self.chats[user_id] = f"!chat-{len(self.rooms)}"
            known = self.rooms[name] = Room(name, encrypted=True, members={FIND: "join", user_id: "invite"})
        return known

    async def send(
        self,
        room_id: str,
        content: Mapping[str, Any],
        *,
        transaction: str,
        only_to: frozenset[str] | None = None,
        even_untrusted: bool = False,
    ) -> str:
        room = await self.room(room_id)
        return await self.sender.send(
            room, "m.room.message", content, transaction, only_to=only_to, even_untrusted=even_untrusted
        )


def heard(members: Collection[MatrixId], readable: Collection[UUID], *, instead: bool) -> None:
    """An attempt was told that all of these may read those; `instead` of what it was told of them before."""
    yes, those = attempt().yes, frozenset(members)
    for about in [about for about in yes if instead and about[0] == those]:
        del yes[about]
    yes.update({(those, of): 0 for of in readable})
