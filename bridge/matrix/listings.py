"""What servers say of devices and their keys, parsed here once: what makes no sense is left out, and nothing with it.

A device signs its keys, but not what is `unsigned` beside them, where it can have its server say anything: that is
never looked at.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mautrix.crypto.signature import verify_signature_json
from mautrix.types import CrossSigningKeys, DeviceID, DeviceIdentity, DeviceKeys, UserID

log = logging.getLogger(__name__)

Devices = Mapping[tuple[UserID, DeviceID], DeviceIdentity]


def well_formed(answer: Mapping[str, Any], asked: Iterable[str]) -> dict[str, Any]:
    """The part of an answer to a query of keys that is about users who were asked for, and can be parsed."""
    users = set(asked)
    kept: dict[str, Any] = {
        "failures": _object(answer, "failures"),
        "device_keys": {
            user: dict(_signed(DeviceKeys, devices))
            for user, devices in _object(answer, "device_keys").items()
            if user in users and isinstance(devices, dict)
        },
    }
    for usage in ("master_keys", "self_signing_keys", "user_signing_keys"):
        keys = {user: key for user, key in _object(answer, usage).items() if user in users}
        kept[usage] = dict(_signed(CrossSigningKeys, keys))
    return kept


def claimed(answer: Mapping[str, Any], devices: Devices) -> Iterator[tuple[DeviceIdentity, str]]:
    """The one-time keys in an answer to a claim that were signed by those of `devices` to which they belong."""
    listed = _object(answer, "one_time_keys")
    for (user, name), device in devices.items():
        for key in _object(_object(listed, user), name).values():
            if _is_signed(key) and isinstance(key.get("key"), str) and _is_by(device, key):
                yield device, key["key"]
                break
            log.warning("a one-time key of %s of %s makes no sense: left out", name, user)


def unreached(answer: Mapping[str, Any], users: Iterable[UserID]) -> set[UserID]:
    """Those of `users` whose server did not answer."""
    servers = tuple(f":{server}" for server in _object(answer, "failures"))
    return {user for user in users if user.endswith(servers)}


def _signed(
    kind: type[DeviceKeys] | type[CrossSigningKeys], listed: Mapping[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Those of `listed` that can be parsed, without what is not signed."""
    for name, value in listed.items():
        if _parses(kind, value):
            yield name, {field: of for field, of in value.items() if field != "unsigned"}
        else:
            log.warning("the keys of %.255s are malformed: left out", name)


def _parses(kind: type[DeviceKeys] | type[CrossSigningKeys], value: Any) -> bool:
    if not _is_signed(value) or not _is_texts(value.get("keys")):
        return False
    try:
        parsed = kind.deserialize(value)
    except Exception:  # noqa: BLE001 - mautrix raises whatever the malformed value leads it to
        return False
    return isinstance(parsed, DeviceKeys) or bool(parsed.first_ed25519_key)


def _is_by(device: DeviceIdentity, key: Any) -> bool:
    return bool(verify_signature_json(key, device.user_id, device.device_id, device.signing_key))


def _is_signed(value: Any) -> bool:
    signatures = value.get("signatures") if isinstance(value, dict) else None
    return isinstance(signatures, dict) and bool(signatures) and all(map(_is_texts, signatures.values()))


def _is_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _object(answer: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = answer.get(key)
    return value if isinstance(value, dict) else {}
