"""`parvis tour`."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from pathlib import Path

import click
from rich.markup import escape

from parvis.console import json_option, out
from parvis.errors import Exit, NotRunning, ParvisError
from parvis.layout import Layout
from parvis.setup import load
from parvis.status import load as load_status
from parvis.tour.flood import SHORT, WHOLE
from parvis.tour.steps import Broken, Done, Steps
from parvis.tour.story import Story

_SHIPPED = Path(__file__).resolve().parent.parent / "demo"
_DEFAULT = (_SHIPPED / "note-sobriete.pdf", _SHIPPED / "ordre-du-jour.md")


class _Shown:
    """The steps, as they happen."""

    def __init__(self) -> None:
        self._status = out.status("")
        self._title = ""

    def begin(self, title: str) -> None:
        self._title = title
        if out.is_terminal:
            self.progress("")
            self._status.start()

    def progress(self, words: str) -> None:
        self._status.update(escape(f"{self._title}… {words}".rstrip()))

    def end(self, done: Done) -> None:
        self._status.stop()
        mark = "[green]✓[/]" if done.ok else "[red]✗[/]"
        out.print(f" {mark} {escape(self._title)} [dim]{done.seconds:.1f} s[/]")
        for line in done.seen.splitlines():
            out.print(f"     [dim]│[/] {escape(line)}", soft_wrap=True)


@click.command("tour")
@click.option(
    "--file",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
    help="What is put into Drive, instead of the files that are shipped: any PDF or Markdown. Can be repeated.",
)
@json_option("Say nothing but one JSON object at the end.")
@click.option("--short", is_flag=True, help="Drop few files at the end instead of 200: what the first tour does.")
@click.option("--once", is_flag=True, help="Do nothing if it was played before in this home.", hidden=True)
@click.pass_obj
def command(home: Path, *, files: tuple[Path, ...], short: bool, as_json: bool, once: bool) -> int:
    """See what Parvis is for: a file and a document of one ministry reach an encrypted room that another reads.

    Real clients sign in, link, write and decrypt; nothing is played that was not done. It can be repeated.
    """
    layout = Layout.of(home)
    if once and layout.toured.exists():
        return Exit.OK
    if not load_status(layout).ready:
        raise NotRunning(
            "Parvis does not run here, or not all of it.", "Start it: parvis up. Look at it: parvis status"
        )
    logging.basicConfig(level=logging.ERROR)
    shown = _Shown()
    steps = Steps() if as_json else Steps(shown.begin, shown.end, shown.progress)
    began = time.monotonic()
    error: ParvisError | None = None
    try:
        size = SHORT if short else WHOLE
        asyncio.run(Story(load(layout), list(files or _DEFAULT), steps, size).play())
        layout.toured.touch()
    except Broken as broken:
        error = broken
    if as_json:
        click.echo(json.dumps(steps.as_json(ok=error is None), indent=2, ensure_ascii=False))
        return Exit.FAILED if error else Exit.OK
    if error:
        raise ParvisError("The tour ends here.", error.advice or "parvis doctor looks for the cause.")
    out.print(f"\nThat is what Parvis is for. [dim]{len(steps.done)} steps in {time.monotonic() - began:.0f} s.[/]")
    return Exit.OK
