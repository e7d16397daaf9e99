"""`parvis reset`."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from parvis.console import out
from parvis.errors import Exit, NotRunning, ParvisError
from parvis.layout import Layout
from parvis.lock import holder


@click.command("reset")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def command(home: Path, *, yes: bool) -> int:
    """Delete everything in this home: documents, files, rooms, keys, secrets. It cannot be undone."""
    layout = Layout.of(home)
    if not layout.home.exists():
        out.print("There is nothing to delete.")
        return Exit.OK
    if holder(layout) is not None:
        raise NotRunning("Parvis runs in this home.", "End it first: parvis down")
    if not _is_ours(layout.home):
        raise ParvisError(f"{layout.home} is not a home of Parvis.", "Nothing was deleted. Check --home.")
    if not yes:
        out.print(f"This deletes all documents, files, rooms, keys and secrets in {layout.home}, for good.")
        click.confirm("Delete them?", abort=True)
    shutil.rmtree(layout.home)
    out.print("Deleted. parvis up begins anew.")
    return Exit.OK


def _is_ours(home: Path) -> bool:
    """A home that `up` made: nobody is to lose another folder by a slip."""
    return (home / "parvis.json").exists() or (home / "run").is_dir()
