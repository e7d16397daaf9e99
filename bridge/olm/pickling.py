"""How a passphrase becomes the 32-byte key that vodozemac encrypts stored accounts and sessions with."""

from __future__ import annotations

from functools import lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

#: Changing it makes every stored account and session unreadable.
_INFO = b"parvis-olm-pickle-v1"


@lru_cache(maxsize=8)
def pickle_key(passphrase: str) -> bytes:
    """The key for `passphrase`, which must be as hard to guess as a key: it is expanded, not stretched.

    It is remembered, for it is asked for at each write of a session.
    """
    return HKDF(hashes.SHA256(), 32, salt=b"", info=_INFO).derive(passphrase.encode())
