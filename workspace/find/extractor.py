"""The process that opens a hostile file: `python -I -m workspace.find.extractor MEDIA_TYPE < file > text`.

It binds itself before it reads a byte: memory, CPU, wall time, no file larger than the answer, few descriptors. It has
none of our environment, so nothing to tell. Only `workspace.find.extract` starts it.
"""

from __future__ import annotations

import io
import re
import resource
import signal
import sys
import zipfile
from xml.etree import ElementTree as ET

#: Characters of text that are kept: what is beyond them is not searched.
MAX_CHARACTERS = 200_000
#: Bytes of address space. Reading an ordinary PDF takes a quarter of this.
MAX_MEMORY = 1 << 30
#: Seconds of processor, and of wall clock where the processor idles.
MAX_CPU_SECONDS, MAX_WALL_SECONDS = 20, 40
_MAX_DESCRIPTORS = 64
_PDF = "application/pdf"
#: kreuzberg knows no OpenDocument presentations.
_PRESENTATION = "application/vnd.oasis.opendocument.presentation"
#: How pdfium writes a hyphen at the end of a line, with the end of the line: the word goes on.
_HYPHENATION = re.compile(r"[\x02\ufffe]\r?\n?")
_PARAGRAPHS = tuple(f"{{urn:oasis:names:tc:opendocument:xmlns:text:1.0}}{name}" for name in ("p", "h"))
#: Exit statuses: the file could not be read; a limit was met in a way that Python could still tell.
UNREADABLE, EXHAUSTED = 3, 4


def _bind() -> None:
    for kind, limit in (
        (resource.RLIMIT_AS, MAX_MEMORY),
        (resource.RLIMIT_CPU, MAX_CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 4 * MAX_CHARACTERS),
        (resource.RLIMIT_NOFILE, _MAX_DESCRIPTORS),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))
    signal.alarm(MAX_WALL_SECONDS)


def main(media_type: str) -> int:
    """Write the text of standard input to standard output. Answers the exit status."""
    _bind()
    from kreuzberg import KreuzbergError

    try:
        raw = sys.stdin.buffer.read()
        text = _READERS.get(media_type, _parsed)(raw, media_type)
    except MemoryError:
        return EXHAUSTED
    except (KreuzbergError, ValueError, RuntimeError, LookupError, OSError, zipfile.BadZipFile, ET.ParseError):
        return UNREADABLE
    sys.stdout.buffer.write(text[:MAX_CHARACTERS].encode(errors="replace"))
    sys.stdout.buffer.flush()
    return 0


def _parsed(raw: bytes, media_type: str) -> str:
    from kreuzberg import ExtractionConfig, extract_bytes_sync

    config = ExtractionConfig(  # type: ignore[call-arg]  # kreuzberg's own stubs forgot `disable_ocr`
        use_cache=False, disable_ocr=True, enable_quality_processing=False, max_concurrent_extractions=1
    )
    return extract_bytes_sync(raw, media_type, config).content


def _pdf(raw: bytes, _media_type: str) -> str:
    """The text of the pages. Not by kreuzberg, which would unpack its own pdfium into a shared directory first: more
    than this process may write, and where another user of the machine could have put another library.
    """
    from pypdfium2 import PdfDocument

    pages: list[str] = []
    length = 0
    for page in PdfDocument(raw):
        pages.append(_HYPHENATION.sub("", page.get_textpage().get_text_bounded()))
        length += len(pages[-1])
        if length > MAX_CHARACTERS:
            break
    return "\n".join(pages)


def _presentation(raw: bytes, _media_type: str) -> str:
    """The paragraphs of an OpenDocument presentation. Expat bounds what entities grow to, and opens none outside."""
    paragraphs: list[str] = []
    length = 0
    with zipfile.ZipFile(io.BytesIO(raw)) as archive, archive.open("content.xml") as content:
        for _, element in ET.iterparse(content):  # noqa: S314 - in this process, within its limits
            if element.tag in _PARAGRAPHS:
                paragraphs.append("".join(element.itertext()))
                length += len(paragraphs[-1])
                element.clear()
            if length > MAX_CHARACTERS:
                break
    return "\n".join(paragraphs)


#: What kreuzberg does not read, or should not.
_READERS = {_PDF: _pdf, _PRESENTATION: _presentation}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
