"""Publishing our keys: device keys, and a cross-signing identity that signs the device.

Each step looks at what the homeserver has first, so that it can be begun again after any crash. Nothing is signed
before the homeserver shows exactly our own keys for our device.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from bots.framework.crosssigning import Identity
from bots.framework.devices import UserKeys, parse_user_keys
from bots.framework.errors import BotError, DeviceKeysDiffer, IdentityReplaced
from bots.framework.files import read_json, write_private
from bots.framework.homeserver import Challenge, Homeserver
from bots.framework.machine import Machine
from bots.framework.secretstorage import keep_identity, recover_identity

logger = logging.getLogger(__name__)


async def publish_device(homeserver: Homeserver, machine: Machine) -> None:
    """See to it that the homeserver has our device's keys. Raises `DeviceKeysDiffer` where it has others."""
    keys = await _own_keys(homeserver, machine.user_id)
    if machine.device_id not in keys.devices:
        answer = await homeserver.post("/keys/upload", machine.device_keys_upload())
        counts = answer.get("one_time_key_counts", {})
        machine.uploaded(int(counts.get("signed_curve25519", 0)))
        keys = await _own_keys(homeserver, machine.user_id)
    _check_own_device(keys, machine)


async def cross_sign(homeserver: Homeserver, machine: Machine, password: str, secrets: Path) -> Identity:
    """See to it that our identity is published, has signed our device, and can be recovered.

    In the directory `secrets`, `identity.json` holds its seeds and `recovery.key` the key of the account's secret
    storage. Raises `IdentityReplaced` where the account has an identity whose seeds we do not have, nor can recover.
    """
    file, recovery = secrets / "identity.json", secrets / "recovery.key"
    keys = await _own_keys(homeserver, machine.user_id)
    identity = _load(file, machine.user_id)
    if keys.master is not None and (identity is None or identity.public("master") != keys.master):
        recovered = await recover_identity(homeserver, machine.user_id, recovery)
        if recovered is not None and recovered.public("master") == keys.master:
            identity = recovered
            write_private(file, json.dumps(identity.to_json()))
    if keys.master is not None and (identity is None or identity.public("master") != keys.master):
        raise IdentityReplaced(
            f"{machine.user_id} has a cross-signing identity that is not ours: put its recovery key into "
            f"{recovery.name}, or reset the identity and remove {file.name}"
        )
    if identity is None:
        identity = Identity.new(machine.user_id)
        write_private(file, json.dumps(identity.to_json()))  # kept before it is published: it can't be lost
    if keys.master is None or keys.self_signing is None:
        await _publish(homeserver, identity, machine, password)
        keys = await _own_keys(homeserver, machine.user_id)
    device = _check_own_device(keys, machine)
    if not keys.devices[device].cross_signed:
        signed = identity.sign_device(dict(keys.devices[device].raw))
        answer = await homeserver.post("/keys/signatures/upload", {machine.user_id: {machine.device_id: signed}})
        if answer.get("failures"):
            raise BotError(f"the homeserver refused the signature of device {machine.device_id}")
        logger.info("device cross-signed, user=%s device=%s", machine.user_id, machine.device_id)
    await keep_identity(homeserver, identity, recovery)
    return identity


async def _publish(homeserver: Homeserver, identity: Identity, machine: Machine, password: str) -> None:
    body = identity.upload(machine.device_id, machine.sign)
    try:
        await homeserver.post("/keys/device_signing/upload", body)
    except Challenge as challenge:
        body["auth"] = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": machine.user_id},
            "password": password,
            "session": challenge.session,
        }
        await homeserver.post("/keys/device_signing/upload", body)
    logger.info("cross-signing identity published, user=%s", machine.user_id)


async def _own_keys(homeserver: Homeserver, user_id: str) -> UserKeys:
    return parse_user_keys(user_id, await homeserver.post("/keys/query", {"device_keys": {user_id: []}}))


def _check_own_device(keys: UserKeys, machine: Machine) -> str:
    device = keys.devices.get(machine.device_id)
    if device is None or (device.curve25519, device.ed25519) != (machine.curve25519, machine.ed25519):
        raise DeviceKeysDiffer(
            f"the homeserver shows other keys for {machine.user_id} {machine.device_id} than our store holds: "
            "remove the store to begin again as a new device"
        )
    return machine.device_id


def _load(file: Path, user_id: str) -> Identity | None:
    try:
        value = read_json(file)
        identity = Identity.from_json(value) if value is not None else None
    except (ValueError, KeyError) as error:
        raise BotError(f"{file.name} is damaged: restore it, or reset the identity of {user_id}") from error
    if identity is not None and identity.user_id != user_id:
        raise BotError(f"{file.name} holds the identity of {identity.user_id}, not of {user_id}")
    return identity
