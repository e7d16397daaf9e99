"""Our identity's seeds in the account's secret storage, under a recovery key (specification, "Secrets").

So the person of the account can verify another client (Element) by the recovery key, and we can take an identity over
that another client made. The recovery key lies in a private file and is never logged.
"""

from __future__ import annotations

import hmac
import logging
import os
import secrets
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import base58
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bots.framework.crosssigning import USAGES, Identity
from bots.framework.errors import BotError, HomeserverRefused
from bots.framework.files import write_private
from bots.framework.homeserver import Homeserver, quoted
from bots.framework.signing import decode, encode

logger = logging.getLogger(__name__)

ALGORITHM = "m.secret_storage.v1.aes-hmac-sha2"
_KEY_BYTES = 32
_PREFIX = bytes((0x8B, 0x01))


class BadRecoveryKey(BotError):
    """This is no recovery key, or not the one of this account."""


def encode_recovery_key(key: bytes) -> str:
    """A storage key as people keep it: base58 in groups of four."""
    raw = _PREFIX + key
    text = base58.b58encode(raw + bytes((_parity(raw),))).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def decode_recovery_key(text: str) -> bytes:
    """The storage key in what `encode_recovery_key` wrote. Raises `BadRecoveryKey`."""
    try:
        raw = base58.b58decode("".join(text.split()))
    except ValueError as error:
        raise BadRecoveryKey("a recovery key has letters and digits only") from error
    if len(raw) != len(_PREFIX) + _KEY_BYTES + 1 or not raw.startswith(_PREFIX) or _parity(raw):
        raise BadRecoveryKey("this is not a recovery key: a character is wrong or missing")
    return raw[len(_PREFIX) : -1]


def seal(key: bytes, name: str, plaintext: bytes) -> dict[str, str]:
    """`plaintext` encrypted by the storage key `key` as the secret `name`."""
    iv = bytearray(os.urandom(16))
    iv[8] &= 0x7F  # the specification: some AES implementations can't count over bit 63
    return _sealed(key, name, plaintext, bytes(iv))


def unseal(key: bytes, name: str, sealed: Mapping[str, Any]) -> bytes:
    """What `seal` encrypted. Raises `BadRecoveryKey` where the key is another, or the secret was changed."""
    aes, mac = _derive(key, name)
    try:
        iv, ciphertext, claimed = (decode(str(sealed[field])) for field in ("iv", "ciphertext", "mac"))
    except (KeyError, ValueError) as error:
        raise BadRecoveryKey(f"the stored secret {name} is damaged") from error
    if not hmac.compare_digest(hmac.digest(mac, ciphertext, sha256), claimed) or len(iv) != 16:
        raise BadRecoveryKey("this is not the recovery key of this account")
    return _aes(aes, iv, ciphertext)


def describe_key(key: bytes) -> dict[str, str]:
    """The public description of a storage key, by which it can be recognised."""
    sealed = seal(key, "", bytes(_KEY_BYTES))
    return {"algorithm": ALGORITHM, "iv": sealed["iv"], "mac": sealed["mac"]}


def is_described(key: bytes, description: Mapping[str, Any]) -> bool:
    """Whether `description` is of this key."""
    try:
        expected = _sealed(key, "", bytes(_KEY_BYTES), decode(str(description["iv"])))
        return hmac.compare_digest(decode(expected["mac"]), decode(str(description["mac"])))
    except (KeyError, ValueError):
        return False


async def keep_identity(homeserver: Homeserver, identity: Identity, file: Path) -> None:
    """See to it that the seeds are in the account's secret storage under the recovery key in `file`.

    An account that has a secret storage of somebody else's key already keeps it as it is.
    """
    account = _AccountData(homeserver, identity.user_id)
    default = await account.get("m.secret_storage.default_key")
    if default is not None:
        return
    key = _stored_key(file)
    if key is None:
        key = os.urandom(_KEY_BYTES)
        write_private(file, encode_recovery_key(key) + "\n")  # kept before it is used: it can't be lost
    key_id = secrets.token_hex(16)
    await account.put(f"m.secret_storage.key.{key_id}", describe_key(key))
    for usage in USAGES:
        name = f"m.cross_signing.{usage}"
        sealed = seal(key, name, encode(identity.seed(usage)).encode())
        await account.put(name, {"encrypted": {key_id: sealed}})
    await account.put("m.secret_storage.default_key", {"key": key_id})  # last: now it counts
    logger.info("identity kept in secret storage, user=%s", identity.user_id)


async def recover_identity(homeserver: Homeserver, user_id: str, file: Path) -> Identity | None:
    """The identity in the account's secret storage, by the recovery key in `file`; None where there is no such file.

    Raises `BadRecoveryKey` where the key does not open it.
    """
    key = _stored_key(file)
    if key is None:
        return None
    account = _AccountData(homeserver, user_id)
    default = await account.get("m.secret_storage.default_key") or {}
    key_id = str(default.get("key"))
    description = await account.get(f"m.secret_storage.key.{key_id}")
    if description is None or not is_described(key, description):
        raise BadRecoveryKey(f"the key in {file.name} is not the recovery key of {user_id}")
    seeds = {"user_id": user_id}
    for usage in USAGES:
        name = f"m.cross_signing.{usage}"
        encrypted = (await account.get(name) or {}).get("encrypted")
        sealed = encrypted.get(key_id) if isinstance(encrypted, dict) else None
        if not isinstance(sealed, dict):
            raise BadRecoveryKey(f"the secret storage of {user_id} does not hold its identity")
        seeds[usage] = unseal(key, name, sealed).decode(errors="replace")
    try:
        return Identity.from_json(seeds)
    except ValueError as error:
        raise BadRecoveryKey(f"the identity in the secret storage of {user_id} is damaged") from error


class _AccountData:
    def __init__(self, homeserver: Homeserver, user_id: str) -> None:
        self._homeserver = homeserver
        self._path = f"/user/{quoted(user_id)}/account_data/"

    async def get(self, type_: str) -> dict[str, Any] | None:
        try:
            return await self._homeserver.get(self._path + quoted(type_)) or None
        except HomeserverRefused as error:
            if error.status == 404:
                return None
            raise

    async def put(self, type_: str, content: Mapping[str, Any]) -> None:
        await self._homeserver.put(self._path + quoted(type_), content)


def _stored_key(file: Path) -> bytes | None:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return decode_recovery_key(text)


def _sealed(key: bytes, name: str, plaintext: bytes, iv: bytes) -> dict[str, str]:
    aes, mac = _derive(key, name)
    ciphertext = _aes(aes, iv, plaintext)
    return {"iv": encode(iv), "ciphertext": encode(ciphertext), "mac": encode(hmac.digest(mac, ciphertext, sha256))}


def _derive(key: bytes, name: str) -> tuple[bytes, bytes]:
    both = HKDF(algorithm=SHA256(), length=64, salt=bytes(32), info=name.encode()).derive(key)
    return both[:32], both[32:]


def _aes(key: bytes, iv: bytes, text: bytes) -> bytes:
    run = Cipher(algorithms.AES256(key), modes.CTR(iv)).encryptor()
    return run.update(text) + run.finalize()


def _parity(raw: bytes) -> int:
    parity = 0
    for byte in raw:
        parity ^= byte
    return parity
