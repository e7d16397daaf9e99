"""Whose device is whose: the checked device keys of the users that we meet, kept fresh.

A user's keys are asked for when first needed, again when the sync says that they changed, and once more when an event
was encrypted by a device that we do not know (it may be minutes old).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from bots.framework.devices import UserKeys, parse_user_keys
from bots.framework.errors import KeysUnavailable
from bots.framework.homeserver import Homeserver
from bots.framework.machine import Machine
from contract.allowance import Allowance
from contract.ids import MatrixId

logger = logging.getLogger(__name__)

#: Seconds that the homeserver may wait for other homeservers.
_FEDERATION_MS = 10_000
#: Seconds between two questions about a user's devices because of a session that is of none of them.
_STRANGE_SESSION_PAUSE = 30.0
#: Users asked for in one request.
_USERS_A_REQUEST = 200
#: How often, and after how many seconds, an incomplete answer is asked for again.
_COMPLETING_TRIES, _COMPLETING_PAUSE = 6, 0.4


class KeyDirectory:
    """The device keys of users, checked, by way of `homeserver`; `machine` is told of them."""

    def __init__(self, homeserver: Homeserver, machine: Machine) -> None:
        self._homeserver = homeserver
        self._machine = machine
        self._known: dict[str, UserKeys] = {}
        self._stale: set[str] = set()
        self._strange: dict[tuple[str, str], float] = {}
        self._allowance = Allowance()
        self._lock = asyncio.Lock()

    def changed(self, users: Iterable[str]) -> None:
        """The sync says that these users' devices changed."""
        self._stale.update(user for user in users if user in self._known)

    def no_longer_shared(self, users: Iterable[str]) -> None:
        """We share no room with these users any more: the sync does not tell of their changes."""
        for user in users:
            self._known.pop(user, None)
            self._stale.discard(user)

    async def of(self, user: str) -> UserKeys:
        """The user's keys. Raises `KeysUnavailable` where they are not known and their homeserver does not answer."""
        await self.refresh((user,))
        if user not in self._known:
            raise KeysUnavailable(f"the devices of {user} are not known: their homeserver does not answer")
        return self._known[user]

    async def for_session(self, user: str, curve25519: str) -> UserKeys:
        """The user's keys, asked for anew where none of the known devices has that identity key.

        Raises `KeysUnavailable` also where that was done for too many sessions of theirs: they may be known later.
        """
        keys = await self.of(user)
        if keys.by_curve(curve25519) is not None:
            return keys
        now = asyncio.get_running_loop().time()
        self._strange = {asked: at for asked, at in self._strange.items() if now - at < _STRANGE_SESSION_PAUSE}
        if (user, curve25519) in self._strange:
            return keys
        if not self._allowance.take(MatrixId(user)):
            raise KeysUnavailable(f"too many sessions of {user} are of none of their devices")
        self._strange[user, curve25519] = now
        self._stale.add(user)
        return await self.of(user)

    async def refresh(self, users: Iterable[str]) -> dict[str, UserKeys]:
        """The keys of those of `users` that can be known, asked for where they are not known or have changed."""
        wanted = list(dict.fromkeys(users))
        async with self._lock:
            missing = [user for user in wanted if user not in self._known or user in self._stale]
            for _ in range(_COMPLETING_TRIES):
                for start in range(0, len(missing), _USERS_A_REQUEST):
                    await self._ask(missing[start : start + _USERS_A_REQUEST])
                missing = [user for user in missing if user in self._known and self._known[user].incomplete]
                if not missing:
                    break
                await asyncio.sleep(_COMPLETING_PAUSE)
        return {user: self._known[user] for user in wanted if user in self._known}

    async def _ask(self, users: list[str]) -> None:
        stale_before = {user for user in users if user in self._stale}
        self._stale -= stale_before  # a change that the sync tells of meanwhile marks them again
        try:
            answer = await self._homeserver.post(
                "/keys/query", {"device_keys": {user: [] for user in users}, "timeout": _FEDERATION_MS}
            )
        except BaseException:
            self._stale |= stale_before
            raise
        answered = answer.get("device_keys")
        asked_well = answered if isinstance(answered, dict) else {}
        fresh = []
        for user in users:
            if user in asked_well or not _failed(user, answer):
                self._known[user] = parse_user_keys(user, answer)
                fresh.append(self._known[user])
            elif user in self._known:
                self._stale.add(user)
        self._machine.know(fresh)


def _failed(user: str, answer: Mapping[str, Any]) -> bool:
    """Whether the homeserver says that it could not ask the user's server."""
    failures = answer.get("failures")
    return isinstance(failures, dict) and user.split(":", 1)[-1] in failures
