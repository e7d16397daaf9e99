"""Signed JSON as Matrix defines it (specification, appendices, "Signing JSON"): pure functions on ed25519."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

#: What is not covered by a signature.
_UNSIGNED = frozenset({"signatures", "unsigned"})


def encode(raw: bytes) -> str:
    """Unpadded base64, as Matrix writes keys and signatures."""
    return base64.b64encode(raw).decode().rstrip("=")


def decode(text: str) -> bytes:
    """The bytes of unpadded base64. Raises `ValueError`."""
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def canonical(value: Mapping[str, Any]) -> bytes:
    """The canonical JSON of `value` without its signatures: what is signed."""
    signed = {key: item for key, item in value.items() if key not in _UNSIGNED}
    return json.dumps(signed, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def public_key(private: Ed25519PrivateKey) -> str:
    """The public part of `private` as Matrix writes it."""
    return encode(private.public_key().public_bytes_raw())


def signature(private: Ed25519PrivateKey, value: Mapping[str, Any]) -> str:
    """The signature of `value` by `private`."""
    return encode(private.sign(canonical(value)))


def is_signed(value: Mapping[str, Any], user: str, key_id: str, public: str) -> bool:
    """Whether `value` bears the signature of `user`'s key `ed25519:<key_id>`, whose public part is `public`.

    `value` comes from a homeserver: whatever is malformed is simply not signed.
    """
    try:
        signed = value["signatures"][user][f"ed25519:{key_id}"]
        Ed25519PublicKey.from_public_bytes(decode(public)).verify(decode(signed), canonical(value))
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error, InvalidSignature, RecursionError):
        return False
    return True
