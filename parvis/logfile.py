"""The log of a part: bounded in size, the older pages beside it. The supervisor writes it, `parvis logs` reads it."""

from __future__ import annotations

import contextlib
import io
import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

#: Bytes of one page, and how many older pages are kept as `<name>.log.1` (the latest) and so on.
PAGE_BYTES = 8 * 1024 * 1024
PAGES = 2
#: Seconds between two looks of who follows a log.
_LOOK = 0.2


class LogFile:
    """An open log. A page is turned at the end of a line, unless a line is as long as a page."""

    def __init__(self, path: Path, *, page_bytes: int = PAGE_BYTES, pages: int = PAGES) -> None:
        self.path = path
        self._page_bytes = page_bytes
        self._pages = pages
        self._file = _open(path)
        self._size = path.stat().st_size

    def write(self, chunk: bytes) -> None:
        """Add to it; it can be read at once. Raises `OSError` where the disk refuses; the next one is tried again."""
        self._file.write(chunk)
        self._size += len(chunk)
        at_a_line_end = chunk.endswith(b"\n") or self._size >= 2 * self._page_bytes
        if self._size >= self._page_bytes and at_a_line_end:
            self._turn()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _turn(self) -> None:
        if self.path.exists():  # else it was turned before, and only the new page could not be begun
            for number in range(self._pages - 1, 0, -1):
                if page(self.path, number).exists():
                    page(self.path, number).replace(page(self.path, number + 1))
            self.path.replace(page(self.path, 1))
        turned, self._file, self._size = self._file, _open(self.path), 0
        turned.close()


class Printed(io.TextIOBase):
    """A log as a stream, for what prints. What the disk does not take is lost."""

    def __init__(self, log: LogFile) -> None:
        super().__init__()
        self._log = log

    def write(self, text: str) -> int:
        """As of every stream."""
        with contextlib.suppress(OSError):
            self._log.write(text.encode(errors="replace"))
        return len(text)


def page(path: Path, number: int) -> Path:
    """The older page of the log at `path`: 1 is the latest."""
    return path.with_name(f"{path.name}.{number}")


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of a log, older pages included; fewer where there are not so many."""
    kept: deque[str] = deque()
    for one in (path, *(page(path, number) for number in range(1, PAGES + 1))):
        if len(kept) >= lines or not one.exists():
            break
        text = one.read_text(encoding="utf-8", errors="replace")
        kept.extendleft(reversed(text.splitlines()[-(lines - len(kept)) :]))
    return list(kept)


def follow(paths: list[Path], say: Callable[[str], object]) -> None:
    """Say each line that is written to these logs from now on, until interrupted; a turned page is noticed."""
    at = {path: path.stat().st_size for path in paths if path.exists()}
    while True:
        for path in paths:
            try:
                size = path.stat().st_size
            except OSError:
                continue  # a page is just being turned
            if size < at.get(path, 0):
                at[path] = 0
            with path.open("rb") as file:
                file.seek(at.get(path, 0))
                chunk = file.read()
            whole, newline, _ = chunk.rpartition(b"\n")
            at[path] = at.get(path, 0) + len(whole) + len(newline)
            for line in whole.decode(errors="replace").splitlines():
                say(f"{path.stem}: {line}" if len(paths) > 1 else line)
        time.sleep(_LOOK)


def _open(path: Path) -> io.FileIO:
    return io.FileIO(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb")
