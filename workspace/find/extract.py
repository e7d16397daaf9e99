"""The text of a file, for the index. What needs a parser is opened in a process of its own, within limits.

Called by the indexer with what S3 holds. A file that gives no text is no error: its title is still found.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

from workspace.find import extractor

#: Bytes beyond which a file's contents are not searched.
MAX_BYTES = 64 << 20
#: Seconds after which the process is killed if it has not ended itself.
_WALL_SECONDS = extractor.MAX_WALL_SECONDS + 5
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
#: What the parsing process is trusted to get text out of.
PARSED = frozenset(
    {
        "application/pdf",
        "application/rtf",
        "text/html",
        *(
            _OFFICE + kind
            for kind in ("wordprocessingml.document", "spreadsheetml.sheet", "presentationml.presentation")
        ),
        *(_OPEN + kind for kind in ("text", "spreadsheet", "presentation")),
    }
)
#: What is text already.
PLAIN = frozenset({"text/plain", "text/markdown", "text/csv", "text/tab-separated-values"})
_running: set[subprocess.Popen[bytes]] = set()


class Outcome(StrEnum):
    """What became of a file."""

    READ = "read"
    UNSUPPORTED = "unsupported"
    TOO_LARGE = "too_large"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    EXHAUSTED = "exhausted"


@dataclass(frozen=True)
class Extracted:
    """The text, at most `extractor.MAX_CHARACTERS` of it; empty unless it was `READ`."""

    outcome: Outcome
    text: str = ""


def supported(media_type: str) -> bool:
    """Whether there is text to get out of files of this type."""
    return media_type in PARSED or media_type in PLAIN


def refusal(media_type: str, size: int) -> Outcome | None:
    """Why a file of `size` bytes need not even be fetched; None where it should be."""
    if not supported(media_type):
        return Outcome.UNSUPPORTED
    return Outcome.TOO_LARGE if size > MAX_BYTES else None


def extract(file: BinaryIO, media_type: str) -> Extracted:
    """The text of `file`, a real file that is open at its beginning. Takes at most `_WALL_SECONDS`."""
    if media_type in PLAIN:
        return Extracted(Outcome.READ, decoded(file.read(4 * extractor.MAX_CHARACTERS)))
    if media_type not in PARSED:
        return Extracted(Outcome.UNSUPPORTED)
    with tempfile.TemporaryFile() as output:
        status = _run(file, output, media_type)
        if status == 0:
            output.seek(0)
            return Extracted(Outcome.READ, output.read().decode(errors="replace")[: extractor.MAX_CHARACTERS])
    return Extracted(Outcome.UNREADABLE if status == extractor.UNREADABLE else Outcome.EXHAUSTED)


def end_all() -> None:
    """Kill whatever is being read, because this process is about to end. What waits for it gets `EXHAUSTED`."""
    for process in list(_running):
        _kill(process)


def decoded(raw: bytes) -> str:
    """`raw` as text: UTF-8, UTF-16 where it says so, and otherwise what Windows in France writes."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = raw.decode("utf-16", errors="replace")
    else:
        try:
            text = codecs.getincrementaldecoder("utf-8-sig")().decode(raw)
        except UnicodeDecodeError:
            text = raw.decode("cp1252", errors="replace")
    return text[: extractor.MAX_CHARACTERS]


def _run(file: BinaryIO, output: BinaryIO, media_type: str) -> int:
    """The process's exit status; it is negative, or anything, where the file broke it."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-m", extractor.__name__, media_type],
        stdin=file,
        stdout=output,
        stderr=subprocess.DEVNULL,
        cwd="/",
        # None of ours: no key is there to be read. One thread and two arenas, so that the limits mean what they say.
        env={"MALLOC_ARENA_MAX": "2", "RAYON_NUM_THREADS": "1", "TOKIO_WORKER_THREADS": "1", "HOME": "/nonexistent"},
        start_new_session=True,
    )
    _running.add(process)
    try:
        return process.wait(timeout=_WALL_SECONDS)
    except subprocess.TimeoutExpired:
        return extractor.EXHAUSTED
    finally:
        _running.discard(process)
        _kill(process)
        process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
