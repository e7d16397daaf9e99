"""Markdown as safe HTML, and as plain text for the search. Pure, and bounded whatever was written.

What a document may cost is counted in steps of the parser, not in seconds: the same text has the same answer on every
machine. A text that is too tangled is shown as it was written.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import pairwise

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

#: Steps of the parser that a document may take. 600,000 characters of ordinary prose do; the worst text that was found
#: takes about two seconds for as many.
MAX_STEPS = 100_000
#: Levels of quotes and lists within each other (a list takes two).
_MAX_NESTING = 60
#: Characters of HTML beyond which the text is shown as it was written.
_MAX_HTML = 6_000_000
#: `div` is only what we put around tables; nobody can write one.
_TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "code"),
    *("ul", "ol", "li", "strong", "em", "s", "a"),
    *("div", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "code": {"class"}}
#: What can be too wide for a page scrolls by itself, so the keyboard must get there.
_SCROLLING = {"pre": {"tabindex": "0"}, "div": {"tabindex": "0"}}
_SCHEMES = {"http", "https", "mailto", "tel"}
_CELLS = {"th_close", "td_close"}
#: Blocks that one can point at. Each is named by its words, so that the name goes where they go.
_BLOCKS = {"heading_open", "paragraph_open"}
_NAMED = _ATTRIBUTES | {tag: {"id"} for tag in ("h1", "h2", "h3", "h4", "h5", "h6", "p")}
#: What the `id` of a named block begins with, and how many characters of it are quoted.
PASSAGE = "passage-"
_QUOTED = 120
#: Each of these marks is a token of its own to the parser, however many stand in a row: a pair counts as one step.
_MARKS = re.compile(r"\*+|_+|~+")


@dataclass(frozen=True)
class Passage:
    """A heading or a paragraph. `key` is 20 hexadecimal digits of the SHA-256 of its words; `quote` is how it begins.

    Two passages of the same words are one: who points at it points at the first.
    """

    key: str
    quote: str
    heading: bool


@dataclass(frozen=True)
class Rendered:
    """Safe HTML. `plain` where the text was too tangled and is shown as it was written.

    Where the blocks were to be named, `passages` are those that are, in their order.
    """

    html: str
    plain: bool = False
    passages: tuple[Passage, ...] = ()


class _TooTangled(Exception):
    """The text took more steps than it may."""


class _Budget:
    """Counts the parser's steps, and ends it when there are none left."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def block(self, _state: StateBlock, _start: int, _end: int, _silent: bool) -> bool:
        return self._spend(1)

    def inline(self, state: StateInline, _silent: bool) -> bool:
        marks = _MARKS.match(state.src, state.pos)
        return self._spend(max(1, len(marks[0]) // 2) if marks else 1)

    def _spend(self, steps: int) -> bool:
        self._left -= steps
        if self._left < 0:
            raise _TooTangled
        return False


def _parser() -> MarkdownIt:
    """CommonMark with tables and strikethrough; no HTML, and images only as links: one would tell who reads."""
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": _MAX_NESTING}).enable(["table", "strikethrough"])
    budget = _Budget(MAX_STEPS)
    parser.block.ruler.before(
        "table", "budget", budget.block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    parser.inline.ruler.before("text", "budget", budget.inline)
    parser.add_render_rule("image", _image)
    parser.add_render_rule("table_open", lambda *_: "<div><table>")
    parser.add_render_rule("table_close", lambda *_: "</table></div>")
    return parser


def _image(_self: object, tokens: list[Token], index: int, *_: object) -> str:
    token = tokens[index]
    source = str(token.attrs.get("src", ""))
    return f'<a href="{escape(source)}">{escape(token.content or source)}</a>'


def render(markdown: str, *, named: bool = False) -> Rendered:
    """`markdown` as safe HTML; where `named`, each heading and paragraph has `passage-<key>` as its id."""
    parser, env = _parser(), dict[str, object]()
    try:
        tokens = parser.parse(markdown, env)
        passages = tuple(_name(tokens)) if named else ()
        html = str(parser.renderer.render(tokens, parser.options, env))
    except (_TooTangled, RecursionError):
        return _as_written(markdown)
    if len(html) > _MAX_HTML:
        return _as_written(markdown)
    safe = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_NAMED if named else _ATTRIBUTES,
        set_tag_attribute_values=_SCROLLING,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    return Rendered(safe, passages=passages)


def _name(tokens: list[Token]) -> Iterator[Passage]:
    seen: set[str] = set()
    for token, inside in pairwise(tokens):
        if token.type not in _BLOCKS or token.hidden:
            continue
        words = " ".join("".join(_inline_words(inside.children or [])).split())
        key = hashlib.sha256(words.encode()).hexdigest()[:20]
        if words and key not in seen:
            seen.add(key)
            token.attrSet("id", PASSAGE + key)
            quote = words if len(words) <= _QUOTED else f"{words[: _QUOTED - 1].rstrip()}…"
            yield Passage(key, quote, token.type == "heading_open")


def plain_text(markdown: str) -> str:
    """The words of `markdown` without its marks, as the search wants them."""
    try:
        tokens = _parser().parse(markdown)
    except (_TooTangled, RecursionError):
        return markdown
    return "".join(_words(tokens)).strip()


def _words(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "inline":
            yield from _inline_words(token.children or [])
        elif token.type in {"fence", "code_block"}:
            yield token.content
        if token.type in _CELLS:
            yield " "
        elif token.nesting <= 0 and token.block and token.type != "inline":
            yield "\n"


def _inline_words(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in {"softbreak", "hardbreak"}:
            yield "\n"
        else:
            yield token.content


def _as_written(markdown: str) -> Rendered:
    return Rendered(f'<pre tabindex="0">{escape(markdown)}</pre>', plain=True)
