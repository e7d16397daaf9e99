"""Small real files of each kind, made by hand: what the parser must read without a fixture that nobody can review."""

from __future__ import annotations

import io
import zipfile

_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def zipped(parts: dict[str, str]) -> bytes:
    """A ZIP archive of `parts`; the first one is stored, not compressed, as OpenDocument wants its media type."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, (name, text) in enumerate(parts.items()):
            archive.writestr(name, text, zipfile.ZIP_STORED if number == 0 else zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _relation(kind: str, target: str, number: int = 1) -> str:
    return f'<Relationship Id="rId{number}" Type="{_OFFICE}{kind}" Target="{target}"/>'


def _content_types(**overrides: str) -> str:
    listed = "".join(
        f'<Override PartName="/{part}" ContentType="{_OOXML}{type_}+xml"/>' for part, type_ in overrides.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{listed}</Types>'
    )


def docx(text: str) -> bytes:
    """A Word document of one paragraph."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
        f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>"
    )
    return zipped(
        {
            "[Content_Types].xml": _content_types(**{"word/document.xml": "wordprocessingml.document.main"}),
            "_rels/.rels": _RELATIONS.format(_relation("officeDocument", "word/document.xml")),
            "word/document.xml": body,
        }
    )


def xlsx(text: str) -> bytes:
    """An Excel workbook of one cell."""
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return zipped(
        {
            "[Content_Types].xml": _content_types(
                **{
                    "xl/workbook.xml": "spreadsheetml.sheet.main",
                    "xl/worksheets/sheet1.xml": "spreadsheetml.worksheet",
                }
            ),
            "_rels/.rels": _RELATIONS.format(_relation("officeDocument", "xl/workbook.xml")),
            "xl/workbook.xml": (
                f'<?xml version="1.0" encoding="UTF-8"?><workbook {main} xmlns:r="{_OFFICE[:-1]}">'
                '<sheets><sheet name="Feuille" sheetId="1" r:id="rId1"/></sheets></workbook>'
            ),
            "xl/_rels/workbook.xml.rels": _RELATIONS.format(_relation("worksheet", "worksheets/sheet1.xml")),
            "xl/worksheets/sheet1.xml": (
                f'<?xml version="1.0" encoding="UTF-8"?><worksheet {main}><sheetData><row r="1">'
                f'<c r="A1" t="inlineStr"><is><t>{text}</t></is></c></row></sheetData></worksheet>'
            ),
        }
    )


def pptx(text: str) -> bytes:
    """A PowerPoint presentation of one slide."""
    names = (
        'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
        f'xmlns:r="{_OFFICE[:-1]}"'
    )
    slide = (
        f'<?xml version="1.0" encoding="UTF-8"?><p:sld {names}><p:cSld><p:spTree><p:sp><p:txBody><a:p><a:r>'
        f"<a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:sld>"
    )
    return zipped(
        {
            "[Content_Types].xml": _content_types(
                **{
                    "ppt/presentation.xml": "presentationml.presentation.main",
                    "ppt/slides/slide1.xml": "presentationml.slide",
                }
            ),
            "_rels/.rels": _RELATIONS.format(_relation("officeDocument", "ppt/presentation.xml")),
            "ppt/presentation.xml": (
                f'<?xml version="1.0" encoding="UTF-8"?><p:presentation {names}>'
                '<p:sldIdLst><p:sldId id="256" r:id="rId1"/></p:sldIdLst></p:presentation>'
            ),
            "ppt/_rels/presentation.xml.rels": _RELATIONS.format(_relation("slide", "slides/slide1.xml")),
            "ppt/slides/slide1.xml": slide,
        }
    )


def open_document(kind: str, text: str) -> bytes:
    """An OpenDocument file: `kind` is text, spreadsheet or presentation."""
    paragraph = f"<text:p>{text}</text:p>"
    inside = {
        "text": f"<office:text>{paragraph}</office:text>",
        "spreadsheet": (
            '<office:spreadsheet><table:table table:name="Feuille"><table:table-row>'
            f'<table:table-cell office:value-type="string">{paragraph}</table:table-cell>'
            "</table:table-row></table:table></office:spreadsheet>"
        ),
        "presentation": (
            '<office:presentation><draw:page draw:name="p1"><draw:frame><draw:text-box>'
            f"{paragraph}</draw:text-box></draw:frame></draw:page></office:presentation>"
        ),
    }[kind]
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{urn}:1.0"'
        for name, urn in (("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"))
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {names} office:version="1.3">'
        f"<office:body>{inside}</office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODF}{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    return zipped({"mimetype": _ODF + kind, "content.xml": content, "META-INF/manifest.xml": manifest})


def pdf(text: str) -> bytes:
    """A PDF of one page with one line of Latin-1 text."""
    shown = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    stream = b"BT /F1 12 Tf 72 720 Td (" + shown.encode("cp1252") + b") Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842] >>",
        b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, one in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


FILES = {
    "application/pdf": pdf,
    _OOXML + "wordprocessingml.document": docx,
    _OOXML + "spreadsheetml.sheet": xlsx,
    _OOXML + "presentationml.presentation": pptx,
    _ODF + "text": lambda text: open_document("text", text),
    _ODF + "spreadsheet": lambda text: open_document("spreadsheet", text),
    _ODF + "presentation": lambda text: open_document("presentation", text),
    "text/html": lambda text: f"<!doctype html><html><body><p>{text}</p></body></html>".encode(),
    "application/rtf": lambda text: (
        rb"{\rtf1\ansi\ansicpg1252 " + text.encode("cp1252").replace(b"\xe9", rb"\'e9") + b"}"
    ),
}
