"""Renders what a search found, in French and in English, as plain text and as HTML. Pure.

Titles and excerpts were written by anybody: they are cleaned and escaped here, whatever the workspace did before.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus

from cards.message import Message
from cards.text import clean, is_web, title
from contract.answers import Hit
from contract.resources import Kind

_MAX_EXCERPT = 300
_MARK = re.compile(r"(</?mark>)")


@dataclass(frozen=True)
class _Language:
    found_room: Callable[[int, str], str]
    found_alone: Callable[[int, str], str]
    found_more: Callable[[int, str], str]
    nothing_room: str
    nothing_alone: str
    others: Callable[[int], str]
    elsewhere: str
    kinds: dict[Kind, str]


def _s(count: int) -> str:
    return "s" if count > 1 else ""


_FRENCH = _Language(
    found_room=lambda n, words: (
        f"{n} résultat{_s(n)} que tout le monde ici peut lire pour «\u00a0{words}\u00a0»\u00a0:"
    ),
    found_alone=lambda n, words: f"{n} résultat{_s(n)} pour «\u00a0{words}\u00a0»\u00a0:",
    found_more=lambda n, words: (
        f"Pour vous uniquement, {n} autre{_s(n)} résultat{_s(n)} pour «\u00a0{words}\u00a0»\u00a0:"
    ),
    nothing_room="Rien que tout le monde ici puisse lire ne répond à «\u00a0{words}\u00a0».",
    nothing_alone="Je n’ai rien trouvé pour «\u00a0{words}\u00a0».",
    others=lambda n: f"… et {n} autre{_s(n)} dans la recherche",
    elsewhere="Tout est dans la recherche",
    kinds={Kind.DOCUMENT: "document", Kind.FOLDER: "dossier", Kind.FILE: "fichier"},
)
_ENGLISH = _Language(
    found_room=lambda n, words: f"{n} result{_s(n)} that everyone here may read for “{words}”:",
    found_alone=lambda n, words: f"{n} result{_s(n)} for “{words}”:",
    found_more=lambda n, words: f"For you alone, {n} more result{_s(n)} for “{words}”:",
    nothing_room="Nothing that everyone here may read has “{words}”.",
    nothing_alone="I found nothing for “{words}”.",
    others=lambda n: f"… and {n} more in the search",
    elsewhere="The search has them all",
    kinds={Kind.DOCUMENT: "document", Kind.FOLDER: "folder", Kind.FILE: "file"},
)


def for_room(hits: Sequence[Hit], total: int, words: str, workspace_url: str, language: str) -> Message:
    """The answer in a room: what every one of its readers may read, `total` of it, of which `hits` are the first."""
    texts = _texts(language)
    if not hits:
        return _nothing(texts.nothing_room, words)
    return _answer(texts.found_room(total, title(words)), hits, total, words, workspace_url, texts)


def for_asker(hits: Sequence[Hit], total: int, words: str, workspace_url: str, language: str) -> Message:
    """The answer in a direct chat: what the asker may read."""
    texts = _texts(language)
    if not hits:
        return _nothing(texts.nothing_alone, words)
    return _answer(texts.found_alone(total, title(words)), hits, total, words, workspace_url, texts)


def for_asker_only(hits: Sequence[Hit], total: int, words: str, workspace_url: str, language: str) -> Message:
    """What a room was not shown: `total` results that the asker may read and some reader of the room may not.

    Where there is very much to find, `hits` may be none of them: the search has them.
    """
    texts = _texts(language)
    return _answer(texts.found_more(total, title(words)), hits, total, words, workspace_url, texts)


def _texts(language: str) -> _Language:
    return _FRENCH if language == "fr" else _ENGLISH


def _nothing(sentence: str, words: str) -> Message:
    plain = sentence.format(words=title(words))
    return Message(plain, f"<p>{html.escape(plain)}</p>")


def _answer(heading: str, hits: Sequence[Hit], total: int, words: str, workspace_url: str, texts: _Language) -> Message:
    lines, items = [heading], []
    for number, hit in enumerate(hits, start=1):
        plain, item = _hit(number, hit, texts)
        lines.append(plain)
        items.append(item)
    parts = [f"<p>{html.escape(heading)}</p>", *([f"<ol>{''.join(items)}</ol>"] if items else [])]
    if total > len(hits):
        others = texts.others(total - len(hits)) if hits else texts.elsewhere
        url = f"{workspace_url.rstrip('/')}/search/?q={quote_plus(words)}"
        lines.append(f"{others}\u00a0: {url}" if texts is _FRENCH else f"{others}: {url}")
        parts.append(f'<p><a href="{html.escape(url)}">{html.escape(others)}</a></p>')
    return Message("\n".join(lines), "".join(parts))


def _hit(number: int, hit: Hit, texts: _Language) -> tuple[str, str]:
    name, kind = title(hit.title), texts.kinds[hit.kind]
    plain_excerpt, html_excerpt = _excerpt(hit.excerpt)
    url = hit.url if is_web(hit.url) else ""
    shown = f'<a href="{html.escape(url)}">{html.escape(name)}</a>' if url else html.escape(name)
    item = f"<li>{shown} ({kind})" + (f"<br>{html_excerpt}" if html_excerpt else "") + "</li>"
    lines = [
        f"{number}. {name} ({kind})",
        *([f"   {plain_excerpt}"] if plain_excerpt else []),
        *([f"   {url}"] if url else []),
    ]
    return "\n".join(lines), item


def _excerpt(excerpt: str) -> tuple[str, str]:
    """The excerpt as plain text and as HTML: its marks are strong, everything else in it is text."""
    plain, marked, strong, room_left = [], [], False, _MAX_EXCERPT
    for part in _MARK.split(excerpt):
        if _MARK.fullmatch(part):
            strong = part == "<mark>"
            continue
        text = clean(html.unescape(part), room_left, strip=False)
        room_left -= len(text)
        if not text:
            continue
        plain.append(text)
        marked.append(f"<strong>{html.escape(text)}</strong>" if strong else html.escape(text))
    return "".join(plain).strip(), "".join(marked).strip()
