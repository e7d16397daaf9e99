"""Finds links of the workspace in what somebody wrote, read as the Markdown that clients take it for. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from contract.ids import ItemId
from contract.resources import parse_link

#: Links of one message that are looked at: more is a list, and a card each would bury it.
MOST = 5
#: Indentation is only how somebody writes, and a heading or a rule may have a link in it like any text.
_MARKDOWN = MarkdownIt("commonmark").disable(["code", "html_block", "html_inline", "lheading", "hr", "reference"])
_ADDRESS = re.compile(r"https?://[^\s<>\"'`]+", re.IGNORECASE)
#: What ends a sentence and not an address.
_AFTER = ".,;:!?…»”’)]}*_~"


def links_in(body: str, workspace_url: str) -> list[ItemId]:
    """The items that links in `body` open, each once, in their order; not those in code or in a quotation."""
    found = (parse_link(workspace_url, address) for address in _addresses(_MARKDOWN.parse(body)))
    return list(dict.fromkeys(item for item in found if item is not None))[:MOST]


def _addresses(tokens: Iterable[Token]) -> Iterator[str]:
    quoted = 0
    for token in tokens:
        quoted += {"blockquote_open": 1, "blockquote_close": -1}.get(token.type, 0)
        if quoted:
            continue
        if token.type == "link_open":
            yield str(token.attrs.get("href", ""))
        elif token.type == "text":
            for address in _ADDRESS.findall(token.content):
                yield address.rstrip(_AFTER)
        yield from _addresses(token.children or ())
