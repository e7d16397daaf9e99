"""Files that people attach to messages: what a message says of one (specification, "Sending encrypted attachments").

All of it is hostile: it is parsed here, once, into values that hold only what makes sense.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypeGuard

#: The types of messages that carry a file.
ATTACHING = frozenset({"m.file", "m.image", "m.video", "m.audio"})
#: Characters of a name that are kept: as many as a file of the workspace may have.
MAX_NAME = 255
#: A longer ending is none.
_MAX_ENDING = 12
_MAX_URL = 512
#: A server's name and a media id (specification, "Matrix Content (mxc://) URIs"). Neither can leave a path.
_MXC = re.compile(r"mxc://((?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?)/([A-Za-z0-9_-]+)")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")
KEY_BYTES, IV_BYTES, HASH_BYTES = 32, 16, 32


@dataclass(frozen=True)
class EncryptedFile:
    """What opens an encrypted file: AES-CTR with a 256-bit `key` from the counter block `iv`; `sha256` is of the
    ciphertext at `url`. Whoever has it reads the file: it is in no `repr`, no log and no table.
    """

    url: str
    key: bytes = field(repr=False)
    iv: bytes = field(repr=False)
    sha256: bytes = field(repr=False)

    @classmethod
    def parse(cls, raw: object) -> Self | None:
        """The `file` of a message, None where it is none (version 2) that makes sense."""
        if not isinstance(raw, dict) or raw.get("v") != "v2":
            return None
        url, hashes = raw.get("url"), raw.get("hashes")
        key, iv = _key(raw.get("key")), _bytes(raw.get("iv"), IV_BYTES)
        sha256 = _bytes(hashes.get("sha256"), HASH_BYTES) if isinstance(hashes, dict) else None
        if not is_mxc(url) or key is None or iv is None or sha256 is None:
            return None
        return cls(url, key, iv, sha256)

    def to_json(self) -> dict[str, Any]:
        """As it stands in a message."""
        return {
            "v": "v2",
            "url": self.url,
            "key": {
                "kty": "oct",
                "alg": "A256CTR",
                "key_ops": ["encrypt", "decrypt"],
                "k": base64.urlsafe_b64encode(self.key).decode().rstrip("="),
                "ext": True,
            },
            "iv": _unpadded(self.iv),
            "hashes": {"sha256": _unpadded(self.sha256)},
        }


@dataclass(frozen=True)
class Attachment:
    """A file as a message announces it. `name`, `media_type` (empty where none is said) and `size` (in bytes, None
    where none is said) are what the sender claims. `encrypted` is None where the file lies open on its server, where
    everybody who runs one could have changed it; then it is at `url`.
    """

    name: str
    media_type: str
    size: int | None
    url: str
    encrypted: EncryptedFile | None

    @classmethod
    def parse(cls, content: Mapping[str, Any]) -> Self | None:
        """The attachment of a message's content, None where there is none that makes sense."""
        if content.get("msgtype") not in ATTACHING:
            return None
        encrypted = EncryptedFile.parse(content.get("file"))
        url = encrypted.url if encrypted else content.get("url")
        if ("file" in content and encrypted is None) or not is_mxc(url):
            return None
        told = content.get("info")
        info: Mapping[str, Any] = told if isinstance(told, dict) else {}
        return cls(_name(content), _media_type(info.get("mimetype")), _size(info.get("size")), url, encrypted)


def is_mxc(url: object) -> TypeGuard[str]:
    """Whether `url` is where a homeserver keeps a file."""
    return isinstance(url, str) and len(url) <= _MAX_URL and _MXC.fullmatch(url) is not None


def split_mxc(url: str) -> tuple[str, str]:
    """The server and the media id of an address for which `is_mxc` holds. Raises `ValueError` for any other."""
    found = _MXC.fullmatch(url)
    if found is None:
        raise ValueError("this is no mxc address")
    return found.group(1), found.group(2)


def _key(key: object) -> bytes | None:
    """The key in a JSON web key of the one kind that is allowed."""
    if not isinstance(key, dict) or not isinstance(key.get("key_ops"), list) or "decrypt" not in key["key_ops"]:
        return None
    wanted = {"kty": "oct", "alg": "A256CTR", "ext": True}
    fits = all(key.get(name) == value for name, value in wanted.items())
    return _bytes(key.get("k"), KEY_BYTES) if fits else None


def _bytes(value: object, length: int) -> bytes | None:
    """Base64 of exactly so many bytes, of either alphabet, padded or not."""
    if not isinstance(value, str) or len(value) > 2 * length or not _BASE64.fullmatch(value):
        return None
    bare = value.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        decoded = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except binascii.Error:
        return None
    return decoded if len(decoded) == length else None


def _unpadded(value: bytes) -> str:
    return base64.b64encode(value).decode().rstrip("=")


def _name(content: Mapping[str, Any]) -> str:
    """What the file is called: `filename` since Matrix 1.10, where `body` may be a caption, else `body`."""
    said = content.get("filename")
    name = said if isinstance(said, str) and said else content.get("body")
    if not isinstance(name, str):
        return ""
    whole = name.encode("utf-8", "replace").decode()  # JSON can hold halves of characters
    if len(whole) <= MAX_NAME:
        return whole
    stem, dot, ending = whole.rpartition(".")
    tail = dot + ending if stem and len(ending) <= _MAX_ENDING else ""
    return whole[: MAX_NAME - len(tail)] + tail


def _media_type(value: object) -> str:
    if not isinstance(value, str):
        return ""
    bare = value.split(";", 1)[0].strip().lower()
    return bare if _MEDIA_TYPE.fullmatch(bare) else ""


def _size(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else None
