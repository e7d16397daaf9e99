"""What a room reads of discussions: hostile texts made harmless, short enough, and well in both languages."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from bridge import content
from bridge.ports import MAX_CONTENT_BYTES
from cards import Language, talk
from contract.comments import Comment, CommentId, ThreadId
from contract.ids import EventId, ItemId, MatrixId

LANGUAGES: tuple[Language, ...] = ("fr", "en")


def comment(text: str, **more: Any) -> Comment:
    fields: dict[str, Any] = {
        "id": CommentId(uuid4()),
        "document": ItemId(uuid4()),
        "thread": ThreadId(uuid4()),
        "number": 1,
        "version": 1,
        "author": "Inès Benali",
        "guest": None,
        "text": text,
        "quote": None,
        "created_at": datetime.now(UTC),
        "edited_at": None,
        "deleted": False,
        "resolved": False,
        "resolved_by": None,
        "reactions": {},
        "origin_room": None,
        "origin_event": None,
    }
    return Comment(**fields | more)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_is_text(language: Language) -> None:
    hostile = "<script>x</script>\n@room \u202etxt\u0007\n\n**gras** &amp;"
    message = talk.said(comment(hostile, author="<i>Inès</i>\n", quote="# <b>Titre</b>"), language, first=True)
    assert "<script>" not in message.html
    assert "<i>" not in message.html
    assert "<b>" not in message.html
    assert "\u202e" not in message.body + message.html
    assert message.body.endswith("<script>x</script>\n@room txt\n\n**gras** &amp;")
    assert "&lt;script&gt;x&lt;/script&gt;<br>" in message.html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", ["x" * 10_000, "<" * 10_000, "é\n" * 5_000, "😀" * 10_000])
def test_the_longest_fits_in_an_edit_and_what_is_cut_is_said(language: Language, text: str) -> None:
    message = talk.said(comment(text), language, first=True)
    edit = content.edited(message, EventId("$" + "x" * 200))
    assert len(json.dumps(edit, ensure_ascii=False).encode()) < MAX_CONTENT_BYTES
    assert message.body.endswith("(la suite est sur la page)" if language == "fr" else "(more on the page)")


def test_a_short_one_is_whole() -> None:
    message = talk.said(comment("a\nb"), "en", first=False)
    assert message.body == "Inès Benali:\na\nb"
    assert message.html == "<p><strong>Inès Benali</strong>:</p><p>a<br>b</p>"


def test_a_guest_is_marked() -> None:
    ali = MatrixId("@ali:culture.test")
    assert talk.said(comment("x", author="Ali", guest=ali), "en", first=False).body.startswith("Ali (guest, @ali:")
    assert talk.said(comment("x", author=ali, guest=ali), "fr", first=False).body.startswith("@ali:culture.test (inv")
    assert talk.said(comment("x", author=None), "fr", first=False).body.startswith("Quelqu’un")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_hidden_says_how_many_cannot_read(language: Language) -> None:
    assert "1 m" in talk.hidden(1, language).body
    assert "3 m" in talk.hidden(3, language).body
    assert talk.hidden(0, language).body.startswith("🔒")
