"""Texts of anybody made harmless: on one line, without characters that turn or hide, escaped."""

from __future__ import annotations

import html
import re
import unicodedata
from urllib.parse import urlsplit

#: Isolates what is between from the direction of the text around it (Unicode, UAX 9).
_FIRST_STRONG, _POP = "\u2068", "\u2069"
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
MAX_TITLE = 120
MAX_NAME = 80


def clean(text: str, most: int, *, strip: bool = True) -> str:
    """`text` on one line without control and direction marks, cut at `most` characters."""
    kept = "".join(" " if char.isspace() else char for char in text if char.isspace() or _is_shown(char))
    folded = re.sub(r" {2,}", " ", kept)
    folded = folded.strip() if strip else folded
    return folded if len(folded) <= most else f"{folded[: max(most - 1, 0)]}…" if most > 0 else ""


def title(text: str) -> str:
    """A title as it may stand in a sentence, on its own if it is written from right to left."""
    return _isolated(clean(text, MAX_TITLE))


def name(text: str) -> str:
    """A person's name, likewise."""
    return _isolated(clean(text, MAX_NAME))


def escape(text: str) -> str:
    """`text` as it stands in HTML."""
    return html.escape(text)


def anchor(url: str, label: str) -> str:
    """A link in HTML; only the label where `url` is no address of the web."""
    return f'<a href="{html.escape(url)}">{html.escape(label)}</a>' if is_web(url) else html.escape(label)


def is_web(url: str) -> bool:
    """Whether `url` is an address that a browser may be sent to."""
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return False


def _isolated(text: str) -> str:
    turns = any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text)
    return f"{_FIRST_STRONG}{text}{_POP}" if turns else text


def _is_shown(char: str) -> bool:
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn")
