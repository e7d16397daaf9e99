"""Text out of files, and what a hostile file can do: nothing but fail."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

from tests.workspace.find import office
from workspace.find import extract, extractor
from workspace.find.extract import Extracted, Outcome


def read(raw: bytes, media_type: str) -> Extracted:
    with tempfile.TemporaryFile() as file:
        file.write(raw)
        file.seek(0)
        return extract.extract(file, media_type)


@pytest.mark.parametrize("media_type", sorted(office.FILES))
def test_text_comes_out_of_each_kind_of_file(media_type: str) -> None:
    answer = read(office.FILES[media_type]("Plan de sobriété énergétique"), media_type)
    assert answer.outcome is Outcome.READ
    assert "Plan de sobriété énergétique" in answer.text


def test_nothing_is_left_in_or_taken_from_the_directory_that_all_users_share(tmp_path: Path) -> None:
    """A library that a parser unpacks there could be somebody else's, and is larger than the process may write."""
    scratch = tmp_path / "shared"
    scratch.mkdir()
    for media_type, make in office.FILES.items():
        assert _told_to_use(scratch, make("Plan"), media_type) == 0
    assert list(scratch.iterdir()) == []


def _told_to_use(scratch: Path, raw: bytes, media_type: str) -> int:
    command = [sys.executable, "-I", "-m", extractor.__name__, media_type]
    return subprocess.run(command, input=raw, env={"TMPDIR": str(scratch)}, capture_output=True, check=False).returncode


def test_every_parsed_type_has_a_file_here() -> None:
    assert set(office.FILES) == extract.PARSED


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_plain_text_is_read_in_the_charsets_that_people_have(charset: str) -> None:
    assert read("Réunion à 9 h".encode(charset), "text/plain").text == "Réunion à 9 h"


def test_text_is_bounded() -> None:
    assert len(read(b"a" * 2_000_000, "text/plain").text) == extractor.MAX_CHARACTERS
    assert len(read(office.docx("mot " * 200_000), sorted(office.FILES)[6]).text) <= extractor.MAX_CHARACTERS


def test_a_long_text_that_ends_inside_a_character_is_still_utf8() -> None:
    assert set(read("é".encode() * 500_000 + b"\xc3", "text/plain").text) == {"é"}


@pytest.mark.parametrize("media_type", ["image/png", "application/zip", "application/octet-stream", "video/mp4", "x"])
def test_other_types_are_not_opened(media_type: str) -> None:
    assert read(b"anything", media_type) == Extracted(Outcome.UNSUPPORTED)
    assert extract.refusal(media_type, 1) is Outcome.UNSUPPORTED


def test_a_very_large_file_need_not_be_fetched() -> None:
    assert extract.refusal("application/pdf", extract.MAX_BYTES + 1) is Outcome.TOO_LARGE
    assert extract.refusal("application/pdf", extract.MAX_BYTES) is None


@pytest.mark.parametrize("media_type", sorted(set(office.FILES) - {"text/html", "application/rtf"}))
@pytest.mark.parametrize("raw", [b"", b"not at all", b"%PDF-1.7\n%%EOF", b"PK\x03\x04" + b"\x00" * 100])
def test_what_is_not_what_it_says_gives_no_text(media_type: str, raw: bytes) -> None:
    answer = read(raw, media_type)
    assert answer.text.strip() == ""


def test_a_zip_bomb_is_ended_and_gives_no_text() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        with zipfile.ZipFile(io.BytesIO(office.docx("x"))) as good:
            for name in good.namelist():
                if name != "word/document.xml":
                    archive.writestr(name, good.read(name))
        with archive.open("word/document.xml", "w", force_zip64=True) as part:
            part.write(b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>')
            for _ in range(150):
                part.write(b"<w:p><w:r><w:t>bombe</w:t></w:r></w:p>" * 25_000)
    media_type = next(one for one in office.FILES if one.endswith("wordprocessingml.document"))
    answer = read(buffer.getvalue(), media_type)
    assert answer.outcome in (Outcome.UNREADABLE, Outcome.EXHAUSTED)
    assert answer.text == ""


def test_entities_are_not_expanded_without_end() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "bombe"}">' for n in range(10))
    part = (
        f'<?xml version="1.0"?><!DOCTYPE d [{entities}]>'
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
        "<w:p><w:r><w:t>&e9;</w:t></w:r></w:p></w:body></w:document>"
    )
    with zipfile.ZipFile(io.BytesIO(office.docx("x"))) as good:
        parts = {name: good.read(name).decode() for name in good.namelist()} | {"word/document.xml": part}
    media_type = next(one for one in office.FILES if one.endswith("wordprocessingml.document"))
    assert "bombebombe" not in read(office.zipped(parts), media_type).text


def test_files_outside_are_not_read_through_an_entity() -> None:
    part = (
        '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
        "<w:p><w:r><w:t>a&x;b</w:t></w:r></w:p></w:body></w:document>"
    )
    with zipfile.ZipFile(io.BytesIO(office.docx("x"))) as good:
        parts = {name: good.read(name).decode() for name in good.namelist()} | {"word/document.xml": part}
    media_type = next(one for one in office.FILES if one.endswith("wordprocessingml.document"))
    assert "root:" not in read(office.zipped(parts), media_type).text


def test_a_process_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extract, "_WALL_SECONDS", 0.01)
    assert read(office.pdf("x"), "application/pdf") == Extracted(Outcome.EXHAUSTED)
