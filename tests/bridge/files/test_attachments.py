"""What a message says of its file is hostile."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.attachments import Attachment, EncryptedFile, split_mxc
from bridge.files.crypto import Sealing

URL = "mxc://culture.gouv.test:8448/AbC_-9"


def file(**changed: Any) -> dict[str, Any]:
    return Sealing().at(URL).to_json() | changed


def content(**changed: Any) -> dict[str, Any]:
    info = {"mimetype": "Application/PDF; charset=x", "size": 12}
    return {"msgtype": "m.file", "body": "a.pdf", "info": info, "file": file()} | changed


def test_an_attachment_is_read() -> None:
    read = Attachment.parse(content())
    assert read is not None
    assert (read.name, read.media_type, read.size, read.url) == ("a.pdf", "application/pdf", 12, URL)
    assert read.encrypted is not None


def test_with_a_caption_the_file_has_its_own_name() -> None:
    read = Attachment.parse(content(body="look at this", filename="b.pdf"))
    assert read is not None
    assert read.name == "b.pdf"


def test_an_open_file_has_no_key() -> None:
    said = content(url=URL)
    del said["file"]
    read = Attachment.parse(said)
    assert read is not None
    assert read.encrypted is None


KEY = Sealing().at(URL).to_json()["key"]
HOSTILE: list[dict[str, Any]] = [
    {"v": "v1"},
    {"v": None},
    {"url": "https://evil.test/x"},
    {"url": "mxc://evil.test/../../x"},
    {"url": "mxc://evil.test/a?b"},
    {"url": "mxc://evil.test/"},
    {"url": "mxc:///x"},
    {"url": "mxc://a b/x"},
    {"url": 7},
    {"url": f"mxc://a/{'x' * 600}"},
    {"key": "k"},
    {"key": KEY | {"alg": "A128CTR"}},
    {"key": KEY | {"kty": "RSA"}},
    {"key": KEY | {"ext": False}},
    {"key": KEY | {"key_ops": ["encrypt"]}},
    {"key": KEY | {"key_ops": "decrypt"}},
    {"key": KEY | {"k": "AAAA"}},
    {"key": KEY | {"k": "é" * 43}},
    {"key": KEY | {"k": "A" * 1_000_000}},
    {"key": KEY | {"k": "A" * 41}},
    {"iv": ""},
    {"iv": "AAAA"},
    {"iv": None},
    {"hashes": {}},
    {"hashes": {"sha256": 5}},
    {"hashes": {"sha1": "x"}},
    {"hashes": []},
]


@pytest.mark.parametrize("lie", HOSTILE)
def test_a_file_that_makes_no_sense_is_none_and_the_open_one_beside_it_neither(lie: dict[str, Any]) -> None:
    assert EncryptedFile.parse(file(**lie)) is None
    assert Attachment.parse(content(file=file(**lie), url=URL)) is None


@pytest.mark.parametrize(
    ("info", "media_type", "size"),
    [
        (None, "", None),
        ([], "", None),
        ({"mimetype": 5, "size": "12"}, "", None),
        ({"mimetype": "text/html\r\nX: y", "size": -1}, "", None),
        ({"mimetype": "nonsense", "size": True}, "", None),
        ({"mimetype": "IMAGE/PNG", "size": 2**60}, "image/png", None),
    ],
)
def test_what_is_said_of_it_is_believed_only_if_it_makes_sense(info: Any, media_type: str, size: int | None) -> None:
    read = Attachment.parse(content(info=info))
    assert read is not None
    assert (read.media_type, read.size) == (media_type, size)


def test_a_long_name_keeps_its_ending() -> None:
    read = Attachment.parse(content(body="x" * 5000 + ".pdf"))
    assert read is not None
    assert len(read.name) == 255
    assert read.name.endswith("x.pdf")
    halved = Attachment.parse(content(body="\ud800.pdf"))
    assert halved is not None
    halved.name.encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=4,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.fixed_dictionaries(
        {"msgtype": st.sampled_from(["m.file", "m.image"])},
        optional=dict.fromkeys(("body", "filename", "info", "file", "url"), JSON),
    )
)
def test_whatever_a_message_says_nothing_breaks(said: dict[str, Any]) -> None:
    read = Attachment.parse(said)
    assert read is None or split_mxc(read.url)
