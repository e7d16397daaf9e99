"""What a comment may be made of, and how it is shown. Whatever is in it may come from a room."""

from __future__ import annotations

import re
import unicodedata
from uuid import UUID

from workspace.comments.errors import CommentEmpty, CommentTooLong, NotAnEmoji
from workspace.docs import service as docs
from workspace.docs.kept import Kept
from workspace.docs.render import Rendered, render

#: Characters of a comment.
MAX_CHARACTERS = 10_000
#: Characters of a reaction: a family of four with skin tones has eleven.
_MAX_KEY = 16
_JOINER, _VARIATION = "\u200d", "\ufe0f"
#: What an emoji is made of: symbols, marks, and in keycaps digits; its newest ones Python does not know yet.
_SYMBOLS, _WITH_THEM = {"So", "Sk", "Sm", "Po"}, {"Mn", "Me", "Nd"}
_PICTURES = range(0x1F000, 0x1FB00)
_TAGS = range(0xE0020, 0xE0080)
#: A comment is within a page that has headings of its own.
_HEADING = re.compile(r"<(/?)h[1-6]>")
#: Characters of HTML that a process keeps.
_kept = Kept(4_000_000)


def clean(body: str) -> str:
    """`body` as it is kept. Raises `CommentEmpty`, `CommentTooLong`, and `NotText` as documents do."""
    if len(body) > 2 * MAX_CHARACTERS:
        raise CommentTooLong(len(body), MAX_CHARACTERS)  # before anything looks at all of it
    text = docs.clean(body).strip()
    if not any(unicodedata.category(one)[0] in "LNPS" for one in text):
        raise CommentEmpty
    if len(text) > MAX_CHARACTERS:
        raise CommentTooLong(len(text), MAX_CHARACTERS)
    return text


def clean_key(key: str) -> str:
    """`key` where it is an emoji. Raises `NotAnEmoji`: what could pass for a text is not one."""
    text = unicodedata.normalize("NFC", key.strip()) if len(key) <= 2 * _MAX_KEY else ""
    if not 0 < len(text) <= _MAX_KEY or not all(map(_may_be, text)) or not any(map(_shows, text)):
        raise NotAnEmoji
    # With and without the variation selector it is the same to whoever looks at it.
    return text.replace(_VARIATION, "") or text


def html(comment_id: UUID, version: int, body: str) -> str:
    """`body` as safe HTML, without headings. Made once for each version of a comment."""
    rendered = _kept.get((comment_id, version))
    if rendered is None:
        flat = _HEADING.sub(lambda found: "</strong></p>" if found[1] else "<p><strong>", render(body).html)
        rendered = Rendered(flat)
        _kept.put((comment_id, version), rendered)
    return rendered.html


def _shows(one: str) -> bool:
    return ord(one) > 0x7F and (unicodedata.category(one) in {"So", "Sk", "Sm", "Po", "Me"} or ord(one) in _PICTURES)


def _may_be(one: str) -> bool:
    category = unicodedata.category(one)
    known = category in _SYMBOLS or category in _WITH_THEM
    return known or one in (_JOINER, _VARIATION) or ord(one) in _PICTURES or ord(one) in _TAGS
