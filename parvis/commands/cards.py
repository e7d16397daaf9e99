"""`parvis cards`: for those who work on Parvis."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click
from rich.markup import escape

from cards import Language
from parvis.console import out
from parvis.errors import Exit, ParvisError
from parvis.gallery.collection import gallery
from parvis.gallery.page import page

_LANGUAGES: tuple[Language, ...] = get_args(Language)


@click.command("cards")
@click.argument("words", default="")
@click.option("--language", type=click.Choice(_LANGUAGES), help="Only in this language.")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write a page for a browser instead, with each message as a client shows it.",
)
def command(words: str, *, language: Language | None, html: Path | None) -> int:
    """Read everything that the bridge and the bots can say, with sample values, as plain text.

    Needs nothing that runs. With WORDS, only what has them in its name.

    \b
    parvis cards talk                    what is said of comments
    parvis cards --html /tmp/cards.html  all of it, for a browser
    """
    parts, languages = gallery(words), (language,) if language else _LANGUAGES
    if not parts:
        raise ParvisError(f"Nothing that is said has “{words}” in its name.", "See all of it: parvis cards")
    if html is not None:
        html.write_text(page(parts, languages), encoding="utf-8")
        out.print(f"{sum(map(len, parts.values()))} samples are in {escape(str(html))}", soft_wrap=True)
        return Exit.OK
    for title, samples in parts.items():
        out.rule(title)
        for one in samples:
            out.print(f"\n[bold]{escape(one.name)}[/] [green]{escape(one.case)}[/]", soft_wrap=True)
            for spoken in languages:
                out.print(f"[dim]{spoken}[/]")
                out.print(one.make(spoken).body, markup=False, soft_wrap=True)
    return Exit.OK
