"""What a value of the federation file may be: one small parser a kind. They raise `Wrong`. Used by `model`."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from synapse_config.errors import Wrong

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
#: Matrix allows "/" too, but the bridge's name is also a file's.
_LOCALPART = re.compile(r"[a-z0-9][a-z0-9._=-]{0,63}")
_SIZE = re.compile(r"([1-9][0-9]*)([KMG]?)")
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
#: Folders that the rendered federation has beside those of the homeservers.
_TAKEN = frozenset({"ca", "appservices", "gateway"})
#: The account that `check` keeps on each homeserver.
CHECKER = "parvis-check"
#: A Matrix id is at most 255 bytes and its server name is in it: leave room for the local part.
_MAX_SERVER_NAME = 190
_FIRST_PORT, _LAST_PORT = 1024, 65535
_MAX_SIZE = 10 << 30


def text(value: object) -> str:
    """A string that is not empty."""
    if not isinstance(value, str) or not value:
        raise Wrong(f"{value!r} is no text", "Write it between quotes")
    return value


def flag(value: object) -> bool:
    """`true` or `false`."""
    if not isinstance(value, bool):
        raise Wrong(f"{value!r} is neither true nor false", "Write true or false, without quotes")
    return value


def name(value: object) -> str:
    """A short name, which is also a folder's."""
    short = text(value)
    if not _NAME.fullmatch(short):
        advice = "Use 1 to 32 lower-case letters, digits and hyphens, a letter first, such as interieur"
        raise Wrong(f"“{short}” cannot be a homeserver's name", advice)
    if short in _TAKEN:
        raise Wrong(f"“{short}” is the name of another folder of the federation", "Choose another name")
    return short


def server_name(value: object) -> str:
    """A Matrix server name of the closed federation: a lower-case DNS name without port."""
    server = text(value)
    if _is_address(server):
        raise Wrong(f"“{server}” is an address", "Give a name such as interieur.gouv.test: certificates are for names")
    if ":" in server:
        raise Wrong(f"“{server}” has a port", "Leave the port out: the gateway's table knows where each name is")
    labels = server.split(".")
    if len(server) > _MAX_SERVER_NAME or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        advice = "Write a full lower-case domain name such as interieur.gouv.test; it can never be changed afterwards"
        raise Wrong(f"“{server}” is not a server name", advice)
    return server


def localpart(value: object) -> str:
    """The part of a Matrix id before the colon."""
    local = text(value)
    if not _LOCALPART.fullmatch(local):
        raise Wrong(f"“{local}” cannot be a user's name", "Use lower-case letters, digits, and . _ = - after the first")
    if local == CHECKER:
        raise Wrong(f"“{local}” is the check's own account", "Choose another name")
    return local


def port(value: object) -> int:
    """A TCP port that needs no privilege."""
    if isinstance(value, bool) or not isinstance(value, int) or not _FIRST_PORT <= value <= _LAST_PORT:
        raise Wrong(f"{value!r} is not a port", f"Write a number from {_FIRST_PORT} to {_LAST_PORT}, without quotes")
    return value


def host(value: object) -> str:
    """An IPv4 address of one machine."""
    address = text(value)
    try:
        parsed = ipaddress.IPv4Address(address)
    except ValueError:
        raise Wrong(f"“{address}” is not an IPv4 address", "Write one such as 127.0.0.1; names need a DNS") from None
    if parsed.is_unspecified or parsed.is_multicast:
        raise Wrong(f"“{address}” is not the address of one machine", "Write the one that the others reach")
    return address


def url(value: object) -> str:
    """A base URL without path, or nothing."""
    if value == "":
        return ""
    address = text(value)
    if not _is_base(address):
        raise Wrong(f"“{value}” is not the address of a server", "Write one such as https://matrix.interieur.gouv.test")
    return address.rstrip("/")


def size(value: object) -> int:
    """A number of bytes: a number, or a text such as "100M" (K, M, G are powers of 1024)."""
    match = _SIZE.fullmatch(str(value)) if isinstance(value, (int, str)) and not isinstance(value, bool) else None
    count = int(match[1]) * _UNITS[match[2]] if match else 0
    if not 0 < count <= _MAX_SIZE:
        raise Wrong(f"{value!r} is not a size", 'Write bytes, or "100M"; at most "10G"')
    return count


def rate(value: object) -> float:
    """How many a second: above 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 1_000_000:
        raise Wrong(f"{value!r} is not a rate", "Write a number a second above 0, such as 0.5")
    return float(value)


def count(value: object) -> int:
    """A whole number from 1."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1_000_000:
        raise Wrong(f"{value!r} is not a count", "Write a whole number from 1")
    return value


def log_level(value: object) -> str:
    """A level of Python's logging that is fit for operation (DEBUG would log what people write)."""
    level = text(value)
    if level not in ("INFO", "WARNING", "ERROR"):
        raise Wrong(f"“{level}” is not a log level", "Write INFO, WARNING or ERROR")
    return level


def login(value: object) -> str:
    """How people sign in on a homeserver."""
    way = text(value)
    if way != "password":
        raise Wrong(f"“{way}” is not a way to sign in", 'Write "password": the only one for now')
    return way


def _is_base(address: str) -> bool:
    """Whether it is a scheme, a host and perhaps a port, and nothing more."""
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises where it is no number
    except ValueError:
        return False
    more = parts.path.strip("/") or parts.query or parts.fragment or parts.username
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not more


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value.strip("[]"))
    except ValueError:
        return False
    return True
