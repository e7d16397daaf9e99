"""Where a file is while it is on its way: on disk, as ciphertext, and gone whatever happens.

What a homeserver sends is looked at as a whole (its hash) before any of it goes on. It is decrypted only while it is
passed on, so that no plaintext of people's is ever on the bridge's disk.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from bridge.attachments import EncryptedFile
from bridge.files.crypto import Checked, Opening

#: Bytes of a piece.
CHUNK = 1 << 18


class WrongHash(Exception):
    """What came is not what the message says: it was changed, or is not all of it."""


class Transit:
    """The folder (mode 700) of such files (mode 600). A file has no name where the system can do that, and in any case
    not for longer than it takes to open it: when the process ends, however it ends, the system forgets it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def clear(self) -> None:
        """Make the folder, and remove what a crash may have left between the making of a file and its unnaming."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        for left in self._folder.iterdir():
            left.unlink()

    @contextmanager
    def file(self) -> Iterator[BinaryIO]:
        """A file for as long as the block runs. Raises `OSError`, also where the disk is full."""
        with tempfile.TemporaryFile(dir=self._folder) as file:
            yield cast("BinaryIO", file)


async def receive(chunks: AsyncIterator[bytes], file: BinaryIO, encrypted: EncryptedFile) -> int:
    """Keep the ciphertext that comes, and say how many bytes it is. Raises `WrongHash`."""
    checked, came = Checked(), 0
    async for chunk in chunks:
        checked.update(chunk)
        came += len(chunk)
        await asyncio.to_thread(file.write, chunk)
    if not checked.fits(encrypted):
        raise WrongHash
    return came


async def opened(file: BinaryIO, encrypted: EncryptedFile) -> AsyncIterator[bytes]:
    """The plaintext of a ciphertext that was received."""
    opening = Opening(encrypted)
    file.seek(0)
    while chunk := await asyncio.to_thread(file.read, CHUNK):
        yield opening.update(chunk)


async def as_it_came(file: BinaryIO) -> AsyncIterator[bytes]:
    """The ciphertext itself."""
    file.seek(0)
    while chunk := await asyncio.to_thread(file.read, CHUNK):
        yield chunk
