"""How far a message can be believed to come from its sender. Pure: values in, a verdict out.

matrix-nio decrypts an event whoever's session encrypted it. So the session is bound to the sender here: the identity
key that Olm authenticated must be of a device of the sender, and that device's signing key the one that was claimed
inside the Olm message.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from bots.framework.devices import Device, UserKeys
from bots.framework.errors import Forged


class Trust(IntEnum):
    """From least to most. A policy (`at_least`) is `KNOWN_DEVICE` or `CROSS_SIGNED`."""

    CLEARTEXT = 0
    """Not encrypted: anybody on the way may have written it."""
    UNKNOWN_DEVICE = 1
    """Encrypted by a session that was forwarded to us: who began it is hearsay."""
    KNOWN_DEVICE = 2
    """Encrypted by a device that the sender's homeserver lists, which proves its own keys."""
    OTHER_IDENTITY = 3
    """… and which an identity of the sender signed, but another than when we first saw one: either they began it anew,
    or their homeserver made it up."""
    CROSS_SIGNED = 4
    """… and which the sender's identity signed, the same as when we first saw it."""

    @classmethod
    def policy(cls, name: str) -> Trust:
        """The least trust that `name` (`known-device`, `cross-signed`) asks for. Raises `ValueError`."""
        try:
            return _POLICIES[name]
        except KeyError:
            raise ValueError(f"a least trust is one of {', '.join(_POLICIES)}, not {name!r}") from None


_POLICIES = {"known-device": Trust.KNOWN_DEVICE, "cross-signed": Trust.CROSS_SIGNED}


@dataclass(frozen=True)
class SessionOrigin:
    """Where a Megolm session came from: the keys of the Olm session that brought it, and whether it was forwarded."""

    curve25519: str
    ed25519: str
    forwarded: bool = False


def judge(origin: SessionOrigin, keys: UserKeys, pinned_master: str | None) -> Trust:
    """How far an event of `keys.user_id` that the session of `origin` encrypted is theirs.

    `pinned_master` is the master key that was first seen of them. Raises `Forged` where the session is of no device
    of theirs, or its device's signing key is not the claimed one.
    """
    device = keys.by_curve(origin.curve25519)
    if device is None:
        raise Forged(f"the session is of no device of {keys.user_id}")
    if device.ed25519 != origin.ed25519:
        raise Forged(f"the session claims another signing key than device {device.device_id} of {keys.user_id}")
    if origin.forwarded:
        return Trust.UNKNOWN_DEVICE
    return standing(device, keys.master, pinned_master)


def standing(device: Device, master: str | None, pinned_master: str | None) -> Trust:
    """How far a device is its user's, whose identity is `master` now and was `pinned_master` when we first saw one."""
    if not device.cross_signed:
        return Trust.KNOWN_DEVICE
    return Trust.CROSS_SIGNED if master == pinned_master else Trust.OTHER_IDENTITY
