"""Our own cross-signing identity: three seeds, and the signed objects that publish it. Pure.

matrix-nio has none of it: without, our device is unsigned, and strict clients neither read us nor give us keys.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bots.framework.signing import canonical, decode, encode, public_key, signature

_SEED_BYTES = 32
USAGES = ("master", "self_signing", "user_signing")


@dataclass(frozen=True)
class Identity:
    """The seeds (32 bytes each) of a user's identity."""

    user_id: str
    master: bytes = field(repr=False)
    self_signing: bytes = field(repr=False)
    user_signing: bytes = field(repr=False)

    @classmethod
    def new(cls, user_id: str) -> Self:
        """An identity that never was."""
        return cls(user_id, *(os.urandom(_SEED_BYTES) for _ in USAGES))

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """The identity that `to_json` wrote. Raises `KeyError` or `ValueError`."""
        return cls(str(value["user_id"]), *(decode(value[usage]) for usage in USAGES))

    def to_json(self) -> dict[str, str]:
        """The seeds, for a private file or the secret storage only."""
        return {"user_id": self.user_id, **{usage: encode(self.seed(usage)) for usage in USAGES}}

    def seed(self, usage: str) -> bytes:
        """The seed for `usage`, one of `USAGES`."""
        return {"master": self.master, "self_signing": self.self_signing, "user_signing": self.user_signing}[usage]

    def public(self, usage: str) -> str:
        """The public key for `usage`."""
        return public_key(self._key(usage))

    def upload(self, device_id: str, sign_as_device: Callable[[bytes], str]) -> dict[str, Any]:
        """The body of `/keys/device_signing/upload`: the three keys, the master signed by our device too."""
        objects = {usage: self._object(usage) for usage in USAGES}
        objects["master"]["signatures"] = {
            self.user_id: {f"ed25519:{device_id}": sign_as_device(canonical(objects["master"]))}
        }
        master = self._key("master")
        for usage in ("self_signing", "user_signing"):
            signed = {f"ed25519:{self.public('master')}": signature(master, objects[usage])}
            objects[usage]["signatures"] = {self.user_id: signed}
        return {f"{usage}_key": value for usage, value in objects.items()}

    def sign_device(self, device_keys: dict[str, Any]) -> dict[str, Any]:
        """`device_keys` with the signature of the self-signing key alone, for `/keys/signatures/upload`."""
        signed = {key: value for key, value in device_keys.items() if key not in ("signatures", "unsigned")}
        by = f"ed25519:{self.public('self_signing')}"
        return {**signed, "signatures": {self.user_id: {by: signature(self._key("self_signing"), signed)}}}

    def _object(self, usage: str) -> dict[str, Any]:
        public = self.public(usage)
        return {"user_id": self.user_id, "usage": [usage], "keys": {f"ed25519:{public}": public}}

    def _key(self, usage: str) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed(usage))
