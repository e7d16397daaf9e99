"""Files are encrypted as others decrypt them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mautrix.crypto.attachments import decrypt_attachment, encrypt_attachment

from bridge.attachments import EncryptedFile
from bridge.files.crypto import Opening, Sealing
from bridge.files.transit import Transit, WrongHash, opened, receive

URL = "mxc://hub.test/abc"
# NIST SP 800-38A, F.5.5 and F.5.6: CTR-AES256.
KEY = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"
COUNTER = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
PLAIN = (
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
CIPHER = (
    "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
    "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6"
)


@pytest.mark.parametrize("piece", [1, 7, 16, 33, 64])
def test_it_is_the_cipher_of_the_standard_whatever_the_pieces(piece: int) -> None:
    ciphertext = bytes.fromhex(CIPHER)
    opening = Opening(EncryptedFile(URL, bytes.fromhex(KEY), bytes.fromhex(COUNTER), bytes(32)))
    pieces = [opening.update(ciphertext[start : start + piece]) for start in range(0, len(ciphertext), piece)]
    assert b"".join(pieces).hex() == PLAIN


@given(content=st.binary(max_size=300), piece=st.integers(1, 100))
def test_what_is_sealed_another_implementation_opens(content: bytes, piece: int) -> None:
    sealing = Sealing()
    ciphertext = b"".join(sealing.update(content[start : start + piece]) for start in range(0, len(content), piece))
    said = sealing.at(URL).to_json()
    assert decrypt_attachment(ciphertext, said["key"]["k"], said["hashes"]["sha256"], said["iv"]) == content
    assert EncryptedFile.parse(said) == sealing.at(URL)


@given(content=st.binary(max_size=300))
def test_what_another_implementation_seals_is_opened(content: bytes) -> None:
    ciphertext, file = encrypt_attachment(content)
    encrypted = EncryptedFile.parse(file.serialize() | {"url": URL})
    assert encrypted is not None
    assert Opening(encrypted).update(ciphertext) == content


def test_each_file_has_a_key_of_its_own_and_counts_from_nothing() -> None:
    one, other = Sealing().at(URL), Sealing().at(URL)
    assert one.key != other.key
    assert one.iv[:8] != other.iv[:8]
    assert one.iv[8:] == bytes(8)


def test_a_key_is_in_no_text() -> None:
    sealing = Sealing()
    sealing.update(b"content")
    file = sealing.at(URL)
    for secret in (file.key, file.iv, file.sha256):
        assert repr(secret) not in repr(file)
        assert base64.b64encode(secret).decode() not in repr(file)


async def pieces(*given: bytes) -> AsyncIterator[bytes]:
    for piece in given:
        yield piece


@pytest.mark.parametrize("come", [b"", b"ciphertex", b"ciphertexu", b"ciphertext and more"])
async def test_what_was_changed_or_is_not_all_of_it_is_refused(come: bytes) -> None:
    file = EncryptedFile(URL, bytes(32), bytes(16), hashlib.sha256(b"ciphertext").digest())
    with pytest.raises(WrongHash):
        await receive(pieces(come), BytesIO(), file)
    assert await receive(pieces(b"cipher", b"text"), BytesIO(), file) == 10


async def test_a_file_on_its_way_has_no_name_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "left-by-a-crash").write_bytes(b"ciphertext")
    transit, sealing = Transit(tmp_path / "t"), Sealing()
    transit.clear()
    assert (tmp_path / "t").stat().st_mode & 0o777 == 0o700
    ciphertext = sealing.update(b"plaintext")
    with transit.file() as file:
        assert list((tmp_path / "t").iterdir()) == []
        await receive(pieces(ciphertext), file, sealing.at(URL))
        assert b"".join([piece async for piece in opened(file, sealing.at(URL))]) == b"plaintext"
        file.seek(0)
        assert file.read() == ciphertext
    assert file.closed


def test_a_hash_of_another_file_does_not_fit() -> None:
    sealing = Sealing()
    sealing.update(b"content")
    assert replace(sealing.at(URL), sha256=bytes(32)) != sealing.at(URL)
