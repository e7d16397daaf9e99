"""What a file says that it is, and what its first bytes say."""

from __future__ import annotations

import pytest

from tests.workspace.find import office
from workspace.drive.media import UNKNOWN, BadMediaType, MistypedFile, check, declared, sent_as

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
ELF = b"\x7fELF\x02\x01\x01"
PROGRAM = b"MZ\x90\x00\x03"
PAGE = b"<!DOCTYPE html><html><script>alert(1)</script>"
DRAWING = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">'
PDF = office.pdf("x")


@pytest.mark.parametrize(
    ("filename", "said", "meant"),
    [
        ("note.pdf", "application/pdf", "application/pdf"),
        ("note.pdf", "Application/PDF; charset=binary", "application/pdf"),
        ("note.md", "", "text/markdown"),
        ("note.MD", UNKNOWN, "text/markdown"),
        ("plan.docx", "", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("sans nom", "", UNKNOWN),
        ("a.inconnu", "", UNKNOWN),
        (".pdf", "", "application/pdf"),
    ],
)
def test_the_type_is_what_was_said_or_what_the_name_says(filename: str, said: str, meant: str) -> None:
    assert declared(filename, said) == meant


@pytest.mark.parametrize(
    "said", ["pdf", "a/b/c", "text/html\r\nX-Evil: 1", "é/à", "text/", "/plain", "text/" + "a" * 200]
)
def test_what_is_no_media_type_is_refused(said: str) -> None:
    with pytest.raises(BadMediaType):
        declared("note", said)


@pytest.mark.parametrize(
    ("media_type", "head"),
    [
        ("image/png", PNG),
        ("application/pdf", PDF),
        ("application/pdf", b"\n" * 900 + PDF),
        ("text/plain", b"Bonjour"),
        ("text/plain", b"MZ Avocats, 12 rue de la Paix"),
        ("text/markdown", b"<h1 align=center>Titre</h1>"),
        ("text/plain", PAGE),
        ("text/html", PAGE),
        ("image/svg+xml", DRAWING),
        ("text/x-shellscript", b"#!/bin/sh"),
        (UNKNOWN, ELF),
        ("application/x-executable", ELF),
        ("application/json", b"{}"),
        ("application/x-inconnu", b"whatever"),
        ("image/heic", b"\x00\x00\x00\x18ftypheic"),
        ("video/mp4", b"\x00\x00\x00\x18ftypmp42"),
        ("text/plain", b""),
        *((media_type, make("x")) for media_type, make in office.FILES.items()),
    ],
)
def test_an_honest_file_passes(media_type: str, head: bytes) -> None:
    check(media_type, head)


@pytest.mark.parametrize(
    ("media_type", "head"),
    [
        ("image/png", PAGE),
        ("image/png", b"\xef\xbb\xbf \n" + PAGE),
        ("image/png", DRAWING),
        ("image/jpeg", PNG),
        ("image/png", ELF),
        ("image/heic", PAGE),
        ("video/mp4", PROGRAM),
        ("audio/ogg", PAGE),
        ("application/pdf", PROGRAM),
        ("application/pdf", PAGE),
        ("application/pdf", b"hello"),
        ("application/pdf", b""),
        ("text/plain", ELF),
        ("text/plain", PROGRAM),
        ("text/markdown", PDF),
        ("application/json", ELF),
        ("application/vnd.oasis.opendocument.text", PDF),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", PAGE),
        ("application/zip", ELF),
    ],
)
def test_a_lying_file_is_refused(media_type: str, head: bytes) -> None:
    with pytest.raises(MistypedFile):
        check(media_type, head)


@pytest.mark.parametrize(
    "media_type", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "text/javascript", "x/y", UNKNOWN]
)
def test_what_a_browser_could_run_is_sent_as_unknown_bytes(media_type: str) -> None:
    assert sent_as(media_type) == UNKNOWN


@pytest.mark.parametrize("media_type", ["application/pdf", "image/png", "text/plain", "video/mp4", *office.FILES])
def test_what_is_inert_is_sent_as_what_it_is(media_type: str) -> None:
    assert sent_as(media_type) == (UNKNOWN if media_type == "text/html" else media_type)
