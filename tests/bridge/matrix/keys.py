"""The bridge's machine on a real database, with a homeserver that says of devices what a test wants."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mautrix.crypto.account import OlmAccount
from mautrix.crypto.signature import sign_olm
from mautrix.crypto.store import PgCryptoStateStore
from mautrix.types import DeviceID, IdentityKey, UserID
from mautrix.util.async_db import Database

from bridge.matrix import database
from bridge.matrix.config import KeyPolicy
from bridge.matrix.keystore import KeyStore
from bridge.matrix.machine import Machine
from bridge.ports import RoomError
from contract.ids import MatrixId
from tests.bridge.fakes import PARVIS


@dataclass
class Device:
    """Somebody's device, with keys of its own."""

    user: MatrixId
    name: str
    account: OlmAccount = field(default_factory=OlmAccount)

    def listed(self, **unsigned_or_other: Any) -> dict[str, Any]:
        """Its keys as its server lists them. What is given replaces or adds fields after it has signed them."""
        keys = self.account.get_device_keys(UserID(self.user), DeviceID(self.name)).serialize()
        return {**keys, **unsigned_or_other}

    def one_time_key(self) -> dict[str, Any]:
        """A one-time key as it is claimed."""
        self.account.generate_one_time_keys(1)
        ((name, key),) = self.account.one_time_keys["curve25519"].items()
        self.account.mark_keys_as_published()
        signature = sign_olm({"key": key}, self.account)
        return {
            f"signed_curve25519:{name}": {"key": key, "signatures": {self.user: {f"ed25519:{self.name}": signature}}}
        }

    def writes(self, machine: Machine, type_: str, content: dict[str, Any]) -> dict[str, Any]:
        """A to-device message of it to the bridge, encrypted as the first of a session."""
        account: Any = machine.account
        account.generate_one_time_keys(1)
        (key,) = account.one_time_keys["curve25519"].values()
        account.mark_keys_as_published()
        session = self.account.new_outbound_session(account.identity_key, IdentityKey(key))
        inside = {
            "type": type_,
            "content": content,
            "sender": self.user,
            "sender_device": self.name,
            "keys": {"ed25519": self.account.signing_key},
            "recipient": PARVIS,
            "recipient_keys": {"ed25519": account.signing_key},
        }
        ciphertext: Any = session.encrypt(json.dumps(inside))
        outside = {
            "algorithm": "m.olm.v1.curve25519-aes-sha2",
            "sender_key": self.account.identity_key,
            "ciphertext": {account.identity_key: ciphertext.serialize()},
        }
        return {"type": "m.room.encrypted", "sender": self.user, "content": outside}


@dataclass
class FakeHomeserver:
    """Answers what concerns keys: `query`, `claim`, and `sync` one after the other. `sent` is what went to devices."""

    query: dict[str, Any] = field(default_factory=dict)
    claim: dict[str, Any] | RoomError = field(default_factory=dict)
    sync: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    user_id: MatrixId = PARVIS
    device_id: str = "PARVIS"
    url: str = "http://hub.test"
    session: object = field(default_factory=object)

    async def request(self, _method: str, path: str, body: Any = None, **_: object) -> dict[str, Any]:
        self.asked.append(path.rsplit("/v3/", 1)[1])
        if path.endswith("/sync"):
            return {"next_batch": f"s{len(self.asked)}", **(self.sync.pop(0) if self.sync else {})}
        if path.endswith("/keys/query"):
            return self.query
        if path.endswith("/keys/claim"):
            if isinstance(self.claim, RoomError):
                raise self.claim
            return self.claim
        if "/sendToDevice/" in path:
            self.sent.append(body["messages"])
        return {}

    def lists(self, *devices: dict[str, Any]) -> None:
        """These are all devices there are."""
        listed: dict[str, Any] = {}
        for device in devices:
            listed.setdefault(device["user_id"], {})[device["device_id"]] = device
        self.query = {"device_keys": listed}


@dataclass
class Keys:
    """What a test speaks to."""

    db: Database
    store: KeyStore
    state: PgCryptoStateStore
    homeserver: FakeHomeserver
    machine: Machine


@asynccontextmanager
async def keys_in(folder: Path) -> AsyncIterator[Keys]:
    """The machine of a bridge whose database is in `folder`."""
    async with database.opened(f"sqlite:///{folder / 'matrix.db'}") as db:
        store, state, homeserver = KeyStore("pickle", db), PgCryptoStateStore(db), FakeHomeserver()
        machine: Any = Machine(homeserver, store, state, KeyPolicy.ALL_DEVICES)  # type: ignore[arg-type]
        machine.client.device_id = DeviceID("PARVIS")
        await store.put_device_id(DeviceID("PARVIS"))
        await machine.load()
        yield Keys(db, store, state, homeserver, machine)
