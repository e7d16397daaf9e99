"""Ed25519 keys of an identity (cross-signing), which are made from a 32-byte seed, and the check of a signature."""

from __future__ import annotations

import base64

import vodozemac
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bridge.olm.errors import OlmVerifyError


def _unpadded(value: bytes) -> str:
    return base64.b64encode(value).decode().rstrip("=")


class PkSigning:
    """python-olm's `PkSigning`. vodozemac's bindings have none: an account's own key cannot be given a seed."""

    def __init__(self, seed: bytes) -> None:
        """`seed` has 32 bytes, else a `ValueError`."""
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    @property
    def public_key(self) -> str:
        """In unpadded base64."""
        return _unpadded(self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def sign(self, message: str | bytes) -> str:
        """In unpadded base64."""
        return _unpadded(self._key.sign(message.encode() if isinstance(message, str) else message))


def ed25519_verify(key: str, message: str | bytes, signature: str) -> None:
    """Raises `OlmVerifyError` where `signature` is not that of `key` for `message`."""
    try:
        public = vodozemac.Ed25519PublicKey.from_base64(key)
        parsed = vodozemac.Ed25519Signature.from_base64(signature)
        public.verify_signature(message.encode() if isinstance(message, str) else message, parsed)
    except ValueError as error:
        raise OlmVerifyError(str(error)) from error
