"""The bridge's cross-signing identity: made once, kept in secret storage, and its device signed by it.

Every step can be done again: a crash anywhere leaves nothing that the next start does not finish. The recovery key is
written to its file before anything is encrypted with it, and never logged.
"""

from __future__ import annotations

import logging
from typing import Any

from mautrix.crypto.cross_signing_key import CrossSigningSeeds
from mautrix.crypto.ssss.key import Key
from mautrix.crypto.ssss.util import calculate_hash, decode_base58_recovery_key
from mautrix.types import CrossSigner, EventType, UserID

from bridge.matrix.homeserver import Homeserver, path
from bridge.matrix.machine import Machine
from bridge.matrix.secretfiles import SecretFiles
from bridge.ports import Permanent

log = logging.getLogger(__name__)

_DEFAULT_KEY = "m.secret_storage.default_key"
_SEEDS = (EventType.CROSS_SIGNING_MASTER, EventType.CROSS_SIGNING_SELF_SIGNING, EventType.CROSS_SIGNING_USER_SIGNING)


class IdentityLost(Exception):
    """The homeserver has an identity of the bridge that we cannot use any more. The text says what to do."""


class Identity:
    """Makes the device one that strict clients trust."""

    def __init__(self, homeserver: Homeserver, machine: Machine, secrets: SecretFiles) -> None:
        self._homeserver = homeserver
        self._machine = machine
        self._secrets = secrets

    async def establish(self) -> None:
        """Make sure that there is an identity and that it has signed the device. Raises `IdentityLost`, `RoomError`."""
        published = await self._published_master()
        recovery_key = self._secrets.recovery_key()
        if published is not None and await self._device_is_signed():
            if recovery_key is None:
                log.warning("the recovery key's file is gone: without it a lost database means a new identity")
            return
        if recovery_key is None:
            if published is not None:
                raise IdentityLost(
                    "the homeserver has an identity for the bridge, but its recovery key is not here: put the file "
                    "“recovery_key” back from a backup, or reset the account’s cross-signing keys on the homeserver"
                )
            key = Key.generate()
            self._secrets.put_recovery_key(key.recovery_key)
            recovery_key = key.recovery_key
        seeds = await self._stored_seeds(recovery_key)
        if seeds is None:
            if published is not None:
                raise IdentityLost("the recovery key does not open the homeserver’s secret storage: it is another’s")
            seeds = await self._store_seeds(recovery_key)
        if published != seeds.to_keys().public_keys.master_key:
            await self._machine._publish_cross_signing_keys(seeds.to_keys())  # noqa: SLF001 - mautrix has no finer door
        self._machine._import_cross_signing_keys(seeds)  # noqa: SLF001 - the same
        await self._machine.sign_own_device(self._machine.own_identity)
        log.info("device %s is signed by the bridge's identity", self._homeserver.device_id)

    async def _published_master(self) -> str | None:
        await self._machine.read_devices([self._homeserver.user_id])
        keys = await self._machine.get_own_cross_signing_public_keys()
        return keys.master_key if keys else None

    async def _device_is_signed(self) -> bool:
        user, keys = UserID(self._homeserver.user_id), await self._machine.get_own_cross_signing_public_keys()
        if keys is None or keys.self_signing_key is None:
            return False
        device = CrossSigner(user, self._machine.own_identity.signing_key)
        signer = CrossSigner(user, keys.self_signing_key)
        return await self._machine.crypto_store.is_key_signed_by(device, signer)

    async def _stored_seeds(self, recovery_key: str) -> CrossSigningSeeds | None:
        """The seeds in secret storage; None where they were never all put there under this key."""
        default = await self._account_data(_DEFAULT_KEY)
        key_id = default.get("key") if default else None
        if not isinstance(key_id, str):
            return None
        try:
            metadata = await self._machine.ssss.get_key_data(key_id)
            key = metadata.verify_recovery_key(key_id, recovery_key)
            master, self_signing, user_signing = [
                await self._machine.ssss.get_decrypted_account_data(name, key) for name in _SEEDS
            ]
        except (ValueError, LookupError, Permanent):
            return None
        return CrossSigningSeeds(master, user_signing_key=user_signing, self_signing_key=self_signing)

    async def _store_seeds(self, recovery_key: str) -> CrossSigningSeeds:
        """New seeds, in secret storage; the default key is named last, when everything else is there."""
        raw = decode_base58_recovery_key(recovery_key)
        if raw is None:
            raise IdentityLost("the file “recovery_key” holds no recovery key: put it back from a backup")
        key = Key.generate()  # for its id and its random numbers
        key.key = raw
        key.metadata.mac = calculate_hash(raw, key.metadata.iv or "")
        seeds = CrossSigningSeeds.generate()
        await self._machine.ssss.set_key_data(key.id, key.metadata)
        await self._machine._upload_cross_signing_keys_to_ssss(key, seeds)  # noqa: SLF001 - mautrix has no finer door
        await self._homeserver.request("PUT", self._account_data_path(_DEFAULT_KEY), {"key": key.id})
        return seeds

    async def _account_data(self, name: str) -> dict[str, Any] | None:
        try:
            return await self._homeserver.request("GET", self._account_data_path(name))
        except Permanent as error:
            if error.code == "M_NOT_FOUND":
                return None
            raise

    def _account_data_path(self, name: str) -> str:
        return path("user", self._homeserver.user_id, "account_data", name)
