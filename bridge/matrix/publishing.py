"""Publishes the device's keys: its identity keys once, one-time keys as they are used up, and the fallback key.

Keys are stored before they are published: the homeserver must never give out a key that a crash makes us forget.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from mautrix.crypto.signature import sign_olm
from mautrix.types import DeviceID

from bridge.matrix.homeserver import Homeserver, path
from bridge.matrix.machine import Machine

log = logging.getLogger(__name__)

_ALGORITHM = "signed_curve25519"


class Publisher:
    """Keeps the homeserver supplied with the device's keys."""

    def __init__(self, homeserver: Homeserver, machine: Machine) -> None:
        self._homeserver = homeserver
        self._machine = machine

    async def first(self) -> None:
        """At a start: whatever is missing. Raises `RoomError`."""
        answer = await self._homeserver.request("POST", path("keys", "upload"), {})
        shared = bool(self._machine.account and self._machine.account.shared)
        # Whether the fallback key was used is in each sync; here it is only made where there never was one.
        await self.supply(_count(answer.get("one_time_key_counts")), fallback_unused=shared)

    async def after_sync(self, answer: Mapping[str, Any]) -> None:
        """What a sync's answer says of the keys that are left. Raises `RoomError`."""
        counts, unused = answer.get("device_one_time_keys_count"), answer.get("device_unused_fallback_key_types")
        if isinstance(counts, dict):
            await self.supply(_count(counts), fallback_unused=not isinstance(unused, list) or _ALGORITHM in unused)

    async def supply(self, count: int, *, fallback_unused: bool) -> None:
        """Publish what is missing where the homeserver has `count` one-time keys left. Raises `RoomError`."""
        account = self._machine.account
        if account is None:
            raise RuntimeError("the machine was not loaded")
        wanted = account.max_one_time_keys
        if account.shared and fallback_unused and count > wanted // 2:
            return
        pending = len(account.one_time_keys["curve25519"])
        account.generate_one_time_keys(max(wanted - count - pending, 0))
        if not fallback_unused and not account.fallback_key:
            account.generate_fallback_key()
        await self._machine.crypto_store.put_account(account)
        await self._homeserver.request("POST", path("keys", "upload"), self._body())
        account.mark_keys_as_published()
        account.shared = True
        await self._machine.crypto_store.put_account(account)
        log.info("published keys: %d one-time, %s fallback", wanted - count, "no" if fallback_unused else "a new")

    def _body(self) -> dict[str, Any]:
        account, client = self._machine.account, self._machine.client
        if account is None:
            raise RuntimeError("the machine was not loaded")
        body: dict[str, Any] = {
            "one_time_keys": {
                f"{_ALGORITHM}:{name}": self._signed({"key": key})
                for name, key in account.one_time_keys["curve25519"].items()
            },
            "fallback_keys": {
                f"{_ALGORITHM}:{name}": self._signed({"key": key, "fallback": True})
                for name, key in account.fallback_key.items()
            },
        }
        if not account.shared:
            body["device_keys"] = account.get_device_keys(client.mxid, client.device_id).serialize()
        return body

    def _signed(self, key: dict[str, Any]) -> dict[str, Any]:
        client, account = self._machine.client, self._machine.account
        signature = sign_olm(dict(key), account)
        return {**key, "signatures": {client.mxid: {f"ed25519:{DeviceID(client.device_id)}": signature}}}


def _count(counts: object) -> int:
    value = counts.get(_ALGORITHM, 0) if isinstance(counts, dict) else 0
    return value if isinstance(value, int) and value >= 0 else 0
