"""Encrypts and decrypts files as Matrix does (specification, "Sending encrypted attachments"), piece by piece."""

from __future__ import annotations

import hashlib
import secrets
from hmac import compare_digest

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

from bridge.attachments import IV_BYTES, KEY_BYTES, EncryptedFile


class Checked:
    """The SHA-256 of a ciphertext while it comes."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def update(self, ciphertext: bytes) -> None:
        """More of it came."""
        self._hash.update(ciphertext)

    def fits(self, file: EncryptedFile) -> bool:
        """Whether what came is what the message says."""
        return compare_digest(self._hash.digest(), file.sha256)


class Opening:
    """Decrypts, from the beginning on. AES-CTR changes whatever it is given: check the ciphertext first."""

    def __init__(self, file: EncryptedFile) -> None:
        self._context: CipherContext = Cipher(AES256(file.key), CTR(file.iv)).decryptor()

    def update(self, ciphertext: bytes) -> bytes:
        """The plaintext of the next piece, as long as it is."""
        return self._context.update(ciphertext)


class Sealing:
    """Encrypts one file, with a key of its own."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(KEY_BYTES)
        # The lower half counts blocks: it starts at nothing, for clients that count in 64 bits.
        self._iv = secrets.token_bytes(IV_BYTES // 2) + bytes(IV_BYTES // 2)
        self._context: CipherContext = Cipher(AES256(self._key), CTR(self._iv)).encryptor()
        self._hash = hashlib.sha256()

    def update(self, plaintext: bytes) -> bytes:
        """The ciphertext of the next piece, as long as it is."""
        ciphertext = self._context.update(plaintext)
        self._hash.update(ciphertext)
        return ciphertext

    def at(self, url: str) -> EncryptedFile:
        """What opens the file, all of which lies at `url` now."""
        return EncryptedFile(url, self._key, self._iv, self._hash.digest())
