"""`parvis reset`."""

from __future__ import annotations

from pathlib import Path

import click

from parvis.console import out
from parvis.errors import Exit
from parvis.home import deletable, delete
from parvis.layout import Layout
from parvis.lock import hold


@click.command("reset")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def command(home: Path, *, yes: bool) -> int:
    """Delete everything in this home: documents, files, rooms, keys, secrets. It cannot be undone."""
    layout = Layout.of(home)
    if not layout.home.exists():
        out.print("There is nothing to delete.")
        return Exit.OK
    deletable(layout)
    with hold(layout):  # nothing is to start meanwhile
        if not yes:
            out.print(f"This deletes all documents, files, rooms, keys and secrets in {layout.home}, for good.")
            click.confirm("Delete them?", abort=True)
        left = delete(layout)
    out.print("Deleted. parvis up begins anew.")
    if left:
        out.print(f"What is not Parvis’ was left in {layout.home}: {', '.join(path.name for path in left)}")
    return Exit.OK
