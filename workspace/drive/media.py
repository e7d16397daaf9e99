"""What a file is: the type that it is declared to be, and whether its name and its first bytes agree. Pure.

A browser knows a type from the programs that are installed beside it (with Excel, a CSV is an Excel sheet to it), so
what it says is a hint. What is refused is a lie that matters: a page or a program that calls itself a picture, a file
that says it is a PDF and is none. A type of which nothing is known here passes: a download is an attachment anyway.
"""

from __future__ import annotations

import mimetypes
import re
from enum import Enum, auto

#: Bytes from the beginning of a file that `settled` wants. A PDF may have 1,024 of something else before it starts.
HEAD_BYTES = 4096
UNKNOWN = "application/octet-stream"
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
#: Other names of types, as browsers and systems still say them.
_ALIASES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/x-bmp": "image/bmp",
    "image/x-ms-bmp": "image/bmp",
    "application/x-pdf": "application/pdf",
    "application/x-zip-compressed": "application/zip",
    "application/x-gzip": "application/gzip",
    "text/rtf": "application/rtf",
}
#: What browsers and Python's own table may not know.
_BY_ENDING = {
    ".md": "text/markdown",
    ".csv": "text/csv",
    ".docx": _OFFICE + "wordprocessingml.document",
    ".xlsx": _OFFICE + "spreadsheetml.sheet",
    ".pptx": _OFFICE + "presentationml.presentation",
    ".odt": _OPEN + "text",
    ".ods": _OPEN + "spreadsheet",
    ".odp": _OPEN + "presentation",
    ".rtf": "application/rtf",
}


class Family(Enum):
    """What the first bytes say."""

    PDF = auto()
    PNG = auto()
    JPEG = auto()
    GIF = auto()
    WEBP = auto()
    BMP = auto()
    TIFF = auto()
    ZIP = auto()
    OLE = auto()
    RTF = auto()
    GZIP = auto()
    PROGRAM = auto()
    SCRIPT = auto()
    MARKUP = auto()


_SIGNATURES: tuple[tuple[bytes, Family], ...] = (
    (b"\x89PNG\r\n\x1a\n", Family.PNG),
    (b"\xff\xd8\xff", Family.JPEG),
    (b"GIF87a", Family.GIF),
    (b"GIF89a", Family.GIF),
    (b"BM", Family.BMP),
    (b"II*\x00", Family.TIFF),
    (b"MM\x00*", Family.TIFF),
    (b"PK\x03\x04", Family.ZIP),
    (b"PK\x05\x06", Family.ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Family.OLE),
    (b"{\\rtf", Family.RTF),
    (b"\x1f\x8b", Family.GZIP),
    (b"\x7fELF", Family.PROGRAM),
    (b"\xca\xfe\xba\xbe", Family.PROGRAM),
    (b"\xcf\xfa\xed\xfe", Family.PROGRAM),
    (b"\xce\xfa\xed\xfe", Family.PROGRAM),
    (b"\xfe\xed\xfa\xce", Family.PROGRAM),
    (b"\xfe\xed\xfa\xcf", Family.PROGRAM),
    (b"\x00asm", Family.PROGRAM),
    (b"#!", Family.SCRIPT),
)
#: Readers take a PDF with something before it; a text that speaks of PDFs is none.
_PDF = re.compile(rb"(?:\A|[\r\n\x00])[ \t]*%PDF-\d")
_MARKUP = re.compile(rb"<(?:!--|(?:!doctype|\?xml|html|head|body|script|svg|iframe|style|meta|title)\b)", re.IGNORECASE)
_CLAIMS: dict[str, frozenset[Family]] = {
    "application/pdf": frozenset({Family.PDF}),
    "image/png": frozenset({Family.PNG}),
    "image/jpeg": frozenset({Family.JPEG}),
    "image/gif": frozenset({Family.GIF}),
    "image/webp": frozenset({Family.WEBP}),
    "image/bmp": frozenset({Family.BMP}),
    "image/tiff": frozenset({Family.TIFF}),
    "image/svg+xml": frozenset({Family.MARKUP}),
    "application/zip": frozenset({Family.ZIP}),
    "application/gzip": frozenset({Family.GZIP}),
    "application/rtf": frozenset({Family.RTF}),
    "application/msword": frozenset({Family.OLE, Family.RTF}),
    "application/vnd.ms-excel": frozenset({Family.OLE}),
    "application/vnd.ms-powerpoint": frozenset({Family.OLE}),
}
_ZIPPED = (_OFFICE, _OPEN, "application/epub")
#: With a password, Office puts the archive into a container of its older kind.
_OFFICE_CLAIMS = frozenset({Family.ZIP, Family.OLE})
_PROGRAMS = frozenset(
    {UNKNOWN, "application/x-executable", "application/x-msdownload", "application/vnd.microsoft.portable-executable"}
    | {"application/x-sharedlib", "application/x-mach-binary", "application/java-vm", "application/wasm"}
)
#: Bytes of these are for programs, not for eyes: a text never begins with them.
_BINARY = frozenset(Family) - {Family.MARKUP, Family.SCRIPT, Family.RTF, Family.BMP}
#: What is sent under its own type. Everything else goes as unknown bytes, so that no browser runs it.
_INERT = frozenset({*_CLAIMS, "text/plain", "text/csv", "text/markdown"}) - {"image/svg+xml"}


