"""What a homeserver says of a user's devices, checked: which are self-signed, which the user's own identity signed.

The homeserver is not believed: a device counts only with its own signature, and as cross-signed only through the chain
master key -> self-signing key -> device.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bots.framework.signing import decode, is_signed

_KEY_BYTES = 32


@dataclass(frozen=True)
class Device:
    """One device, with its own valid signature. `raw` is what was signed, with its signatures, and nothing else."""

    user_id: str
    device_id: str
    curve25519: str
    ed25519: str
    cross_signed: bool
    raw: Mapping[str, Any] = field(repr=False, compare=False, hash=False)


@dataclass(frozen=True)
class UserKeys:
    """A user's devices by id, and the public master key of their cross-signing identity where there is one."""

    user_id: str
    devices: Mapping[str, Device]
    master: str | None = None
    self_signing: str | None = None

    @property
    def incomplete(self) -> bool:
        """Whether a device bears the signature of an identity that the answer left out.

        Synapse answers so for some tenths of a second while it fetches a user of another homeserver anew.
        """
        return self.self_signing is None and any(
            set(device.raw["signatures"][self.user_id]) - {f"ed25519:{device_id}"}
            for device_id, device in self.devices.items()
        )

    def by_curve(self, curve25519: str) -> Device | None:
        """The device with that identity key, or None where the user has none."""
        return next((device for device in self.devices.values() if device.curve25519 == curve25519), None)


def parse_user_keys(user_id: str, answer: Mapping[str, Any]) -> UserKeys:
    """What an answer to `/keys/query` says of `user_id`. What is malformed or not signed is left out."""
    master = _cross_signing_key(user_id, "master", _of(answer, "master_keys", user_id))
    self_signing = None
    if master is not None:
        candidate = _of(answer, "self_signing_keys", user_id)
        key = _cross_signing_key(user_id, "self_signing", candidate)
        if key is not None and is_signed(candidate, user_id, master, master):
            self_signing = key
    devices = {}
    for device_id, raw in _of(answer, "device_keys", user_id).items():
        device = _device(user_id, device_id, raw, self_signing)
        if device is not None:
            devices[device.device_id] = device
    return UserKeys(user_id, devices, master, self_signing)


def _device(user_id: str, device_id: str, raw: object, self_signing: str | None) -> Device | None:
    if not isinstance(raw, dict) or raw.get("user_id") != user_id or raw.get("device_id") != device_id:
        return None
    keys = raw.get("keys")
    if not isinstance(keys, dict):
        return None
    curve, ed = keys.get(f"curve25519:{device_id}"), keys.get(f"ed25519:{device_id}")
    if not (_is_key(curve) and _is_key(ed)) or not is_signed(raw, user_id, device_id, str(ed)):
        return None
    crossed = self_signing is not None and is_signed(raw, user_id, self_signing, self_signing)
    signed = {name: value for name, value in raw.items() if name != "unsigned"}  # any server on the way writes that
    return Device(user_id, device_id, str(curve), str(ed), crossed, signed)


def _cross_signing_key(user_id: str, usage: str, raw: Mapping[str, Any]) -> str | None:
    """The public key in a cross-signing key object, which holds exactly one for its usage."""
    keys, usages = raw.get("keys"), raw.get("usage")
    if raw.get("user_id") != user_id or not isinstance(usages, list) or usage not in usages:
        return None
    if not isinstance(keys, dict) or len(keys) != 1:
        return None
    [(key_id, public)] = keys.items()
    return public if _is_key(public) and key_id == f"ed25519:{public}" else None


def _is_key(text: object) -> bool:
    if not isinstance(text, str):
        return False
    try:
        return len(decode(text)) == _KEY_BYTES
    except ValueError:
        return False


def _of(answer: Mapping[str, Any], section: str, user_id: str) -> dict[str, Any]:
    users = answer.get(section)
    value = users.get(user_id) if isinstance(users, dict) else None
    return value if isinstance(value, dict) else {}
