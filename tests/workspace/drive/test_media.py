"""What a file says that it is, and what its first bytes say."""

from __future__ import annotations

import pytest

from tests.workspace.find import office
from workspace.drive.media import UNKNOWN, BadMediaType, MistypedFile, declared, sent_as, settled

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
ELF = b"\x7fELF\x02\x01\x01"
PROGRAM = b"MZ\x90\x00\x03"
PAGE = b"<!DOCTYPE html><html><script>alert(1)</script>"
DRAWING = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">'
PDF = office.pdf("x")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PAGE_WITH_COMMENT = b"<!-- x --><html><script>alert(1)</script>"
EXCEL = "application/vnd.ms-excel"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


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
        ("photo.jpg", "image/jpg", "image/jpeg"),
        ("photo.jpg", "image/pjpeg", "image/jpeg"),
        ("plan.bmp", "image/x-ms-bmp", "image/bmp"),
        ("plan.bmp", "", "image/bmp"),
        ("tout.zip", "application/x-zip-compressed", "application/zip"),
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
        ("text/markdown", b"# %PDF-1.7\n\nUn fichier commence par %PDF-1.7, disent-ils.\n"),
        ("text/plain", b"Bonjour"),
        ("text/plain", b"MZ Avocats, 12 rue de la Paix"),
        ("text/markdown", b"<h1 align=center>Titre</h1>"),
        ("text/plain", PAGE),
        ("text/html", PAGE),
        ("image/svg+xml", DRAWING),
        ("image/svg+xml", b"<!-- Inkscape --><svg/>"),
        (WORD, OLE),
        (EXCEL, OLE),
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
def test_an_honest_file_is_what_it_is_declared_to_be(media_type: str, head: bytes) -> None:
    assert settled("sans extension", media_type, head) == media_type


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
        ("image/heic", PAGE_WITH_COMMENT),
        ("application/vnd.oasis.opendocument.text", OLE),
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
        settled("sans extension", media_type, head)


@pytest.mark.parametrize(
    ("filename", "said", "head", "is_in_truth"),
    [
        ("Budget.csv", EXCEL, b"a;b\n1;2\n", "text/csv"),
        ("Budget.CSV", EXCEL, b"\xef\xbb\xbfa;b\n", "text/csv"),
        ("Budget.xls", EXCEL, OLE, EXCEL),
        ("note.md", "application/pdf", b"# Note", "text/markdown"),
        ("page.html", "image/png", PAGE, "text/html"),
        ("Ordre.pdf", "text/plain", PDF, "application/pdf"),
    ],
)
def test_a_file_is_what_its_name_says_where_its_bytes_agree(
    filename: str, said: str, head: bytes, is_in_truth: str
) -> None:
    assert settled(filename, declared(filename, said), head) == is_in_truth


@pytest.mark.parametrize(
    ("filename", "said", "head"),
    [
        ("photo.png", "image/png", PAGE),
        ("photo.heic", "image/heic", PAGE_WITH_COMMENT),
        ("photo", "image/png", PAGE),
        ("Ordre.pdf", "text/plain", PROGRAM),
        ("Budget.csv", EXCEL, ELF),
    ],
)
def test_where_neither_the_name_nor_the_type_agrees_with_the_bytes_it_is_refused(
    filename: str, said: str, head: bytes
) -> None:
    with pytest.raises(MistypedFile):
        settled(filename, declared(filename, said), head)


@pytest.mark.parametrize(
    "media_type", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "text/javascript", "x/y", UNKNOWN]
)
def test_what_a_browser_could_run_is_sent_as_unknown_bytes(media_type: str) -> None:
    assert sent_as(media_type) == UNKNOWN


@pytest.mark.parametrize("media_type", ["application/pdf", "image/png", "text/plain", "video/mp4", *office.FILES])
def test_what_is_inert_is_sent_as_what_it_is(media_type: str) -> None:
    assert sent_as(media_type) == (UNKNOWN if media_type == "text/html" else media_type)