class MistypedFile(Exception):
    """The file is neither what it is declared to be nor what its name says."""


class BadMediaType(ValueError):
    """This is not written as a media type is."""


def declared(filename: str, media_type: str) -> str:
    """The type that a file is declared to be, guessed from its name where nothing is said. Raises `BadMediaType`."""
    said = media_type.split(";", 1)[0].strip().lower()
    if said and not _TYPE.fullmatch(said):
        raise BadMediaType
    if said and said != UNKNOWN:
        return _ALIASES.get(said, said)
    return _named(filename) or UNKNOWN


def settled(filename: str, media_type: str, head: bytes) -> str:
    """The type of a file that begins with `head`: the declared one, or what its name says where the bytes agree with
    the name alone. Raises `MistypedFile` where they agree with neither.
    """
    for candidate in (media_type, _named(filename)):
        if candidate and _agree(candidate, head):
            return candidate
    raise MistypedFile


def _named(filename: str) -> str | None:
    """The type that the ending of a name says, if it says one."""
    ending = "." + filename.rsplit(".", 1)[-1].lower() if "." in filename else ""
    named = _BY_ENDING.get(ending) or mimetypes.types_map.get(ending)
    return _ALIASES.get(named, named) if named else None


def _agree(media_type: str, head: bytes) -> bool:
    """Whether a file of that type may begin so."""
    family = sniff(head)
    if media_type.startswith(_OFFICE):
        return family in _OFFICE_CLAIMS
    if media_type.startswith(_ZIPPED):
        return family is Family.ZIP
    if media_type in _CLAIMS:
        return family in _CLAIMS[media_type]
    if family is None:
        return True
    if media_type.startswith("text/"):
        return family not in _BINARY
    if media_type.startswith(("image/", "audio/", "video/", "font/")):
        return False
    return family is not Family.PROGRAM or media_type in _PROGRAMS


def sniff(head: bytes) -> Family | None:
    """What the first bytes of a file say, if they say something for certain."""
    for signature, family in _SIGNATURES:
        if head.startswith(signature):
            return family
    if head.startswith(b"MZ") and b"\x00" in head[:64]:
        return Family.PROGRAM
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Family.WEBP
    if _PDF.search(head[:1029]):
        return Family.PDF
    if _MARKUP.match(head.removeprefix(b"\xef\xbb\xbf").lstrip()):
        return Family.MARKUP
    return None


def sent_as(media_type: str) -> str:
    """The type that a download is sent under."""
    inert = media_type in _INERT or media_type.startswith((*_ZIPPED, "audio/", "video/"))
    return media_type if inert else UNKNOWN
